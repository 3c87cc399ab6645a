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
    private Association? _association;
    private Instant _begun;
    private long _sentBytes;
    private int _packetsAtOnce;
    private Instant _lastPacket = Instant.Never;

    internal BulkFlow(World world, int number, SimulatedLink there, SimulatedLink back, AssociationOptions options, bool carriesEcn)
    {
        NetworkAddress from = NetworkAddress.FromIPv4([10, 0, 0, (byte)number], 9899);
        NetworkAddress to = NetworkAddress.FromIPv4([10, 0, 1, (byte)number], 9899);
        var endpoint = new EndpointOptions { LocalPort = Port, Association = options, CarriesEcn = carriesEcn };
        _sender = new Endpoint(endpoint, world.NewRandom());
        _receiver = new Endpoint(endpoint with { AcceptsAssociations = true }, world.NewRandom());
        Node = world.Add($"A{number}", from, _sender, LinkModel.Perfect);
        SimulatedNode sink = world.Add($"Z{number}", to, _receiver, LinkModel.Perfect);
        World.Connect(Node, to, there);
        World.Connect(sink, from, back);
        Node.Application = Send;
        sink.Application = _ => Read();
        Path = new NetworkPath(from, to);

        // One message is one packet.
        _message = new byte[options.PathMtu - 20 - 8 - 12 - ((options.Extensions & Extensions.Interleaving) != 0 ? 20 : 16)];
    }

    internal SimulatedNode Node { get; }

    /// <summary>Whether <see cref="Samples"/> are taken: a long run has millions.</summary>
    internal bool TakesSamples { get; init; } = true;

    internal NetworkPath Path { get; }

    /// <summary>How much it sends, in bytes of user data; it may be a packet more.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>When it began to send; <see cref="Instant.Zero"/> before.</summary>
    public Instant FirstSent { get; private set; }

    /// <summary>User data that was delivered, in bytes.</summary>
    public long DeliveredBytes { get; private set; }

    /// <summary>Bytes of user data in a full packet.</summary>
    public int PayloadPerPacket => _message.Length;

    /// <summary>The most packets with data that left at one instant.</summary>
    public int LargestBurst { get; private set; }

    /// <summary>Its counters.</summary>
    public AssociationStatistics Statistics => _association!.GetStatistics();

    /// <summary>How it stood whenever anything changed.</summary>
    public List<FlowSample> Samples { get; } = [];

    internal void Start(Instant now)
    {
        _begun = now;
        _association = _sender.Connect(now, Port, Path);
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

    private void Read()
    {
        while (_receiver.TryAccept(out _))
        {
        }

        while (_receiver.TryTakeActive(out Association? association))
        {
            while (association.TryReceive(out ReceivedMessage? message))
            {
                DeliveredBytes += message.Length;
                message.Dispose();
            }
        }
    }
}
