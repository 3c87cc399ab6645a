using System;
using System.Buffers;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// The application at one end of one client's conversation with the server: what it has to send, what it has read, and the
/// association that it has just now. When that breaks, what was on its way may be lost; the rest goes on with the next one.
/// </summary>
internal sealed partial class SwarmPeer
{
    private const int NumberBits = 22;                       // below them, the message; above, the association that it was sent on

    private static readonly TimeSpan s_readingPause = TimeSpan.FromMilliseconds(20);

    private readonly SwarmRun _run;
    private readonly World _world;
    private readonly IRandomSource _random;
    private readonly SeededRandom _partsRandom;              // its own, so that worlds without parts stay what they were
    private readonly ulong _seed;
    private readonly List<DeliveryChecker> _checkers = [];
    private readonly Dictionary<StreamId, List<byte>> _parts = [];
    private readonly List<ReceivedMessage> _unread = [];
    private readonly double _inParts;
    private readonly SeededRandom _resetRandom;              // as well
    private readonly Dictionary<StreamId, Ssn> _nextSsn = [];
    private readonly SeededRandom _reliabilityRandom;        // as for parts
    private readonly double _unreliable;
    private ReadOnlyMemory<byte> _rest;                      // of a record that was begun
    private SendOptions _restOptions;
    private int _toSend;
    private uint _lastIncarnation;
    private uint _requests;                                  // to reset or add streams, of all associations
    private bool _wantsIncoming;
    private bool _isPausing;

    public SwarmPeer(SwarmRun run, World world, string name, SimulatedNode node, ulong seed)
    {
        _run = run;
        _world = world;
        _random = world.NewRandom();
        _seed = seed;
        _partsRandom = new SeededRandom(seed ^ 0x9A575);
        _inParts = _partsRandom.NextDouble() < 0.5 ? 0 : _partsRandom.NextDouble() / 2;
        _resetRandom = new SeededRandom(seed ^ 0x6525);
        _reliabilityRandom = new SeededRandom(seed ^ 0x3758);
        _unreliable = _reliabilityRandom.NextDouble() < 0.5 ? 0 : _reliabilityRandom.NextDouble();
        Name = name;
        Node = node;
    }

    public string Name { get; }

    public SimulatedNode Node { get; }

    /// <summary>Follows what this side sends.</summary>
    public WindowChecker Windows { get; } = new();

    public SwarmPeer Other { get; set; } = null!;

    /// <summary>Extensions that it offers.</summary>
    public required Extensions Offers { get; init; }

    public Association? Association { get; private set; }

    /// <summary>How the last association ended; null while it lives.</summary>
    public AssociationEvent.Closed? Ended { get; private set; }

    public bool IsReading { get; set; } = true;

    /// <summary>Whether all that there was to send, and was not lost with an association, has arrived.</summary>
    public bool HasDelivered =>
        HasSent && (_checkers.Count == 0 || _checkers[^1].Missing == 0);

    /// <summary>Whether all that there was to send is in the association's hands.</summary>
    public bool HasSent => _toSend == 0 && _rest.IsEmpty && Association?.State == AssociationState.Established;

    /// <summary>Messages of the last association that have not arrived.</summary>
    public int Missing => _checkers.Count == 0 ? 0 : _checkers[^1].Missing;

    /// <summary>Gives it more to send.</summary>
    public void Load(int messages) => _toSend += messages;

    /// <summary>It has a new association.</summary>
    public void Begin(Association association)
    {
        Association = association;
        association.Tag = this;
        Ended = null;
        _rest = default;
        Windows.Reset();
        _nextSsn.Clear();
        _wantsIncoming = false;
        _checkers.Add(new DeliveryChecker(_seed, (uint)_checkers.Count << NumberBits));
        for (int i = 0; i < _run.Options.Reconfigurations; i++)
        {
            _world.Plan(_world.Now + _resetRandom.NextTimeSpan(_run.Options.Chaos), () => Reconfigure(association));
        }
    }

    /// <summary>Its machine has crashed: nothing of it is left.</summary>
    public void Crash()
    {
        _unread.Clear();
        Forget();
    }

