using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Dtls;

namespace Braid.Benchmarks;

/// <summary>What a record of DTLS costs, without a socket: a batch is sealed, then opened, by one thread.</summary>
/// <param name="sizes">Bytes in a record.</param>
/// <param name="seconds">How long each run goes on.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class DtlsRecords(IReadOnlyList<int> sizes, double seconds, int rounds) : IPart
{
    private const string Sealing = "seal";
    private const string Opening = "open";
    private const int Batch = 32;
    private const double WarmUp = 0.3;                       // seconds, for the compiler

    public string Name => "dtls";

    public string Title => "A record of DTLS";

    public string How =>
        $"One thread seals {Batch} records into one buffer and then opens them, {seconds:0.##} s a run, medians of {rounds}, with AES-128-GCM by {DtlsLibrary.Version}.";

    public IReadOnlyList<View> Views { get; } = [new View("What a record costs", [Sealing, Opening], [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach (int size in sizes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string name = $"{Amount.Count(size)} bytes";
            log.Say($"{Name}: {name}");
            Measure(size, WarmUp);
            (double Seal, double Open)[] runs = [.. Enumerable.Range(0, rounds).Select(_ => Measure(size, seconds))];
            yield return new Result(name, "braid", Sealing, "ns", [.. runs.Select(run => run.Seal)]);
            yield return new Result(name, "braid", Opening, "ns", [.. runs.Select(run => run.Open)]);
        }
    }

    private static (double Seal, double Open) Measure(int size, double seconds)
    {
        using DtlsSession client = Make(DtlsRole.Client);
        using DtlsSession server = Make(DtlsRole.Server);
        client.Start(Instant.Zero);
        server.Start(Instant.Zero);
        while (Move(client, server) | Move(server, client))
        {
        }

        var content = new byte[size];
        int length = size + client.Overhead;
        var records = new byte[Batch * length];
        long sealing = 0;
        long opening = 0;
        long count = 0;
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Batch; i++)
            {
                client.TrySeal(content, records.AsSpan(i * length), out _);
            }

            long middle = Stopwatch.GetTimestamp();
            for (int i = 0; i < Batch; i++)
            {
                server.HandleDatagram(Instant.Zero, records.AsSpan(i * length, length));
                while (server.TryReceive(out _))
                {
                    count++;
                }
            }

            sealing += middle - start;
            opening += Stopwatch.GetTimestamp() - middle;
        }

        double nanoseconds = 1e9 / Stopwatch.Frequency / count;
        return (sealing * nanoseconds, opening * nanoseconds);
    }

    private static DtlsSession Make(DtlsRole role) =>
        new(new DtlsSessionOptions { Certificate = DtlsCertificate.Create(), Role = role, PeerValidation = static _ => true });

    private static bool Move(DtlsSession from, DtlsSession to)
    {
        var datagram = new byte[4096];
        bool any = false;
        while (from.TryGetDatagram(datagram, out int length))
        {
            to.HandleDatagram(Instant.Zero, datagram.AsSpan(0, length));
            any = true;
        }

        return any;
    }
}
