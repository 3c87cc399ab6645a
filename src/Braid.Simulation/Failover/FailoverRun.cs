using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Lives through one <see cref="FailoverOptions"/>: measures when new data no longer takes the network that was cut, and when it is back, and
/// compares both with what the options allow (RFC 9260 §8.2, §8.3, RFC 7829 §3.2). Every message arrives once, in order.
/// </summary>
public sealed class FailoverRun
{
    private const ushort Port = 5001;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_delayedAck = TimeSpan.FromMilliseconds(200);

    private readonly FailoverOptions _options;
    private readonly World _world;
    private readonly SimulatedNode _sender;
    private readonly Endpoint _receiving;
    private readonly SimulatedLink[] _cable;
    private readonly Association _association;
    private Association? _peer;
    private bool _isFlowing;
    private long _sent;
    private long _received;
    private long _chunks;
    private Instant _lastArrival;
    private Instant _lastNewThere;                           // when new data last left for the first network
    private TimeSpan _rto;                                   // of its path, before anything went unanswered
    private string? _flaw;

    private FailoverRun(FailoverOptions options)
    {
        _options = options;
        _world = new World(options.Seed) { Sent = OnSent };
        NetworkAddress[] ours = Hosts(1);
        NetworkAddress[] theirs = Hosts(26);
        Endpoint sending = NewEndpoint(ours);
        _receiving = NewEndpoint(theirs);
        var link = new LinkModel { Delay = options.Delay };
        _sender = _world.Add("A", ours, sending, link);
        SimulatedNode receiver = _world.Add("Z", theirs, _receiving, link);
        receiver.Application = Read;
        _cable = new SimulatedLink[2];
        for (int i = options.Networks - 1; i >= 0; i--)
        {
            _cable = [_world.Connect(_sender, ours[i], theirs[i], link), _world.Connect(receiver, theirs[i], ours[i], link)];
        }

        _association = sending.Connect(_world.Now, Port, new NetworkPath(NetworkAddress.None, theirs[0]));
    }

    /// <summary>From the cut until new data was last sent into the network.</summary>
    public TimeSpan Failover { get; private set; }

    /// <summary>How long that may take with these options.</summary>
    public TimeSpan FailoverBound { get; private set; }

    /// <summary>From the end of the cut until new data took the network again; null where another one was made the primary one for good.</summary>
    public TimeSpan? Return { get; private set; }

    /// <summary>How long that may take.</summary>
    public TimeSpan ReturnBound { get; private set; }

    /// <summary>The longest time between two messages that arrived.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>Packets that were sent.</summary>
    public long Packets { get; private set; }

    /// <summary>Those of them that were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Virtual time that passed.</summary>
    public TimeSpan Duration => _world.Now - new Instant(TimeSpan.TicksPerSecond);

    private PathStatistics First => _association.GetPaths()[0];

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="ScenarioException">Something takes too long, or is not delivered as it should be.</exception>
    public static FailoverRun Run(FailoverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new FailoverRun(options);
        run.Live();
        return run;
    }

    private void Live()
    {
        Require(() => _association.State == AssociationState.Established && _association.GetPaths().Count == _options.Networks
            && _association.GetPaths().All(path => path.State == PathState.Active) && _peer is not null, s_limit, "not every path was confirmed");
        _isFlowing = true;
        Send();
        _world.Advance(_options.Quiet);
        Cut(isCut: true);
        Instant cut = _world.Now;
        (_lastNewThere, _rto) = (cut, First.Rto);
        int failures = Math.Min(_options.Association.PotentiallyFailedThreshold, _options.Association.MaximumPathRetransmissions) + 1;

        // What the bound is made of is known when the first of them has come.
        Require(() => First.Errors > 0, _options.Association.RtoMaximum + s_limit, "nothing went unanswered");
        FailoverBound = Bound(failures);
        _world.RunUntil(() => _flaw is not null, FailoverBound + _options.Outage);
        Failover = _lastNewThere - cut;
        Check(Failover <= FailoverBound, $"new data was sent into a network that was cut for {Failover}, not {FailoverBound}");
        ComeBack();
        _isFlowing = false;
        Require(() => _received == _sent && _association.BufferedBytes == 0, s_limit, "not everything was delivered");
        _association.Shutdown(_world.Now);
        Require(() => _association.State == AssociationState.Closed && _peer!.State == AssociationState.Closed, s_limit, "it was not closed");
        Check(LongestGap <= FailoverBound + Slack, $"nothing arrived for {LongestGap}, with a bound of {FailoverBound}");
    }

