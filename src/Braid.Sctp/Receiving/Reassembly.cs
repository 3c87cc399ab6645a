using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// What becoming messages again has in common, whatever the chunks are: the messages that can be taken, and
/// the memory of those in the application's hands, which is charged until they are disposed.
/// </summary>
internal abstract class Reassembly(AssociationContext context, ReceiveWindow window) : IReceivedMessageOwner
{
    private MessageList _ready;
    private MessageList _behindReset;

    /// <summary>Messages that were completed, delivered or not.</summary>
    public long MessagesCompleted { get; protected set; }

    /// <summary>Whether a message can be taken.</summary>
    public bool HasReady => !_ready.IsEmpty;

    /// <summary>Messages, or parts of one, that can be taken.</summary>
    public int ReadyCount => _ready.Count;

    protected AssociationContext Context { get; } = context;

    protected ReceiveWindow Window { get; } = window;

    /// <summary>
    /// Whether streams can be reset now: the last reset was taken notice of, and no message is being delivered in parts that others
    /// wait behind.
    /// </summary>
    /// <param name="streams">Which; all of them when it is empty.</param>
    public bool MayReset(ReadOnlySpan<StreamId> streams) => PendingReset is null && !AreInParts(streams);

    /// <summary>Whether a message is being delivered in parts that a reset of streams would have to wait for.</summary>
    /// <param name="streams">Which; all of them when it is empty.</param>
    protected abstract bool AreInParts(ReadOnlySpan<StreamId> streams);

    /// <summary>The reset of incoming streams that nobody has taken notice of yet.</summary>
    protected AssociationEvent? PendingReset { get; set; }

    /// <summary>Messages that can be taken. What comes after a reset must not be taken for what came before it.</summary>
    protected ref MessageList Ready => ref PendingReset is null ? ref _ready : ref _behindReset;

    /// <summary>How much of the buffer makes a part, in bytes (RFC 6458 §8.1.21).</summary>
    protected long PartialPoint => Math.Min(Context.Options.PartialPoint, Window.ClosesAt);

    /// <summary>The same when the window is closed. A slow reader closes it too: small messages stay whole.</summary>
    protected long LeastPartial => Math.Min(PartialPoint, Window.Size / 4);

    /// <summary>Memory that fragments hold, in bytes: of messages that are not complete, or not in their turn.</summary>
    public abstract long FragmentCharge { get; }

    /// <summary>Takes the next message that may be delivered.</summary>
    public bool TryTake([NotNullWhen(true)] out ReceivedMessage? message)
    {
        bool isThere = _ready.TryTake(out message);
        message?.IsTaken = true;
        return isThere;
    }

    /// <summary>Takes all messages that may be delivered.</summary>
    public void TakeReady(ref MessageList destination)
    {
        destination.AddAll(ref _ready);
        destination.AddAll(ref _behindReset);
    }

    /// <summary>Lets go of all messages that may be delivered.</summary>
    public void DiscardReady()
    {
        _ready.AddAll(ref _behindReset);
        while (_ready.TryTake(out ReceivedMessage? message))
        {
            message.Dispose();
        }
    }

    /// <summary>Lets go of what can never be delivered. Complete messages stay to be read.</summary>
    public abstract void DiscardIncomplete();

    /// <summary>Whether an ordered message on a stream would come behind others that have come already.</summary>
    public virtual bool IsBehind(StreamId stream, Ssn ssn) => false;

    /// <summary>Whether a message on a stream would come behind others that have come already, or be taken for one that was skipped.</summary>
    public virtual bool IsBehind(StreamId stream, bool unordered, Mid mid) => false;

    /// <summary>Streams of the peer begin anew (RFC 6525 §5.2.2 E3); there is nothing of before that has not come.</summary>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="reset">The news of it: what comes now cannot be taken before that was.</param>
    public abstract void Reset(ReadOnlySpan<StreamId> streams, AssociationEvent reset);

    /// <summary>
    /// All streams of the peer begin anew together with its TSNs (RFC 6525 §5.2.4 G4, §5.2.7 H5). What is incomplete will not be completed.
    /// </summary>
    /// <param name="first">The first TSN after the reset, where it and others may have come already; null where none can have.</param>
    /// <param name="reset">The news of it, as for the other kind of reset.</param>
    public abstract void ResetAll(Tsn? first, AssociationEvent reset);

    /// <summary>An event was taken: if it is that of the reset, what came after it can be taken.</summary>
    /// <returns>Whether it is.</returns>
    public bool OnTaken(AssociationEvent taken)
    {
        if (!ReferenceEquals(taken, PendingReset))
        {
            return false;
        }

        PendingReset = null;
        _ready.AddAll(ref _behindReset);
        return true;
    }

    void IReceivedMessageOwner.OnDisposed(ReceivedMessage message)
    {
        if (message.IsTaken)
        {
            Window.CreditTaken(message.Charge);
        }
        else
        {
            Window.Credit(message.Charge);                   // nobody has read it
        }

        if (Window.WantsUpdate)
        {
            Context.Activity.Signal();                       // no input will come: the peer waits for the window
        }

        Context.Spares.Return(message);
    }

    protected ReceivedMessage NewMessage(StreamId stream, Ppid ppid, Ssn ssn, Tsn tsn, bool unordered)
    {
        ReceivedMessage message = Context.Spares.TakeReceived();
        message.Set(this, stream, ppid, ssn, tsn, unordered);
        return message;
    }

    /// <summary>The one copy on the way in.</summary>
    /// <param name="payload">User data of a chunk.</param>
    /// <param name="mustHold">Whether there is memory for it whatever the limit.</param>
    /// <returns>Null when there is no memory.</returns>
    protected PooledBuffer? TryCopy(ReadOnlySpan<byte> payload, bool mustHold)
    {
        PooledBuffer buffer = Context.Buffers.Rent(payload.Length);
        if (mustHold)
        {
            Window.Charge(buffer.Capacity, payload.Length);
        }
        else if (!Window.TryCharge(buffer.Capacity, payload.Length))
        {
            buffer.Dispose();
            return null;
        }

        payload.CopyTo(buffer.Span);
        return buffer;
    }

    protected void LetGo(PooledBuffer buffer)
    {
        Window.Credit(buffer.Capacity);
        buffer.Dispose();
    }
}
