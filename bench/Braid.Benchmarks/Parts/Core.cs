using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Benchmarks;

/// <summary>
/// One flow through both endpoints in memory, on one thread: what the protocol costs without any system call. Time is virtual:
/// a batch takes 50 µs to the other side.
/// </summary>
/// <param name="sizes">Message sizes in bytes.</param>
/// <param name="mtu">Largest IP packet, in bytes.</param>
/// <param name="seconds">How long each run sends.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Core(IReadOnlyList<int> sizes, int mtu, double seconds, int rounds) : IPart
{
    private const double WarmUp = 0.3;                       // seconds: until the code is compiled and the window open

    public string Name => "core";

    public string Title => "The protocol alone";

    public string How =>
        $"One flow through both endpoints in memory, on one thread, without system calls; path MTU {Amount.Count(mtu)}, {seconds:0.##} s a run, medians of {rounds}. Allocations are those of "
        + "both ends.";

    public IReadOnlyList<View> Views { get; } = [new View("Both ends on one core", ["goodput", "time of a packet", "time of a message", "allocated for a message"], [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (int size in sizes)
        {
            string name = Amount.Bytes(size);
            log.Say($"{Name}: {name}");
            foreach ((string subject, IReadOnlyList<Flow.Costs> runs) in
                await Turns.TakeAsync(["braid"], rounds, _ => Task.FromResult(new Flow(mtu).Run(size, WarmUp, seconds)), log, cancellationToken))
            {
                yield return new Result(name, subject, "goodput", "Gbit/s", [.. runs.Select(run => run.GigabitsPerSecond)]);
                yield return new Result(name, subject, "time of a packet", "ns", [.. runs.Select(run => run.Packet)]);
                yield return new Result(name, subject, "time of a message", "ns", [.. runs.Select(run => run.Message)]);
                yield return new Result(name, subject, "allocated for a message", "B", [.. runs.Select(run => run.Allocated)]);
            }
        }
    }
}

/// <summary>A flow between two endpoints in memory.</summary>
file sealed class Flow
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

    public Flow(int mtu)
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

    /// <summary>Nanoseconds for a packet and for a message, bytes allocated for a message, and what that makes.</summary>
    public readonly record struct Costs(double GigabitsPerSecond, double Packet, double Message, double Allocated);

    /// <summary>Sends for so long, and then once more.</summary>
    public Costs Run(int size, double warmUp, double seconds)
    {
        Send(size, Deadline.AfterWork(warmUp));
        (_received, _packets) = (0, 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        double elapsed = Send(size, Deadline.In(seconds));
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double messages = (double)_received / size;
        return new Costs(_received * 8 / elapsed / 1e9, elapsed * 1e9 / _packets, elapsed * 1e9 / messages, allocated / messages);
    }

    private double Send(int size, Deadline end)
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
        while (!end.IsOver);
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
