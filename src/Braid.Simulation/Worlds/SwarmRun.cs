using System;
using System.Collections.Generic;
using System.Globalization;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Lives through one <see cref="SwarmOptions"/>: set up, load in both directions, faults, healing, shutdown. Checks every
/// packet and every message, and in the end that nothing is left.
/// </summary>
public sealed class SwarmRun
{
    private const int TraceLength = 40;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    private readonly SwarmOptions _options;
    private readonly World _world;
    private readonly Side _a;
    private readonly Side _z;
    private readonly Queue<string> _trace = new();
    private string? _flaw;

    private SwarmRun(SwarmOptions options)
    {
        _options = options;
        _world = new World(options.Seed);
        _a = new Side(this, "A", NetworkAddress.FromIPv4([10, 0, 0, 1], 9899), options.OptionsOfA, options.There, options.MessagesOfA);
        _z = new Side(this, "Z", NetworkAddress.FromIPv4([10, 0, 0, 26], 9899), options.OptionsOfZ, options.Back, options.MessagesOfZ);
        _a.Peer = _z;
        _z.Peer = _a;
        _world.Observer = Observe;
    }

    /// <summary>A number that differs when anything in the run differs.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <summary>Packets that were sent.</summary>
    public long Packets { get; private set; }

    /// <summary>Virtual time that passed.</summary>
    public TimeSpan Duration => _world.Now - new Instant(TimeSpan.TicksPerSecond);

    /// <summary>Runs a world to its end.</summary>
    /// <exception cref="ScenarioException">Something is not as it must be; the message has the seed and the last packets.</exception>
    public static SwarmRun Run(SwarmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new SwarmRun(options);
        try
        {
            run.Live();
        }
        catch (InvariantException exception)
        {
            throw run.Failure($"an invariant is broken: {exception.Message}");
        }

        return run;
    }

    private void Live()
    {
        _a.Association = _a.Endpoint.Connect(_world.Now, Side.Port, new NetworkPath(_a.Node.Address, _z.Node.Address));
        _world.RunUntil(() => _flaw is not null, _options.Chaos);
        _world.Heal();
        Require(() => _a.HasDelivered && _z.HasDelivered, "not everything was delivered after the network had healed");

        if ((_options.Closers & 1) != 0)
        {
            _a.Association!.Shutdown(_world.Now);
        }

        if ((_options.Closers & 2) != 0)
        {
            _z.Association!.Shutdown(_world.Now);
        }

        Require(() => _a.IsClosed && _z.IsClosed, "the association did not close");
        Require(() => _world.OnTheWay == 0, "packets go on after the end");
        _a.CheckLeftovers();
        _z.CheckLeftovers();
        ThrowIfFlawed();
    }

    private void Require(Func<bool> condition, string otherwise)
    {
        bool holds = _world.RunUntil(() => _flaw is not null || condition(), s_limit);
        ThrowIfFlawed();
        if (!holds)
        {
            throw Failure($"{otherwise} ({_a}; {_z})");
        }
    }

    private void Observe(Instant now, SimulatedNode from, ReadOnlySpan<byte> datagram, bool isLost)
    {
        Packets++;
        foreach (byte value in datagram)
        {
            TraceHash = (TraceHash ^ value) * 1099511628211;
        }

        AssociationOptions options = from == _a.Node ? _options.OptionsOfA : _options.OptionsOfZ;
        _trace.Enqueue($"{now} {from.Name} {(isLost ? "x" : ">")} {PacketText.Describe(datagram)}");
        if (_trace.Count > TraceLength)
        {
            _trace.Dequeue();
        }

        string? flaw = WireChecker.Check(datagram, options.PathMtu - 28);
        if (flaw is not null)
        {
            _flaw ??= $"a packet of {from.Name} breaks a rule: {flaw}";
        }
    }

    private void ThrowIfFlawed()
    {
        if (_flaw is not null)
        {
            throw Failure(_flaw);
        }
    }