    /// <summary>Its association has ended, and another one will be set up.</summary>
    public void Forget()
    {
        Association = null;
        Ended = null;
        _rest = default;
        _parts.Clear();
    }

    /// <summary>Takes what has come.</summary>
    public void Collect(Association association)
    {
        bool again = true;
        while (again)
        {
            again = false;
            while (association.TryReceive(out ReceivedMessage? message))
            {
                again = true;
                OnMessage(message);
            }

            while (association.TryGetEvent(out AssociationEvent? next))
            {
                again = true;
                OnEvent(association, next);
            }
        }
    }

    /// <summary>Reads and sends.</summary>
    public void Live(Instant now)
    {
        Read(now);
        while (Association is { State: AssociationState.Established } && (_toSend > 0 || !_rest.IsEmpty))
        {
            if (!_rest.IsEmpty && (_toSend == 0 || _partsRandom.NextDouble() < 0.5))
            {
                if (!SendPart(now, Association))
                {
                    return;
                }

                continue;
            }

            var options = new SendOptions(
                (ushort)_random.NextInt32(Association.OutgoingStreams),
                _random.NextUInt32(),
                _random.NextDouble() < _run.Options.Unordered,
                _random.NextDouble() < 0.1);
            if (_reliabilityRandom.NextDouble() < (_run.Options.Unreliable ?? _unreliable))
            {
                options = options with { Reliability = DrawReliability() };
            }

            int length = DeliveryChecker.MinimumLength
                + _random.NextInt32(Math.Max(1, _run.Options.MaximumLength - DeliveryChecker.MinimumLength));
            bool isRefused = Association.CanSend(length, options) != SendStatus.Ok;
            if (!_rest.IsEmpty && (isRefused || options.Stream == _restOptions.Stream))
            {
                // What comes next on its stream would continue the record; and what has no room may wait for the record's end.
                if (!SendPart(now, Association, isLast: !isRefused))
                {
                    return;
                }

                continue;
            }

            if (isRefused)
            {
                return;
            }

            bool mayMiss = options.Reliability.Policy != ReliabilityPolicy.Reliable && Association.Extensions.HasFlag(Extensions.PartialReliability);
            byte[] message = _checkers[^1].Make(length, options, mayMiss);
            _toSend--;
            if (_rest.IsEmpty && _partsRandom.NextDouble() < _inParts)
            {
                (_rest, _restOptions) = (message, options);
                SendPart(now, Association);
            }
            else if (Association.Send(now, message, options) is not SendStatus.Ok and var status)
            {
                _run.Flaw($"{Name}: a message that could be sent was answered {status}");
            }
        }
    }

    public string? CheckLeftovers()
    {
        foreach (ReceivedMessage message in _unread)
        {
            message.Dispose();
        }

        _unread.Clear();
        return Association is { BufferedBytes: not 0 } ? $"{Name} keeps {Association.BufferedBytes} bytes to send" : null;
    }

    /// <summary>Whether fewer messages are missing than were given up.</summary>
    public string? CheckGivenUp() =>
        Association is { } association && _checkers.Count == 1 && _checkers[0].MissingFreely > association.GetAbandoned().Total
            ? $"{Name}: {_checkers[0].MissingFreely} messages are missing, and {association.GetAbandoned().Total} were given up"
            : null;

    /// <summary>Whether it kept to what its options and the other side have let it do.</summary>
    public string? CheckOptions()
    {
        if (Association is not { } association)
        {
            return null;
        }

        AssociationStatistics statistics = association.GetStatistics();
        return statistics.LossProbes > 0 && association.Options.LossRecovery != LossRecovery.Rack ? $"{Name} has sent loss probes without RACK"
            : statistics.EcnReductions > 0 && (Offers & Other.Offers & Extensions.Ecn) == 0 ? $"{Name} has reacted to ECN without having agreed on it"
            : association.GetAbandoned().Total > 0 && (Offers & Other.Offers & Extensions.PartialReliability) == 0 ? $"{Name} has given messages up without PR-SCTP"
            : null;
    }

    public override string ToString() =>
        $"{Name}: {Association?.State}, {_toSend} to send, {(_checkers.Count == 0 ? 0 : _checkers[^1].Missing)} not delivered, {Association?.GetStatistics()}";

