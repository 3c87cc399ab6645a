using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Net;
using Braid.Core;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>
/// What a packet costs in UDP alone: one thread sends a batch over loopback and then takes it, so that its time is what
/// both cost. The ways take turns.
/// </summary>
internal static class UdpCalls
{
    private static readonly string[] s_ways = ["a call each", "sendmmsg, recvmmsg", "UDP_SEGMENT, UDP_GRO"];

    public static int Run(int size, int packets, double seconds, int rounds)
    {
        Console.WriteLine($"{packets} packets of {size} bytes at a time.");
        Console.WriteLine();
        Console.WriteLine("| | send µs | receive µs | both, of a call each |");
        Console.WriteLine("|---|---|---|---|");
        var runs = s_ways.ToDictionary(way => way, _ => new List<(double Send, double Receive)>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (string way in s_ways)
            {
                runs[way].Add(Measure(way, size, packets, seconds));
            }
        }

        double first = 0;
        foreach (string way in s_ways)
        {
            (double send, double receive) = runs[way].OrderBy(run => run.Send + run.Receive).ElementAt(rounds / 2);
            first = first == 0 ? send + receive : first;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {way} | {send:0.00} | {receive:0.00} | {(send + receive) / first:0.00} |"));
        }

        return 0;
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

        var path = new NetworkPath(NetworkAddress.None, receiver.LocalEndPoint!.ToNetworkAddress());
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
