using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Page;
using Braid.Cli.Transfer;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Commands;

/// <summary>
/// <c>braid demo [FILE]</c>: a file from this process to a second one, over SCTP in UDP on this machine, and then a page that a browser and
/// this process talk over, by WebRTC.
/// </summary>
internal static class DemoCommand
{
    private const long GeneratedLength = 256L << 20;
    private const int DemoMtu = 1400;

    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "What to send; 256 MiB are generated when it is left out.", Arity = ArgumentArity.ZeroOrOne };
        var keep = new Option<string?>("--keep") { Description = "Keep the received copy in this folder; it is deleted otherwise." };
        Option<bool> json = JsonOutput.Option();
        var page = new PageOptions();
        var command = new Command(
            "demo", "Send a file between two processes on this machine, verify it, say how it went; then serve a page that a browser and this process talk over.")
        {
            file, keep, json,
        };
        page.AddTo(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) => JsonOutput.RunAsync(
            result.GetValue(json),
            () => RunAsync(result.GetValue(file), result.GetValue(keep), result.GetValue(json), page.Read(result), loggers, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(
        string? file, string? keep, bool isJson, PageSettings page, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        if (file is not null && !File.Exists(file))
        {
            throw new UsageException($"{file}: no such file");
        }

        // Before anything is sent: an address that is in use is told at once. JSON is for programs, which have no use for a page.
        await using ServedPage? served = page.IsWanted && !isJson ? await page.StartAsync(loggers, cancellationToken) : null;
        string temporary = Directory.CreateTempSubdirectory("braid-demo-").FullName;
        try
        {
            string source = file ?? await GenerateAsync(temporary, isJson, cancellationToken);
            string received = keep ?? Path.Combine(temporary, "received");
            TransferReport report = await TransferAsync(source, received, isJson, loggers, cancellationToken);
            if (isJson)
            {
                JsonOutput.Write(report);
                return ExitCode.Done;
            }

            await Console.Out.WriteLineAsync(
                $"{Amount.Bytes(report.Bytes)} from one process to another over SCTP in UDP, and every byte is right.\n"
                + $"  SHA-256          {report.Sha256}\n"
                + $"  throughput       {Amount.Rate(report.Bytes, TimeSpan.FromSeconds(report.Seconds))} ({report.BitsPerSecond / 1e9:0.00} Gbit/s) in {report.Seconds:0.0} s, path MTU {DemoMtu}\n"
                + $"  retransmissions  {report.Retransmissions} of {report.Chunks} chunks\n"
                + $"  smoothed RTT     {Amount.Duration(TimeSpan.FromMilliseconds(report.SmoothedRttMilliseconds))}\n"
                + (keep is null ? "The received copy is deleted at the end (--keep DIR keeps it)." : $"The received copy is in {Path.GetFullPath(keep)}."));
            return served is null ? ExitCode.Done : await served.RunAsync(source, cancellationToken);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static async Task<TransferReport> TransferAsync(
        string source, string received, bool isJson, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        using Process receiver = StartReceiver(received);
        try
        {
            IPEndPoint remote = await ReadEndPointAsync(receiver, cancellationToken);
            await using SctpAssociation association = await SctpAssociation.ConnectAsync(
                new SctpConnectOptions
                {
                    RemoteEndPoints = [remote],
                    RemotePort = SctpSettings.DefaultPort,
                    Association = SctpSettings.WithTimeout(SctpSettings.WithMtu(DemoMtu), TimeSpan.FromSeconds(15)),
                    LoggerFactory = loggers,
                },
                cancellationToken);
            var progress = new TransferProgress();
            List<FileSource> files = FileSource.Find([source]);
            AssociationStatistics statistics = await SendCommand.SendAsync(association, files, 1, progress, isJson, cancellationToken);
            TransferReport report = TransferReport.For(progress, 1, statistics);
            string errors = await receiver.StandardError.ReadToEndAsync(cancellationToken);
            await receiver.WaitForExitAsync(cancellationToken);
            if (receiver.ExitCode != ExitCode.Done)
            {
                throw new TransferFailedException($"the receiving process failed: {errors.Trim()}");
            }

            // The receiver compared what it wrote with the hash of what we read; this looks at both files once more.
            string sent = await HashAsync(source, cancellationToken);
            string arrived = await HashAsync(Path.Combine(received, files[0].Name), cancellationToken);
            return sent == arrived
                ? report with { Sha256 = sent }
                : throw new TransferFailedException($"the hash does not match: sent {sent}, received {arrived}");
        }
        finally
        {
            if (!receiver.HasExited)
            {
                receiver.Kill(entireProcessTree: true);
                await receiver.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private static Process StartReceiver(string output)
    {
        // Under 'dotnet run' and as an installed tool alike, this program is what started the process, or what dotnet was given.
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(typeof(DemoCommand).Assembly.Location);
        }

        foreach (string argument in new[] { "receive", "--udp", "0", "--bind", "127.0.0.1", "--output", output, "--once", "--mtu", $"{DemoMtu}" })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new TransferFailedException("the receiving process did not start");
    }

    private static async Task<IPEndPoint> ReadEndPointAsync(Process receiver, CancellationToken cancellationToken)
    {
        string? line = await receiver.StandardOutput.ReadLineAsync(cancellationToken);
        string? address = line?.StartsWith(Ends.ListeningOn, StringComparison.Ordinal) == true
            ? line[Ends.ListeningOn.Length..].Split(',')[0]
            : null;
        return address is not null && IPEndPoint.TryParse(address, out IPEndPoint? endPoint)
            ? endPoint
            : throw new TransferFailedException($"the receiving process did not start: {await receiver.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    private static async Task<string> GenerateAsync(string directory, bool isQuiet, CancellationToken cancellationToken)
    {
        if (!isQuiet)
        {
            await Console.Error.WriteLineAsync($"Generating {Amount.Bytes(GeneratedLength)} of random bytes.");
        }

        string path = Path.Combine(directory, "demo.bin");
        var random = new SeededRandom(1);
        var block = new byte[1 << 20];
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (long written = 0; written < GeneratedLength; written += block.Length)
        {
            random.Fill(block);
            await file.WriteAsync(block, cancellationToken);
        }

        return path;
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
