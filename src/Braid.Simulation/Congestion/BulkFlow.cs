using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>How a flow stood at an instant.</summary>
/// <param name="Time">From the beginning.</param>
/// <param name="CongestionWindow">cwnd, in bytes.</param>
/// <param name="SlowStartThreshold">ssthresh, in bytes.</param>
/// <param name="InFlight">Bytes in flight.</param>
public readonly record struct FlowSample(TimeSpan Time, long CongestionWindow, long SlowStartThreshold, long InFlight);

/// <summary>One association that always has something to send to a receiver that always reads.</summary>
public sealed class BulkFlow
{
    private const ushort Port = 5001;

    private readonly Endpoint _sender;
    private readonly Endpoint _receiver;
    private readonly byte[] _message;
    private readonly NetworkPath[] _paths;
    private Association? _association;
    private Instant _begun;
    private long _sentBytes;
    private int _packetsAtOnce;
    private Instant _lastPacket = Instant.Never;

    internal BulkFlow(World world, int number, SimulatedLink there, SimulatedLink back, AssociationOptions options, bool carriesEcn)
        : this(world, number, [(there, back)], options, carriesEcn)
    {
    }

    /// <summary>One between hosts with an address in each of several networks.</summary>
    internal BulkFlow(World world, int number, IReadOnlyList<(SimulatedLink There, SimulatedLink Back)> networks, AssociationOptions options, bool carriesEcn)
    {
        NetworkAddress[] from = Hosts(0, number, networks.Count);
        NetworkAddress[] to = Hosts(1, number, networks.Count);
        bool hasOne = networks.Count == 1;
        var endpoint = new EndpointOptions { LocalPort = Port, Association = options, CarriesEcn = carriesEcn };
        _sender = new Endpoint(endpoint with { LocalAddresses = hasOne ? [] : from }, world.NewRandom());
        _receiver = new Endpoint(endpoint with { LocalAddresses = hasOne ? [] : to, AcceptsAssociations = true }, world.NewRandom());
        Node = world.Add($"A{number}", from, _sender, LinkModel.Perfect);
        SimulatedNode sink = world.Add($"Z{number}", to, _receiver, LinkModel.Perfect);
        _paths = new NetworkPath[networks.Count];
        for (int i = 0; i < networks.Count; i++)
        {
            World.Connect(Node, to[i], networks[i].There);
            World.Connect(sink, from[i], networks[i].Back);
            _paths[i] = new NetworkPath(hasOne ? from[i] : NetworkAddress.None, to[i]);
        }

        Node.Application = Send;
        sink.Application = Read;

        // One message is one packet.
        _message = new byte[options.PathMtu - 20 - 8 - 12 - ((options.Extensions & Extensions.Interleaving) != 0 ? 20 : 16)];
    }

    internal SimulatedNode Node { get; }

    /// <summary>Whether <see cref="Samples"/> are taken: a long run has millions.</summary>
    internal bool TakesSamples { get; init; } = true;

    /// <summary>How much it sends, in bytes of user data; it may be a packet more.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>When it began to send; <see cref="Instant.Zero"/> before.</summary>
    public Instant FirstSent { get; private set; }

    /// <summary>User data that was delivered, in bytes.</summary>
    public long DeliveredBytes { get; private set; }

    /// <summary>Bytes of user data in a full packet.</summary>
    public int PayloadPerPacket => _message.Length;

    /// <summary>The longest time without a delivery, since <see cref="LastDelivery"/> was last cleared.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>When something was last delivered; <see cref="Instant.Never"/> to begin a measurement of <see cref="LongestGap"/>.</summary>
    public Instant LastDelivery { get; internal set; } = Instant.Never;

    /// <summary>The most packets with data that left at one instant.</summary>
    public int LargestBurst { get; private set; }

    /// <summary>Its counters.</summary>
    public AssociationStatistics Statistics => _association!.GetStatistics();

    /// <summary>How its paths stand.</summary>
    public IReadOnlyList<PathStatistics> Paths() => _association!.GetPaths();

    /// <summary>SACKs that have come back.</summary>
    public long Sacks => _association!.GetCounters().SacksReceived;

    /// <summary>Chunks that arrived for nothing.</summary>
    public long Duplicates { get; private set; }

    /// <summary>How it stood whenever anything changed.</summary>
    public List<FlowSample> Samples { get; } = [];

    internal void Start(Instant now)
    {
        _begun = now;
        _association = _sender.Connect(now, Port, _paths);
    }

    internal void OnSent(Instant now, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < PayloadPerPacket)
        {
            return;                                          // a control packet
        }

        _packetsAtOnce = now == _lastPacket ? _packetsAtOnce + 1 : 1;
        _lastPacket = now;
        LargestBurst = Math.Max(LargestBurst, _packetsAtOnce);
    }

    private void Send(Instant now)
    {
        while (_sender.TryTakeActive(out _))
        {
        }

        while (_sentBytes < Limit && _association?.State == AssociationState.Established && _association.Send(now, _message, default) == SendStatus.Ok)
        {
            _sentBytes += _message.Length;
            FirstSent = FirstSent == Instant.Zero ? now : FirstSent;
        }

        if (TakesSamples && _association is not null && _association.State == AssociationState.Established)
        {
            PathStatistics path = _association.GetPaths()[0];
            var sample = new FlowSample(now - _begun, path.CongestionWindow, path.SlowStartThreshold, path.InFlight);
            if (Samples.Count == 0 || (Samples[^1] with { Time = sample.Time }) != sample)
            {
                Samples.Add(sample);
            }
        }
    }

    private static NetworkAddress[] Hosts(byte end, int number, int networks)
    {
        var hosts = new NetworkAddress[networks];
        for (int i = 0; i < networks; i++)
        {
            hosts[i] = NetworkAddress.FromIPv4([10, (byte)i, end, (byte)number], 9899);
        }

        return hosts;
    }

    private void Read(Instant now)
    {
        while (_receiver.TryAccept(out _))
        {
        }

        while (_receiver.TryTakeActive(out Association? association))
        {
            Duplicates = association.GetCounters().DuplicatesReceived;
            while (association.TryReceive(out ReceivedMessage? message))
            {
                DeliveredBytes += message.Length;
                LongestGap = LastDelivery.IsNever ? TimeSpan.Zero : now - LastDelivery > LongestGap ? now - LastDelivery : LongestGap;
                LastDelivery = now;
                message.Dispose();
            }
        }
    }
}