    private ScenarioException Failure(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"seed {_options.Seed}: {what}\n{string.Join('\n', _trace)}"));

    private sealed class Side
    {
        public const ushort Port = 5001;

        private readonly SwarmRun _run;
        private readonly IRandomSource _random;
        private readonly List<ReceivedMessage> _unread = [];
        private readonly DeliveryChecker _checker;
        private int _toSend;

        public Side(SwarmRun run, string name, NetworkAddress address, AssociationOptions options, LinkModel link, int messages)
        {
            _run = run;
            _toSend = messages;
            _random = run._world.NewRandom();
            Endpoint = new Endpoint(
                new EndpointOptions { LocalPort = Port, Association = options, AcceptsAssociations = name == "Z" }, run._world.NewRandom());
            Node = run._world.Add(name, address, Endpoint, link);
            Node.Application = Live;
            _checker = new DeliveryChecker(run._options.Seed + name[0]);
        }

        public Endpoint Endpoint { get; }

        public SimulatedNode Node { get; }

        public Side Peer { get; set; } = null!;

        public Association? Association { get; set; }

        public bool HasDelivered => _toSend == 0 && _checker.Missing == 0 && Association is not null && !IsClosed;

        public bool IsClosed { get; private set; }

        public void CheckLeftovers()
        {
            foreach (ReceivedMessage message in _unread)
            {
                message.Dispose();
            }

            if (Endpoint.Buffers.Rented != 0 || Endpoint.AssociationCount != 0 || !Endpoint.NextTimeout.IsNever
                || Association!.BufferedBytes != 0)
            {
                _run._flaw ??= $"{Node.Name} keeps {Endpoint.Buffers.Rented} buffers, {Endpoint.AssociationCount} associations, "
                    + $"{Association!.BufferedBytes} bytes to send, a timer at {Endpoint.NextTimeout}";
            }
        }

        public override string ToString() =>
            $"{Node.Name}: {Association?.State}, {_toSend} to send, {_checker.Missing} not delivered, {Association?.GetStatistics()}";

        private void Live(Instant now)
        {
            if (Endpoint.TryAccept(out Association? accepted))
            {
                Association = accepted;
            }

            while (Endpoint.TryTakeActive(out Association? active))
            {
                while (active.TryReceive(out ReceivedMessage? message))
                {
                    _unread.Add(message);
                    string? flaw = Peer._checker.Check(message);
                    _run._flaw ??= flaw;
                }

                while (active.TryGetEvent(out AssociationEvent? associationEvent))
                {
                    OnEvent(associationEvent);
                }
            }

            Read();
            Send(now);
        }

        private void OnEvent(AssociationEvent associationEvent)
        {
            if (associationEvent is not AssociationEvent.Closed closed)
            {
                return;
            }

            IsClosed = true;
            if (closed.Reason != CloseReason.Shutdown)
            {
                _run._flaw ??= $"{Node.Name} closed: {closed.Reason}";
            }
        }

        private void Read()
        {
            // A slow reader lets the window close, but always reads in the end: time passes only while something is to come.
            for (int i = _unread.Count - 1; i >= 0 && (_random.NextDouble() < _run._options.Reading || _unread.Count > 20); i--)
            {
                _unread[i].Dispose();
                _unread.RemoveAt(i);
            }

            if (_run._world.NextEvent.IsNever || Endpoint.NextTimeout.IsNever)
            {
                _unread.ForEach(message => message.Dispose());
                _unread.Clear();
            }
        }

        private void Send(Instant now)
        {
            // Before the handshake is done the number of streams is not known.
            while (_toSend > 0 && Association is { State: AssociationState.Established })
            {
                var options = new SendOptions(
                    (ushort)_random.NextInt32(Association.OutgoingStreams),
                    _random.NextUInt32(),
                    _random.NextDouble() < _run._options.Unordered,
                    _random.NextDouble() < 0.1);
                int length = DeliveryChecker.MinimumLength + _random.NextInt32(Math.Max(1, _run._options.MaximumLength - DeliveryChecker.MinimumLength));
                if (Association.CanSend(length, options) != SendStatus.Ok)
                {
                    return;
                }

                Association.Send(now, _checker.Make(length, options), options);
                _toSend--;
            }
        }
    }
}
