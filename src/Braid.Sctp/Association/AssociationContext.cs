using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// All that the components of one association share. A sealed class, not an interface: tests use the real one.
/// </summary>
internal sealed class AssociationContext(
    AssociationOptions options,
    IRandomSource random,
    BufferPool buffers,
    MemoryBudget bufferBudget,
    SpareMessages spares,
    DropCounters drops,
    StatelessReplies replies,
    Activity activity)
{
    private BufferSizes _sizes = new(bufferBudget, options);
    private AssociationEvent? _event;                        // the one to be taken next
    private Queue<AssociationEvent>? _laterEvents;           // none before two wait at the same time

    /// <summary>The instant of the input or command that is being worked on; constant while it is.</summary>
    public Instant Now { get; private set; }

    /// <summary>Options as they are now: nobody keeps a copy of one. Only <see cref="OptionProcedures"/> replaces them.</summary>
    public AssociationOptions Options { get; set; } = options;

    public IRandomSource Random { get; } = random;

    public BufferPool Buffers { get; } = buffers;

    public ref BufferSizes Sizes => ref _sizes;

    public SpareMessages Spares { get; } = spares;

    public DropCounters Drops { get; } = drops;

    /// <summary>For answers to packets that do not count as the association's.</summary>
    public StatelessReplies Replies { get; } = replies;

    public Activity Activity { get; } = activity;

    public TimerTable Timers { get; } = new();

    public ControlQueue Control { get; } = new(buffers);

    public AssociationCounters Counters { get; } = new();

    /// <summary>Authentication of chunks; null where it is not offered.</summary>
    public ChunkAuthentication? Authentication { get; set; }

    /// <summary>What is remembered of several paths that data takes at the same time; null where it never did.</summary>
    public MultipathState? Multipath { get; private set; }

    /// <summary>The same where it does so now; else null.</summary>
    public MultipathState? Concurrent => Options.ConcurrentMultipath ? Multipath ??= new MultipathState() : null;

    /// <summary>Addresses that change; null where none has yet. Without authentication none does, so that it costs nobody else a word.</summary>
    public AddressChanges? AddressChanges
    {
        get => Authentication?.AddressChanges;
        set => Authentication!.AddressChanges = value;
    }

    /// <summary>Whether nothing may leave now but ASCONF: all our addresses that the peer knows are being removed (RFC 5061 §5.3 F4).</summary>
    public bool IsMuted => AddressChanges is { Own.IsMuted: true };

    /// <summary>Adds an event. Bounded: a peer may send ERROR chunks faster than anybody reads of them.</summary>
    public void Report(AssociationEvent associationEvent)
    {
        const int MaximumEvents = 256;

        // What our own application brings about, what says whose messages these are, and the last event are never left out.
        bool mayBeLeftOut = associationEvent is AssociationEvent.RemoteError or AssociationEvent.PathChanged
            or AssociationEvent.PartialDeliveryAborted or AssociationEvent.AdaptationIndication
            or AssociationEvent.Authentication { Indication: AuthenticationIndication.NotSupported }
            or AssociationEvent.StreamsReset { IsIncoming: false, Context: 0 } or AssociationEvent.StreamsChanged { Context: 0 };
        if (_event is null)
        {
            _event = associationEvent;
        }
        else if (_laterEvents is not { Count: >= MaximumEvents - 1 } || !mayBeLeftOut)
        {
            (_laterEvents ??= new Queue<AssociationEvent>()).Enqueue(associationEvent);
        }
    }

    /// <summary>Takes the next event.</summary>
    public bool TryTakeEvent([NotNullWhen(true)] out AssociationEvent? associationEvent)
    {
        associationEvent = _event;
        _event = _laterEvents is { Count: > 0 } ? _laterEvents.Dequeue() : null;
        return associationEvent is not null;
    }

    /// <summary>Time never goes back: an older instant counts as the last one.</summary>
    public void SetNow(Instant now) => Now = Instant.Max(Now, now);
}
