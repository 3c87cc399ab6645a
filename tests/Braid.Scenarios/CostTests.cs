using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Braid.Benchmarks;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Path = System.IO.Path;

namespace Braid.Scenarios;

/// <summary>
/// What a message costs, by what can be counted (<c>docs/costs.md</c>) and by ratios: seconds would be those of a machine, and of what else
/// it does. Runs beside no other test, for the ratios.
/// </summary>
[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
[Collection(nameof(CostTests))]
public sealed class CostTests
{
    private const int Mtu = 1400;
    private const double Tolerance = 0.03;
    private const string UpdateVariable = "BRAID_UPDATE_DOCS";

#if DEBUG
    private const double Leniency = 10;                      // a debug build checks more than it counts
#else
    private const double Leniency = 1;
#endif

    private static readonly string s_file = Path.Combine(Repository.Root, "docs", "costs.md");

    // As many bytes each, and enough for a window that has found its size.
    private static readonly (string Name, int Size, AssociationOptions Options)[] s_flows =
    [
        ("64 B", 64, AssociationOptions.Default),
        ("1 KiB", 1 << 10, AssociationOptions.Default),
        ("16 KiB", 16 << 10, AssociationOptions.Default),
        ("256 KiB", 256 << 10, AssociationOptions.Default),
        ("64 B, RFC 9260", 64, AssociationOptions.Rfc9260),
        ("16 KiB, RFC 9260", 16 << 10, AssociationOptions.Rfc9260),
    ];

    [Fact]
    public void What_a_message_costs_is_what_it_did_cost()
    {
        Dictionary<string, double[]> now = s_flows.ToDictionary(flow => flow.Name, flow => Count(flow.Size, flow.Options));
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            File.WriteAllText(s_file, Write(now));
        }

        Dictionary<string, double[]> before = File.ReadLines(s_file)
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(cells => cells[0], cells => cells[1..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray());
        Assert.Equal(now.Keys.Order(), before.Keys.Order());
        foreach ((string name, double[] costs) in now)
        {
            for (int i = 0; i < costs.Length; i++)
            {
                Assert.True(
                    Math.Abs(costs[i] - before[name][i]) <= (Tolerance * before[name][i]) + 0.0006,
                    $"{name}: {Columns[i]} were {before[name][i]} and are {costs[i]:0.0000}. Where that is meant to be so, {UpdateVariable}=1 renews docs/costs.md.");
            }
        }
    }

    private static string[] Columns => ["packets", "SACKs", "bytes on the wire", "timer settings", "bytes allocated"];

    private static double[] Count(int size, AssociationOptions options)
    {
        const long Bytes = 16 << 20;
        var message = new byte[size];
        long count = Bytes / size;
        var flow = new MemoryFlow(options, Mtu, packetsPerAnswer: 2);
        flow.SendAll(message, count);                        // until pools and window are as large as they get
        flow.SendAll(message, count);
        long allocated = Allocations.Of(() =>
        {
            flow.Counts = default;
            flow.SendAll(message, count);
        });
        MemoryCounts counts = flow.Counts;
        return [(double)counts.Packets / count, (double)counts.Answers / count, (double)counts.WireBytes / count, (double)counts.Deadlines / count, (double)allocated / count];
    }

    private static string Write(Dictionary<string, double[]> costs)
    {
        var text = new StringBuilder("""
            # What a message costs

            For one message of a flow in memory: default options, or those of RFC 9260, but for buffers of 4 MiB that do not size themselves and
            a path MTU of 1,400 bytes that is not searched for; two packets before the other side may answer; 50 µs each way in virtual time; 16 MiB after 32 MiB. The same on every machine. A test compares it within 3 %; a change
            that is meant renews it:

                BRAID_UPDATE_DOCS=1 dotnet test -c Release --project tests/Braid.Scenarios

            Packets and bytes on the wire are what system calls and checksums have to do; timer settings are how often the
            sender's next time-out was another one after two packets, or after their acknowledgement.

            Beside these counts the test compares, within one process, the time of a message with that of a checksum by one stream of CRC
            instructions over 1,372 bytes, about 3 cycles for 8 of them on any processor. Instructions are not counted: the machines that run
            the tests have no hardware counters; under valgrind's callgrind .NET 10 does run, and the counts of one program repeat to one in
            100,000, but the compiler there was seen to inline nothing, so that it counts ten times the instructions of another program, 20 s and more
            for 20,000 messages; and the packages that compile ahead of time are not on every mirror.


            """.ReplaceLineEndings("\n"));
        text.Append(CultureInfo.InvariantCulture, $"| Message | {string.Join(" | ", Columns)} |\n|---|{string.Concat(Columns.Select(_ => "---|"))}\n");
        foreach ((string name, _, _) in s_flows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", costs[name].Select(cost => cost.ToString("0.0000", CultureInfo.InvariantCulture)))} |\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// The least of many short repeats: some of them are not disturbed, however busy the machine is. It ends as soon as they are fast
    /// enough; the bounds are four times what was measured, for other processors and for neighbours on the same core: the counts are what finds
    /// small losses.
    /// </summary>
    [Theory]
    [InlineData(64, 6.0)]
    [InlineData(1024, 11)]
    [InlineData(16384, 130)]
    public void A_message_takes_no_more_than_so_many_checksums(int size, double bound)
    {
        bound *= Leniency;
        var message = new byte[size];
        long count = Math.Max(1, (256 << 10) / size);
        var packet = new byte[Mtu - 28];
        var flow = new MemoryFlow(AssociationOptions.Default, Mtu);
        double ofFlow = double.MaxValue;
        double ofChecksum = double.MaxValue;
        uint state = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < 50; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                flow.SendAll(message, count);
                ofFlow = Math.Min(ofFlow, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / count);
                begin = Stopwatch.GetTimestamp();
                for (int j = 0; j < 256; j++)
                {
                    state = Crc32c.AppendSerial(state, packet);
                }

                ofChecksum = Math.Min(ofChecksum, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / 256);
            }
        }
        while (ofFlow / ofChecksum > bound && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
        TestContext.Current.SendDiagnosticMessage("{0} B: {1:0} ns, {2:0.00} checksums of {3:0} ns", size, ofFlow, ofFlow / ofChecksum, ofChecksum);
        Assert.True(ofFlow / ofChecksum <= bound, $"{size} B: {ofFlow:0} ns, {ofFlow / ofChecksum:0.00} checksums of {ofChecksum:0} ns; no more than {bound}");
        Assert.NotEqual(1u, state);                          // it is used
    }
}
