using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Benchmarks;

/// <summary>
/// One flow through both endpoints in memory, on one thread: the protocol without any system call. Time is virtual: what is sent at once
/// takes 50 µs to the other side. The same calls give the same packets; the tests count them, and the benchmarks measure how long they take.
/// </summary>
internal sealed class MemoryFlow
{
    private const int BatchCount = 64;

    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);
    private static readonly TimeSpan s_trip = TimeSpan.FromMicroseconds(50);

    private readonly byte[] _batch = new byte[BatchCount * 2048];
    private readonly int[] _lengths = new int[BatchCount];
    private readonly int _batchCount;
    private readonly bool _isLimited;
    private readonly Endpoint _sender;
    private readonly Endpoint _receiver;
    private readonly Association _association;
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private Instant _deadline;

    /// <summary>Sets an association up.</summary>
    /// <param name="options">Of both ends.</param>
    /// <param name="mtu">Largest IP packet, up to 2,048 bytes.</param>
    /// <param name="packetsPerAnswer">After how many packets the other side may answer; 0 for all that may be sent at the time.</param>
    public MemoryFlow(AssociationOptions options, int mtu, int packetsPerAnswer = 0)
    {
        _isLimited = packetsPerAnswer > 0;
        _batchCount = _isLimited ? packetsPerAnswer : BatchCount;
        options = options with
        {
            PathMtu = mtu,
            MaximumPathMtu = 0,
            SendBufferSize = 4 << 20,
            ReceiveBufferSize = 4 << 20,
        };
        _sender = new Endpoint(new EndpointOptions { LocalPort = 1, Association = options }, new SeededRandom(1));
        _receiver = new Endpoint(new EndpointOptions { LocalPort = 2, Association = options, AcceptsAssociations = true }, new SeededRandom(2));
        _association = _sender.Connect(_now, 2, new NetworkPath(s_a, s_z));
        while (Exchange())
        {
        }
    }

    /// <summary>What went over since the counts were made zero.</summary>
    public MemoryCounts Counts { get; set; }

    /// <summary>Sends until nothing more is taken, and lets some packets and their acknowledgements pass.</summary>
    /// <param name="message">Each of them.</param>
    /// <param name="most">How many messages at most.</param>
    /// <returns>How many were taken.</returns>
    public long Send(byte[] message, long most)
    {
        long count = 0;
        while (count < most && _association.Send(_now, message, default) == SendStatus.Ok)
        {
            count++;
        }

        Exchange();
        return count;
    }

    /// <summary>Sends so many messages, and waits until all have arrived.</summary>
    public void SendAll(byte[] message, long count)
    {
        long end = Counts.Received + (count * message.Length);
        for (long left = count; left > 0; left -= Send(message, left))
        {
        }

        while (Counts.Received < end)
        {
            Exchange();
        }
    }

    private bool Exchange()
    {
        long packets = Carry(_sender, _receiver, s_a);
        int deadlines = LookAtDeadline();                    // they are in flight
        _now += s_trip;
        long answers = Carry(_receiver, _sender, s_z);
        _now += s_trip;
        _sender.HandleTimeout(_now);
        _receiver.HandleTimeout(_now);
        Counts = Counts with
        {
            Packets = Counts.Packets + packets,
            Answers = Counts.Answers + answers,
            Deadlines = Counts.Deadlines + deadlines + LookAtDeadline(),
        };
        return packets + answers > 0;
    }

    private int LookAtDeadline()
    {
        Instant before = _deadline;
        _deadline = _sender.NextTimeout;
        return _deadline == before ? 0 : 1;
    }

    private long Carry(Endpoint from, Endpoint to, NetworkAddress source)
    {
        int count;
        long packets = 0;
        long bytes = 0;
        long received = 0;
        do
        {
            int used = 0;
            NetworkPath path = default;
            for (count = 0; count < _batchCount && from.TryGetDatagram(_now, _batch.AsSpan(used), out OutgoingDatagram datagram); count++)
            {
                _lengths[count] = datagram.Length;
                used += datagram.Length;
                path = datagram.Path;
            }

            bytes += used;
            used = 0;
            for (int i = 0; i < count; i++)
            {
                to.HandleDatagram(_now, new NetworkPath(path.Remote, source), _batch.AsSpan(used, _lengths[i]));
                used += _lengths[i];
            }

            packets += count;
            while (to.TryTakeActive(out Association? association))
            {
                while (association.TryReceive(out ReceivedMessage? message))
                {
                    received += message.Length;
                    message.Dispose();
                }
            }
        }
        while (count == _batchCount && !_isLimited);
        Counts = Counts with { WireBytes = Counts.WireBytes + bytes, Received = Counts.Received + received };
        return packets;
    }
}

/// <summary>What a flow cost, but for time.</summary>
internal readonly record struct MemoryCounts
{
    /// <summary>User data delivered, in bytes.</summary>
    public long Received { get; init; }

    /// <summary>Packets of the sender.</summary>
    public long Packets { get; init; }

    /// <summary>Packets of the receiver: SACKs.</summary>
    public long Answers { get; init; }

    /// <summary>SCTP packets of both, in bytes.</summary>
    public long WireBytes { get; init; }

    /// <summary>How often the sender's next time-out was another one after it had sent, or had been answered: the host sets its timer.</summary>
    public long Deadlines { get; init; }
}
