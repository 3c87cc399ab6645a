using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>Whether a listener with several sockets uses several cores: packets that cost it much, and whoever sends them next to nothing.</summary>
/// <param name="sockets">How many sockets.</param>
/// <param name="seconds">How long each run goes on.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Cores(IReadOnlyList<int> sockets, double seconds, int rounds) : IPart
{
    private const double WarmUp = 1;                         // seconds
    private const string Handled = "packets handled";
    private const string Used = "cores used";

    public string Name => "cores";

    public string Title => "Several sockets, several cores";

    public string How =>
        $"One process: a listener with so many UDP sockets at one port (SctpListenerOptions.Sockets), and a thread that sends it COOKIE ECHO chunks that somebody else has signed, from {Flood.Peers} "
        + $"UDP ports, {Flood.BatchOf} to a call (UDP_SEGMENT), no more than are handled: checksum, HMAC over the cookie, drop. {seconds:0.##} s a run, medians of {rounds}, taking turns. On two "
        + "cores the sender needs a part of the second one, so that two sockets cannot be twice as fast.";

    public IReadOnlyList<View> Views { get; } =
        [new View("Packets handled a second, and the cores of all threads", [Handled, Used], [new Ratio(NameOf(2), NameOf(1))])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            log.LeaveOut("cores: Linux alone spreads datagrams over sockets");
            yield break;
        }

        log.Say(Name);
        foreach ((int count, IReadOnlyList<(double Packets, double Cores)> runs) in
            await Turns.TakeAsync(sockets, rounds, count => MeasureAsync(count, cancellationToken), log, cancellationToken))
        {
            yield return new Result("forged cookies", NameOf(count), Handled, "million/s", [.. runs.Select(run => run.Packets / 1e6)]);
            yield return new Result("forged cookies", NameOf(count), Used, "cores", [.. runs.Select(run => run.Cores)]);
        }
    }

    private static string NameOf(int count) => count == 1 ? "1 socket" : $"{count} sockets";

    private async Task<(double Packets, double Cores)> MeasureAsync(int count, CancellationToken cancellationToken)
    {
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Flood.Port, Sockets = count }, cancellationToken);
        using var flood = new Flood(listener);
        await Task.Factory.StartNew(() => flood.Run(WarmUp), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        double cpu = Measured.CpuNow;
        long start = Stopwatch.GetTimestamp();
        long packets = await Task.Factory.StartNew(() => flood.Run(seconds), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (packets / elapsed, (Measured.CpuNow - cpu) / elapsed);
    }
}

/// <summary>Sends the same packet over and over, from many ports.</summary>
file sealed class Flood : IDisposable
{
    public const ushort Port = 5001;
    public const int Peers = 64;
    public const int BatchOf = 32;

    private const SocketOptionLevel Udp = (SocketOptionLevel)17;
    private const int Segment = 103;                         // UDP_SEGMENT of Linux
    private const int MostWaiting = 16 * BatchOf;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(20);

    private readonly SctpListener _listener;
    private readonly Socket[] _sockets = new Socket[Peers];
    private readonly byte[] _batch;
    private int _next;

    public Flood(SctpListener listener)
    {
        _listener = listener;
        byte[] packet = ForgedCookie();
        _batch = [.. Enumerable.Repeat(packet, BatchOf).SelectMany(bytes => bytes)];
        for (int i = 0; i < Peers; i++)
        {
            _sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            _sockets[i].Connect(listener.LocalEndPoints[0]);
            _sockets[i].SetRawSocketOption((int)Udp, Segment, BitConverter.GetBytes(packet.Length));
        }
    }

    private long Handled => _listener.Loops.Sum(loop => loop.Endpoint.Drops[DropReason.BadCookie]);

    /// <summary>Sends for so long.</summary>
    /// <returns>Packets that were handled.</returns>
    public long Run(double seconds)
    {
        long first = Handled;
        long sent = 0;
        long lastHandled = first;
        long lastProgress = Stopwatch.GetTimestamp();
        var end = Deadline.In(seconds);
        while (!end.IsOver)
        {
            long handled = Handled;
            if (handled != lastHandled)
            {
                (lastHandled, lastProgress) = (handled, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(lastProgress) > s_patience)
            {
                (sent, lastProgress) = (handled - first, Stopwatch.GetTimestamp());      // some had no room
            }

            if (sent - (handled - first) > MostWaiting)
            {
                Thread.Yield();
                continue;
            }

            _sockets[_next++ % Peers].Send(_batch);
            sent += BatchOf;
        }

        return Handled - first;
    }

    public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());

    // What a client answers the INIT ACK of another server with.
    private static byte[] ForgedCookie()
    {
        var now = new Instant(TimeSpan.TicksPerSecond);
        NetworkAddress here = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
        NetworkAddress there = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);
        var client = new Endpoint(new EndpointOptions { LocalPort = 1 }, new SeededRandom(1));
        var server = new Endpoint(new EndpointOptions { LocalPort = Port, AcceptsAssociations = true }, new SeededRandom(2));
        client.Connect(now, Port, new NetworkPath(here, there));
        server.HandleDatagram(now, new NetworkPath(there, here), Next(client, now));
        client.HandleDatagram(now, new NetworkPath(here, there), Next(server, now));
        return Next(client, now);
    }

    private static byte[] Next(Endpoint endpoint, Instant now)
    {
        var packet = new byte[2048];
        return endpoint.TryGetDatagram(now, packet, out OutgoingDatagram datagram)
            ? packet[..datagram.Length]
            : throw new RunFailedException("the handshake did not go on");
    }
}