    /// <summary>Streams are reset or added, if the association still is the one that it was meant for.</summary>
    private void Reconfigure(Association association)
    {
        if (association != Association || association.State != AssociationState.Established)
        {
            return;
        }

        var direction = (ResetDirection)(1 + _resetRandom.NextInt32(3));
        switch (_resetRandom.NextInt32(10))
        {
            case 0:
                association.ResetAssociation(_world.Now, ++_requests);
                break;
            case 1:
                association.AddStreams(_world.Now, _resetRandom.NextInt32(3), 1 + _resetRandom.NextInt32(3), ++_requests);
                break;
            case 2:
                _wantsIncoming |= direction != ResetDirection.Outgoing;
                association.ResetStreams(_world.Now, [], direction, ++_requests);
                break;
            default:
                int streams = Math.Min(association.OutgoingStreams, association.IncomingStreams);
                _wantsIncoming |= direction != ResetDirection.Outgoing;
                association.ResetStreams(_world.Now, [(ushort)_resetRandom.NextInt32(streams), (ushort)_resetRandom.NextInt32(streams)], direction, ++_requests);
                break;
        }
    }

    /// <summary>
    /// The numbers of ordered messages rise by one from 0, or by more where some were given up, and begin anew with every reset and
    /// with nothing else.
    /// </summary>
    private void CheckSsn(ReceivedMessage message)
    {
        Ssn expected = _nextSsn.GetValueOrDefault(message.Stream);
        int skipped = message.Ssn.DistanceFrom(expected);
        if (skipped < 0 || (skipped > 0 && !Association!.Extensions.HasFlag(Extensions.PartialReliability)))
        {
            _run.Flaw($"{Name}: stream {message.Stream} goes on with SSN {message.Ssn}, not {expected}");
        }

        _nextSsn[message.Stream] = message.Ssn.Next;
    }

    private void OnReset(IReadOnlyList<StreamId> streams)
    {
        _run.Reconfigured++;
        foreach (StreamId stream in streams)
        {
            _nextSsn.Remove(stream);
        }

        if (streams.Count == 0)
        {
            _nextSsn.Clear();
        }
    }

    /// <summary>Sends some of a record, or its end. What a later part says of order and PPID must not matter.</summary>
    private bool SendPart(Instant now, Association association, bool isLast = false)
    {
        int length = isLast ? _rest.Length : 1 + _partsRandom.NextInt32(_rest.Length);
        SendOptions options = _restOptions with { MoreFollows = length < _rest.Length };
        SendStatus status = association.Send(now, _rest.Span[..length], options);
        if (status == SendStatus.RecordLost)
        {
            // It was given up meanwhile. Its last part, which is not accepted either, makes way for what comes next.
            _rest = options.MoreFollows ? _rest : default;
            return true;
        }

        if (status != SendStatus.Ok)
        {
            return false;
        }

        _rest = _rest[length..];
        _restOptions = options with { Ppid = _partsRandom.NextUInt32(), Unordered = !options.Unordered };
        return true;
    }

    private Reliability DrawReliability() => _reliabilityRandom.NextInt32(3) switch
    {
        0 => Reliability.Lifetime(_reliabilityRandom.NextTimeSpan(TimeSpan.FromSeconds(2))),
        1 => Reliability.MaximumRetransmissions(_reliabilityRandom.NextInt32(4)),
        _ => Reliability.Priority((uint)_reliabilityRandom.NextInt32(4)),
    };

    /// <summary>A restart has cut off a record: the rest of it must not be sent as if it were another one.</summary>
    private void TryContinueLost(Instant now, Association association)
    {
        if (!_rest.IsEmpty && association.Send(now, _rest.Span, _restOptions with { MoreFollows = false }) == SendStatus.Ok)
        {
            _run.Flaw($"{Name}: the rest of a record was accepted after a restart");
        }
    }

