using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Braid.Core;

namespace Braid.Fuzz;

/// <summary>Runs targets for as long as one likes; a finding is made smaller, saved, and ends the run with 1.</summary>
public static class Program
{
    /// <summary>All targets.</summary>
    public static IReadOnlyList<IFuzzTarget> Targets { get; } = [new PacketTarget(), new CookieTarget(), new PeersTarget(), new IceTarget(), new SdpTarget(), new DcepTarget(), new DtlsTarget()];

    /// <summary>Runs the command line.</summary>
    public static int Main(string[] args)
    {
        var target = new Argument<string>("TARGET") { Description = "packet, cookie, peers, ice, sdp, dcep or dtls." };
        var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 60 };
        var seed = new Option<ulong>("--seed") { Description = "Where it begins.", DefaultValueFactory = _ => 1UL };
        var corpus = new Option<DirectoryInfo>("--corpus") { Description = "Inputs to begin from; findings go there.", DefaultValueFactory = _ => new DirectoryInfo("fuzz/corpus") };
        var root = new RootCommand("Feeds Braid with input that nobody would send.") { target, seconds, seed, corpus };
        root.SetAction(result => Fuzz(
            Targets.FirstOrDefault(candidate => candidate.Name == result.GetValue(target)) ?? throw new ArgumentException("There is no such target."),
            TimeSpan.FromSeconds(result.GetValue(seconds)),
            result.GetValue(seed),
            result.GetValue(corpus)!));
        return root.Parse(args).Invoke();
    }

    /// <summary>Whether an input breaks something, and what.</summary>
    public static Exception? Try(IFuzzTarget target, byte[] input)
    {
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            target.Run(input);
            return null;
        }
#pragma warning disable CA1031 // Whatever is thrown is a finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    private static int Fuzz(IFuzzTarget target, TimeSpan time, ulong seed, DirectoryInfo corpus)
    {
        string folder = Path.Combine(corpus.FullName, target.Name);
        Directory.CreateDirectory(folder);
        List<byte[]> known = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var random = new SeededRandom(seed);
        var watch = Stopwatch.StartNew();
        long runs = 0;
        long slowest = 0;
        while (watch.Elapsed < time)
        {
            byte[] input = known.Count > 0 && random.NextInt32(4) == 0 ? Mutate(known[random.NextInt32(known.Count)], random) : target.Make(random);
            long begun = Stopwatch.GetTimestamp();
            if (Try(target, input) is { } exception)
            {
                Report(target, input, exception, folder);
                return 1;
            }

            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(begun).Ticks);
            runs++;
        }

        Console.WriteLine($"{target.Name}: {runs:N0} inputs in {watch.Elapsed.TotalSeconds:0} s, no finding; the slowest took {TimeSpan.FromTicks(slowest).TotalMilliseconds:0.0} ms.");
        return 0;
    }

    private static byte[] Mutate(byte[] input, SeededRandom random)
    {
        byte[] changed = [.. input];
        for (int i = 1 + random.NextInt32(8); i > 0 && changed.Length > 0; i--)
        {
            int at = random.NextInt32(changed.Length);
            switch (random.NextInt32(4))
            {
                case 0:
                    changed[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 1:
                    changed[at] = (byte)random.NextInt32(256);
                    break;
                case 2:
                    changed = [.. changed[..at], .. changed[(at + random.NextInt32(changed.Length - at))..]];
                    break;
                default:
                    changed = [.. changed[..at], (byte)random.NextInt32(256), .. changed[at..]];
                    break;
            }
        }

        return changed;
    }

    private static void Report(IFuzzTarget target, byte[] input, Exception exception, string folder)
    {
        byte[] smallest = Shrink(target, input);
        string file = Path.Combine(folder, $"finding-{Convert.ToHexStringLower(SHA256.HashData(smallest))[..12]}.bin");
        File.WriteAllBytes(file, smallest);
        Console.Error.WriteLine($"{target.Name}: {exception}");
        Console.Error.WriteLine($"{smallest.Length} bytes of {input.Length}: {file}");
    }

    private static byte[] Shrink(IFuzzTarget target, byte[] input)
    {
        for (int length = Math.Max(1, input.Length / 2); length > 0; length /= 2)
        {
            for (int at = 0; at + length <= input.Length;)
            {
                byte[] smaller = [.. input[..at], .. input[(at + length)..]];
                if (Try(target, smaller) is null)
                {
                    at += length;
                }
                else
                {
                    input = smaller;
                }
            }
        }

        return input;
    }
}
