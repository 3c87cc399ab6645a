using System;
using System.Diagnostics;
using System.Globalization;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Benchmarks;

/// <summary>
/// One flow through both endpoints in memory, on one thread: what the protocol costs without any system call. Time is virtual:
/// a batch takes 50 µs to the other side.
/// </summary>
internal sealed class Core
{
    private const int BatchCount = 64;

    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);
    private static readonly TimeSpan s_trip = TimeSpan.FromMicroseconds(50);

    private readonly byte[] _batch = new byte[BatchCount * 2048];
    private readonly int[] _lengths = new int[BatchCount];
    private readonly Endpoint _sender;
    private readonly Endpoint _receiver;
    private readonly Association _association;
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private long _received;
    private long _packets;

    private Core(int mtu)
    {
        var options = new AssociationOptions
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

    /// <summary>Sends for so long, and prints a line for each size.</summary>
    public static void Run(int[] sizes, int mtu, double seconds)
    {
        Console.WriteLine("| message | MTU | Gbit/s, both ends on one core | ns a packet | ns a message | bytes allocated a message |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (int size in sizes)
        {
            var core = new Core(mtu);
            core.Send(size, 0.3);                            // until the code is compiled and the window open
            (core._received, core._packets) = (0, 0);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            double elapsed = core.Send(size, seconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {size} B | {mtu} | {core._received * 8 / elapsed / 1e9:0.00} | {elapsed * 1e9 / core._packets:0} | {elapsed * 1e9 * size / core._received:0} | {(double)allocated * size / core._received:0.0} |"));
        }
    }

    private double Send(int size, double seconds)
    {
        var message = new byte[size];
        long start = Stopwatch.GetTimestamp();
        do
        {
            while (_association.Send(_now, message, default) == SendStatus.Ok)
            {
            }

            Exchange();
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private bool Exchange()
    {
        bool any = Carry(_sender, _receiver, s_a);
        _now += s_trip;
        any |= Carry(_receiver, _sender, s_z);
        _now += s_trip;
        _sender.HandleTimeout(_now);
        _receiver.HandleTimeout(_now);
        return any;
    }

    private bool Carry(Endpoint from, Endpoint to, NetworkAddress source)
    {
        int count;
        bool any = false;
        do
        {
            int used = 0;
            NetworkPath path = default;
            for (count = 0; count < BatchCount && from.TryGetDatagram(_now, _batch.AsSpan(used), out OutgoingDatagram datagram); count++)
            {
                _lengths[count] = datagram.Length;
                used += datagram.Length;
                path = datagram.Path;
            }

            used = 0;
            for (int i = 0; i < count; i++)
            {
                to.HandleDatagram(_now, new NetworkPath(path.Remote, source), _batch.AsSpan(used, _lengths[i]));
                used += _lengths[i];
            }

            _packets += count;
            any |= count > 0;
            while (to.TryTakeActive(out Association? association))
            {
                while (association.TryReceive(out ReceivedMessage? message))
                {
                    _received += message.Length;
                    message.Dispose();
                }
            }
        }
        while (count == BatchCount);
        return any;
    }
}
