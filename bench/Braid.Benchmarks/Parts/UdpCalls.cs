using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>
/// What a packet costs in UDP alone: one thread sends a batch over loopback and then takes it, so that its time is what
/// both cost. The ways take turns.
/// </summary>
/// <param name="packetSizes">Bytes in a packet, and packets in a batch of such.</param>
/// <param name="seconds">How long each run goes on.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class UdpCalls(IReadOnlyList<(int Size, int Packets)> packetSizes, double seconds, int rounds) : IPart
{
    private const string Sending = "send";
    private const string Receiving = "receive";

    private static readonly string[] s_ways = ["plain", "mmsg", "gso"];

    public string Name => "udp";

    public string Title => "A packet in UDP";

    public string How =>
        $"One thread sends a batch over loopback and then takes it, so that its time is what both cost: {seconds:0.##} s a run, medians of {rounds}, the ways taking turns. "
        + "plain is a call for each packet, mmsg is sendmmsg and recvmmsg, gso is UDP_SEGMENT and UDP_GRO.";

    public IReadOnlyList<View> Views { get; } =
        [new View("What a packet costs", [Sending, Receiving], [new Ratio(s_ways[2], s_ways[0])])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((int size, int packets) in packetSizes)
        {
            string name = $"{packets} packets of {Amount.Count(size)} bytes";
            log.Say($"{Name}: {name}");
            foreach ((string way, IReadOnlyList<(double Send, double Receive)> runs) in
                await Turns.TakeAsync(s_ways, rounds, way => Task.FromResult(Measure(way, size, packets, seconds)), log, cancellationToken))
            {
                yield return new Result(name, way, Sending, "µs", [.. runs.Select(run => run.Send)]);
                yield return new Result(name, way, Receiving, "µs", [.. runs.Select(run => run.Receive)]);
            }
        }
    }

    private static (double Send, double Receive) Measure(string way, int size, int packets, double seconds)
    {
        AppContext.SetSwitch(UdpTransport.PortableSwitch, way == s_ways[0]);
        using UdpTransport sender = UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpTransport receiver = UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0));
        if (sender is LinuxUdpTransport linux)
        {
            linux.Segments = way == s_ways[2];
        }

        var path = new NetworkPath(NetworkAddress.None, receiver.LocalEndPoints[0].ToNetworkAddress());
        DatagramBatch batch = DatagramBatch.Rent();
        for (int i = 0; i < packets; i++)
        {
            batch.Commit(size, path);
        }

        long sending = 0;
        long receiving = 0;
        long received = 0;
        long sent = 0;
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            long start = Stopwatch.GetTimestamp();
            sender.Send(batch);
            long middle = Stopwatch.GetTimestamp();
            while (receiver.TryReceive() is { } arrived)
            {
                for (int i = 0; i < arrived.Count; i++)
                {
                    received += arrived[i].Count;
                }

                DatagramBatch.Return(arrived);
            }

            sending += middle - start;
            receiving += Stopwatch.GetTimestamp() - middle;
            sent += packets;
        }

        DatagramBatch.Return(batch);
        return (Microseconds(sending) / sent, Microseconds(receiving) / received);
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
