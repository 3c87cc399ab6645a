using System.CommandLine;
using BenchmarkDotNet.Running;

namespace Braid.Benchmarks;

/// <summary>Measurements: <c>loopback</c> between two processes, <c>udp</c> alone, <c>core</c> and <c>micro</c> in memory, <c>many</c> associations.</summary>
public static class Program
{
    /// <summary>Runs one of them.</summary>
    public static int Main(string[] args)
    {
        var seconds = new Option<double>("--seconds") { Description = "How long each run sends.", DefaultValueFactory = _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "Runs of each; the median counts.", DefaultValueFactory = _ => 3 };
        var sizes = new Option<int[]>("--size")
        {
            Description = "Message sizes in bytes.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [64, 1024, 16 * 1024, 64 * 1024, 256 * 1024],
        };
        var transports = new Option<string[]>("--transports")
        {
            Description = "Which of braid, portable (Braid with a call for each packet), usrsctp and tcp; the first one is compared with the others.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["braid", "usrsctp", "tcp"],
        };
        var loopback = new Command("loopback", "Goodput between two processes over UDP on loopback, beside libusrsctp and kernel TCP.") { seconds, rounds, sizes, transports };
        loopback.SetAction((result, cancellationToken) =>
            Loopback.RunAsync(result.GetValue(transports)!, result.GetValue(sizes)!, result.GetValue(seconds), result.GetValue(rounds), cancellationToken));

        var transport = new Argument<string>("TRANSPORT");
        var receive = new Command("receive", "The other process of 'loopback'.") { transport };
        receive.Hidden = true;
        receive.SetAction((result, cancellationToken) => Receiver.RunAsync(result.GetValue(transport)!, cancellationToken));

        var mtu = new Option<int>("--mtu") { Description = "Largest IP packet.", DefaultValueFactory = _ => 1400 };
        var core = new Command("core", "One flow through both endpoints in memory: the protocol without system calls.") { seconds, sizes, mtu };
        core.SetAction(result => Core.Run(result.GetValue(sizes)!, result.GetValue(mtu), result.GetValue(seconds)));

        var filter = new Option<string>("--filter") { DefaultValueFactory = _ => "*" };
        var micro = new Command("micro", "CRC32c, chunks and a whole association in memory (BenchmarkDotNet).") { filter };
        micro.SetAction(result => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(["--filter", result.GetValue(filter)!]));

        var associations = new Option<int>("--associations") { Description = "How many at the same time.", DefaultValueFactory = _ => 10_000 };
        var sequence = new Option<int>("--rounds") { Description = "How many one after the other.", DefaultValueFactory = _ => 100_000 };
        var many = new Command("many", "Many associations over one UDP socket: at the same time, and one after the other.") { associations, sequence };
        many.SetAction(async (result, _) =>
        {
            await Many.AtOnceAsync(result.GetValue(associations));
            await Many.InSequenceAsync(result.GetValue(sequence));
        });

        var size = new Option<int>("--size") { Description = "Bytes in a packet.", DefaultValueFactory = _ => 1372 };
        var packets = new Option<int>("--packets") { Description = "Packets in a batch.", DefaultValueFactory = _ => 32 };
        var udp = new Command("udp", "What a packet costs to send and to receive, by the calls that move it.") { size, packets, seconds, rounds };
        udp.SetAction(result =>
            UdpCalls.Run(result.GetValue(size), result.GetValue(packets), result.GetValue(seconds), result.GetValue(rounds)));
        return new RootCommand("Braid's benchmarks.") { loopback, receive, udp, core, micro, many }.Parse(args).Invoke();
    }
}