    private void ComeBack()
    {
        Cut(isCut: false);
        PathStatistics first = First;
        Instant healed = _world.Now;
        (Instant before, TimeSpan rto) = (_lastNewThere, _options.Association.RtoMaximum);

        // §8.3: one that is inactive is asked once for each interval, every second time from the address of ours that reaches it; one that
        // is doubted once for each RTO. What was asked before the end of the cut must have failed first.
        ReturnBound = Slack + (first.State == PathState.PotentiallyFailed && first.Errors < _options.Association.MaximumPathRetransmissions
            ? first.Rto
            : rto + (2 * (_options.Association.HeartbeatInterval + (2.5 * rto))));
        if (!_association.PrimaryPath.Remote.IsSameHost(first.Path.Remote))
        {
            _world.RunUntil(() => _flaw is not null, ReturnBound);
            Check(_lastNewThere == before, "new data returned to a path that is the primary one no longer");
            return;
        }

        Require(() => _lastNewThere > before, ReturnBound, "new data did not return to the primary path");
        Return = _lastNewThere - healed;
    }

    // A time-out for each failure, each twice as long as the one before, and what must be sent in between for anything to time out. A
    // probe of the tail puts T3-rtx off (RFC 8985 §7.3).
    private TimeSpan Bound(int failures)
    {
        TimeSpan bound = Slack + (4 * _options.Delay) + s_delayedAck + s_delayedAck;
        TimeSpan rto = _rto;
        for (int i = 0; i < failures; i++)
        {
            bound += rto + Slack;
            rto = 2 * rto < _options.Association.RtoMaximum ? 2 * rto : _options.Association.RtoMaximum;
        }

        return bound;
    }

    // The next message, and some round trips for what was lost to leave on a path that knows no window yet.
    private TimeSpan Slack => _options.Interval + (8 * _options.Delay) + _options.Association.SackDelay;

    private void Cut(bool isCut)
    {
        foreach (SimulatedLink link in _cable)
        {
            link.IsDown = isCut;
        }
    }

    private void Send()
    {
        if (!_isFlowing)
        {
            return;
        }

        var message = new byte[_options.Length];
        BinaryPrimitives.WriteInt64BigEndian(message, _sent);
        if (_association.Send(_world.Now, message, default) == SendStatus.Ok)
        {
            _sent++;
        }

        _world.Plan(_world.Now + _options.Interval, Send);
    }

    private void Read(Instant now)
    {
        while (_receiving.TryAccept(out Association? accepted))
        {
            _peer = accepted;
        }

        while (_receiving.TryTakeActive(out _))
        {
        }

        while (_peer is not null && _peer.TryReceive(out ReceivedMessage? message))
        {
            byte[] bytes = message.Payload.ToArray();
            message.Dispose();
            if (bytes.Length != _options.Length || BinaryPrimitives.ReadInt64BigEndian(bytes) != _received)
            {
                _flaw ??= $"message {BinaryPrimitives.ReadInt64BigEndian(bytes)} came in the place of {_received}";
            }

            LongestGap = _received > 0 && now - _lastArrival > LongestGap ? now - _lastArrival : LongestGap;
            (_received, _lastArrival) = (_received + 1, now);
        }
    }

    private void OnSent(Instant now, SimulatedNode node, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        Packets++;
        Lost += isLost ? 1 : 0;
        if (node != _sender || _association is null)
        {
            return;
        }

        long chunks = _association.GetCounters().ChunksSent;
        if (chunks > _chunks && path.Remote.IsSameHost(First.Path.Remote))
        {
            _lastNewThere = now;
        }

        _chunks = chunks;
        if (_cable[0].IsDown && First is { Errors: 0 } first && first.Rto > _rto)
        {
            _rto = first.Rto;                                // an acknowledgement that was on its way may have made it longer
        }
    }

    private Endpoint NewEndpoint(NetworkAddress[] addresses) => new(
        new EndpointOptions { LocalPort = Port, AcceptsAssociations = true, Association = _options.Association, LocalAddresses = addresses }, _world.NewRandom());

    private NetworkAddress[] Hosts(byte host) =>
        [.. Enumerable.Range(0, _options.Networks).Select(network => NetworkAddress.FromIPv4([10, (byte)network, 0, host], 9899))];

    private void Require(Func<bool> condition, TimeSpan limit, string otherwise)
    {
        bool holds = _world.RunUntil(() => _flaw is not null || condition(), limit);
        Check(holds, otherwise);
    }

    private void Check(bool holds, string otherwise)
    {
        if (_flaw is not null || !holds)
        {
            string state = string.Join("; ", _association.GetPaths().Select(path => $"{path.Path} {path.State} {path.Errors} {path.Rto}"));
            throw new ScenarioException(string.Create(
                CultureInfo.InvariantCulture,
                $"seed {_options.Seed}: {_flaw ?? otherwise} after {Duration} ({_received} of {_sent} messages; {_association.State}; {state})"));
        }
    }
}