    private void OnMessage(ReceivedMessage message)
    {
        _unread.Add(message);
        if (message.BeginOfRecord || !_parts.TryGetValue(message.Stream, out List<byte>? parts))
        {
            // Interleaved or not, a stream has no more than one message in parts.
            _parts[message.Stream] = parts = [];
        }

        parts.AddRange(message.Payload.ToArray());
        if (!message.EndOfRecord)
        {
            return;
        }

        if (!message.Unordered)
        {
            CheckSsn(message);
        }

        byte[] bytes = [.. parts];
        _parts.Remove(message.Stream);
        uint incarnation = DeliveryChecker.NumberOf(bytes) >> NumberBits;
        string? flaw = incarnation >= Other._checkers.Count ? "a message was never sent"
            : incarnation < _lastIncarnation ? "a message of an association that has ended came after the next one's"
            : Other._checkers[(int)incarnation].Check(bytes, message.Stream, message.Ppid, message.Unordered);
        _lastIncarnation = incarnation;
        if (flaw is not null)
        {
            _run.Flaw($"{Name}: {flaw}");
        }
    }

    private void OnEvent(Association association, AssociationEvent next)
    {
        CheckPermission(association, next);
        switch (next)
        {
            case AssociationEvent.Established when ExtensionChecker.CheckAgreed(association.Extensions, Offers, Other.Offers) is { } wrong:
                _run.Flaw($"{Name}: {wrong}");
                break;
            case AssociationEvent.Restarted when !_run.MayBreak:
                _run.Flaw($"{Name}: a restart that was none");
                break;
            case AssociationEvent.Restarted:
                TryContinueLost(_world.Now, association);
                Begin(association);
                break;
            case AssociationEvent.StreamsReset { IsIncoming: true, IsDone: true } reset:
                OnReset(reset.Result == ReconfigurationResult.Performed ? reset.Streams : [ushort.MaxValue]);
                break;
            case AssociationEvent.StreamsChanged { IsDone: true }:
                _run.Reconfigured++;
                break;
            case AssociationEvent.AssociationReset { IsDone: true }:
                OnReset([]);
                break;
            case AssociationEvent.AddressRequestSettled settled:
                OpenRequests--;
                _run.Renumbered += settled.Outcome == AddressRequestOutcome.Acknowledged ? 1 : 0;
                break;
            case AssociationEvent.SendFailed failed:
                OnFailed(failed);
                failed.Payload.Dispose();
                break;
            case AssociationEvent.Closed closed when association == Association:
                Ended = closed;
                if (closed.Reason != CloseReason.Shutdown && !_run.MayBreak)
                {
                    _run.Flaw($"{Name} closed: {closed.Reason}, cause {(CauseCode)closed.CauseCode}");
                }

                break;
        }
    }

    // RFC 6525 §6.3.1: what we did not ask for happens only where we allow it.
    private void CheckPermission(Association association, AssociationEvent next)
    {
        ReconfigurationKinds kind = next switch
        {
            AssociationEvent.StreamsReset { IsIncoming: true, Result: ReconfigurationResult.Performed, Context: 0 } when !_wantsIncoming => ReconfigurationKinds.ResetStreams,
            AssociationEvent.StreamsChanged { IsIncoming: true, IsDone: true, Context: 0 } => ReconfigurationKinds.AddStreams,
            AssociationEvent.AssociationReset { IsDone: true, Context: 0 } => ReconfigurationKinds.ResetAssociation,
            _ => ReconfigurationKinds.None,
        };
        if ((kind & ~association.Options.AllowedReconfiguration) != 0)
        {
            _run.Flaw($"{Name}: {next}, and nobody has allowed that");
        }
    }

    private void OnFailed(AssociationEvent.SendFailed failed)
    {
        uint incarnation = DeliveryChecker.NumberOf(failed.Payload.Span) >> NumberBits;
        if (!failed.WasOnWire && incarnation < _checkers.Count && _checkers[(int)incarnation].CheckNeverSent(failed.Payload.Span) is { } flaw)
        {
            _run.Flaw($"{Name}: {flaw}");
        }
    }

    private void Read(Instant now)
    {
        for (int i = _unread.Count - 1; i >= 0 && IsReading && (_random.NextDouble() < _run.Options.Reading || _unread.Count > 20); i--)
        {
            _unread[i].Dispose();
            _unread.RemoveAt(i);
        }

        if (_unread.Count > 0 && !_isPausing)
        {
            _isPausing = true;
            _world.Plan(now + s_readingPause, () => _isPausing = false);
        }
    }
}
