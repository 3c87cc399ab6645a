using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc;

namespace Braid.Benchmarks;

/// <summary>WebRTC peers on one UDP port that connect, say one thing and stay: how many a second, and what memory one of them holds.</summary>
/// <param name="counts">How many at the same time.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class IdlePeers(IReadOnlyList<int> counts, int rounds) : IPart
{
    private const string Connect = "connected";
    private const string Heap = "heap of an end";
    private const string Resident = "memory of an end";
    private const int AtOnce = 32;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);      // checks of spare pairs, and delayed SACKs, are over by then
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public string Name => "peers";

    public string Title => "WebRTC peers on one UDP port";

    public string How =>
        $"Both ends in one process, over loopback: the answering ends share one UDP port and a certificate, the offering ones have sockets of their own. ICE, DTLS, SCTP, one channel, a "
        + $"message each; {AtOnce} connect at a time. Heap is what an idle end holds of .NET's, packet buffers not included, which all share; memory is how much more of the process is "
        + $"resident, and has OpenSSL's part and the buffers in it. Medians of {rounds}.";

    public IReadOnlyList<View> Views { get; } = [new View("How many a second", [Connect], []), new View("Memory of an idle end", [Heap, Resident], [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (int count in counts)
        {
            log.Say($"{Name}: {Amount.Count(count)}");
            foreach ((_, IReadOnlyList<Life> runs) in await Turns.TakeAsync(["braid"], rounds, _ => LiveAsync(count, cancellationToken), log, cancellationToken))
            {
                string name = Amount.Count(count);
                yield return new Result(name, "braid", Connect, "1/s", [.. runs.Select(run => run.Connected)]);
                yield return new Result(name, "braid", Heap, "B", [.. runs.Select(run => run.Heap)]);
                yield return new Result(name, "braid", Resident, "B", [.. runs.Select(run => run.Resident)]);
            }
        }
    }

    private static async Task<Life> LiveAsync(int count, CancellationToken cancellationToken)
    {
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(s_patience);
        await using RTCUdpMux mux = RTCUdpMux.Open(new IPEndPoint(IPAddress.Loopback, 0));
        var certificate = RTCCertificate.Generate();
        RTCConfiguration server = new() { UdpMux = mux, Certificate = certificate };
        RTCConfiguration client = new() { IncludeLoopback = true, Certificate = certificate };
        var all = new ConcurrentBag<RTCPeerConnection>();
        try
        {
            await ConnectAsync(AtOnce);                      // what is made once for all is not counted
            (long heap, long resident) = Memory();
            long start = Stopwatch.GetTimestamp();
            await ConnectAsync(count);
            double connected = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
            await Task.Delay(s_quiet, guard.Token);
            (long heapAfter, long residentAfter) = Memory();
            GC.KeepAlive(all);
            return new Life(connected, (heapAfter - heap) / (2.0 * count), (residentAfter - resident) / (2.0 * count));
        }
        catch (Exception exception) when (exception is OperationCanceledException or RTCException && !cancellationToken.IsCancellationRequested)
        {
            throw new RunFailedException($"{Amount.Count(count)} peers: {exception.Message}");
        }
        finally
        {
            await Parallel.ForEachAsync(all, CancellationToken.None, static (connection, _) => connection.DisposeAsync());
        }

        Task ConnectAsync(int number) => Parallel.ForEachAsync(
            Enumerable.Range(0, number),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = guard.Token },
            async (_, token) =>
            {
                var offering = new RTCPeerConnection(client);
                all.Add(offering);
                var answering = new RTCPeerConnection(server);
                all.Add(answering);
                RTCDataChannel channel = offering.CreateDataChannel("idle");
                await offering.SetLocalDescriptionAsync(null, token);
                await answering.SetRemoteDescriptionAsync(await offering.GatherAsync(token), token);
                await answering.SetLocalDescriptionAsync(null, token);
                await offering.SetRemoteDescriptionAsync(await answering.GatherAsync(token), token);
                await channel.SendAsync("hello", token);
                RTCDataChannel accepted = await answering.AcceptDataChannelAsync(token);
                using RTCMessage message = await accepted.ReceiveAsync(token);
            });
    }

    private static (long Heap, long Resident) Memory()
    {
        long heap = Many.Heap();
        using Process self = Process.GetCurrentProcess();
        return (heap, self.WorkingSet64);
    }

    private readonly record struct Life(double Connected, double Heap, double Resident);
}
