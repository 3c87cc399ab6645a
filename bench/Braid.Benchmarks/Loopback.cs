using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>
/// One flow between two processes over loopback. The transports take turns, so that what else the machine does hits
/// all of them alike; medians and their ratios are what counts.
/// </summary>
internal static class Loopback
{
    private const double WarmUp = 1;                         // seconds, for the compiler; not measured

    public static async Task<int> RunAsync(string[] transports, int[] sizes, double seconds, int rounds, CancellationToken cancellationToken)
    {
        string usrsctp = Path.Combine(AppContext.BaseDirectory, "usrsctp_peer");
        if (transports.Contains("usrsctp") && !await BuildAsync(usrsctp, cancellationToken))
        {
            return 1;
        }

        string[] others = transports[1..];
        WriteRow(["message", .. transports.Select(name => $"{name} Gbit/s"), .. others.Select(name => $"{transports[0]}/{name}"), .. transports.Select(name => $"{name} CPU s/GB")]);
        WriteRow(Enumerable.Repeat("---", 1 + (2 * transports.Length) + others.Length));
        foreach (int size in sizes)
        {
            var runs = transports.ToDictionary(name => name, _ => new List<Measured>());
            for (int round = 0; round < rounds; round++)
            {
                foreach (string name in transports)
                {
                    runs[name].Add(name == "usrsctp"
                        ? await UsrsctpAsync(usrsctp, size, seconds, cancellationToken)
                        : await OursAsync(name, size, seconds, cancellationToken));
                }
            }

            Measured[] medians = [.. transports.Select(name => Median(runs[name]))];
            WriteRow(
            [
                $"{size} B",
                .. medians.Select(run => Number(run.GigabitsPerSecond, "0.000")),
                .. medians.Skip(1).Select(run => Number(medians[0].GigabitsPerSecond / run.GigabitsPerSecond, "0.00")),
                .. medians.Select(run => Number(Cost(run), "0.0")),
            ]);
        }

        return 0;
    }

    private static async Task<bool> BuildAsync(string program, CancellationToken cancellationToken)
    {
        using Process build = Process.Start("sh", [Path.Combine(AppContext.BaseDirectory, "native", "build.sh"), program]);
        await build.WaitForExitAsync(cancellationToken);
        if (build.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync("usrsctp_peer cannot be built: apt-get install gcc libusrsctp-dev");
        }

        return build.ExitCode == 0;
    }

    private static void WriteRow(IEnumerable<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static double Cost(in Measured measured) => measured.CpuSeconds / (measured.Bytes / 1e9);

    private static Measured Median(List<Measured> runs) => runs.OrderBy(run => run.GigabitsPerSecond).ElementAt(runs.Count / 2);

    private static async Task<Measured> OursAsync(string name, int size, double seconds, CancellationToken cancellationToken)
    {
        AppContext.SetSwitch(UdpTransport.PortableSwitch, name == "portable");
        string program = Environment.ProcessPath!;
        string[] prefix = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(Loopback).Assembly.Location] : [];
        using Process receiver = Start(program, [.. prefix, "receive", name]);
        int port = int.Parse((await receiver.StandardOutput.ReadLineAsync(cancellationToken))!.Split(' ')[1], CultureInfo.InvariantCulture);
        if (name != "tcp")
        {
            await SendBraidAsync(port, size, WarmUp, cancellationToken);
        }

        double cpu = Measured.CpuNow;
        await (name == "tcp" ? Task.Run(() => SendTcp(port, size, seconds), cancellationToken) : SendBraidAsync(port, size, seconds, cancellationToken));
        cpu = Measured.CpuNow - cpu;
        Measured received = await ResultAsync(receiver, cancellationToken);
        return received with { CpuSeconds = received.CpuSeconds + cpu };
    }

    private static async Task SendBraidAsync(int port, int size, double seconds, CancellationToken cancellationToken)
    {
        await using SctpAssociation association = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
                RemotePort = Receiver.Port,
                Association = Receiver.Options,
            },
            cancellationToken);
        var payload = new byte[size];
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            for (int i = 0; i < 16; i++)
            {
                await association.SendAsync(payload, default, cancellationToken);
            }
        }

        await association.ShutdownAsync(cancellationToken);
    }

    private static void SendTcp(int port, int size, double seconds)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        var payload = new byte[size];
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            for (int i = 0; i < 16; i++)
            {
                socket.Send(payload);
            }
        }

        socket.Shutdown(SocketShutdown.Both);
    }

    private static async Task<Measured> UsrsctpAsync(string program, int size, double seconds, CancellationToken cancellationToken)
    {
        (string first, string second) = (FreeUdpPort(), FreeUdpPort());
        using Process receiver = Start(program, ["server", first, second, "7000", "bench-recv"]);
        await receiver.StandardOutput.ReadLineAsync(cancellationToken);
        using Process sender = Start(
            program,
            ["client", second, first, "7000", "bench-send", size.ToString(CultureInfo.InvariantCulture), seconds.ToString(CultureInfo.InvariantCulture)]);
        Measured received = await ResultAsync(receiver, cancellationToken);
        Measured sent = await ResultAsync(sender, cancellationToken);
        return received with { CpuSeconds = received.CpuSeconds + sent.CpuSeconds };
    }

    private static async Task<Measured> ResultAsync(Process process, CancellationToken cancellationToken)
    {
        Measured result = default;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Measured.TryParse(line, out Measured measured))
            {
                result = measured;
            }
        }

        await process.WaitForExitAsync(cancellationToken);
        return result;
    }

    private static Process Start(string program, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    private static string FreeUdpPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
    }
}
