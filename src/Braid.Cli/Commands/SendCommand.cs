using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.Sctp;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Commands;

/// <summary><c>braid send FILE… --to HOST[:UDPPORT]</c>.</summary>
internal static class SendCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Files and folders to send.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string>("--to") { Description = SctpSettings.WhereTo, Required = true };
        var streams = new Option<int>("--streams") { Description = "Files to send at the same time, each on its own stream.", DefaultValueFactory = _ => 4 };
        Option<bool> json = JsonOutput.Option();
        var settings = new SctpSettings();
        var command = new Command("send", "Send files to 'braid receive'.") { files, to, streams, json };
        settings.AddConnecting(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) => JsonOutput.RunAsync(
            result.GetValue(json),
            () => SendAsync(result, settings, files, to, streams, json, loggers, cancellationToken)));
        return command;
    }

    /// <summary>Sends files over an association and closes it.</summary>
    /// <returns>What the association has to say about it.</returns>
    public static async Task<AssociationStatistics> SendAsync(
        SctpAssociation association, IReadOnlyList<FileSource> files, int streams, TransferProgress progress, bool isQuiet, CancellationToken cancellationToken)
    {
        progress.AddTotal(files.Sum(file => file.Length));
        string title = files.Count == 1 ? files[0].Name : $"{files.Count} files";
        AssociationStatistics statistics = default;
        await progress.ShowAsync(title, isQuiet, async () =>
        {
            await new FileSender(association, progress).SendAsync(files, streams, cancellationToken);
            statistics = await association.GetStatisticsAsync();
            await association.ShutdownAsync(cancellationToken);
        }, new PathLine(association.GetPathsAsync));
        return statistics;
    }

    private static async Task<int> SendAsync(
        ParseResult result, SctpSettings settings, Argument<string[]> filesArgument, Option<string> to, Option<int> streams, Option<bool> json,
        ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        List<FileSource> files = FileSource.Find(result.GetValue(filesArgument)!);
        if (files.Count == 0)
        {
            throw new UsageException("there is no file in what is to be sent");
        }

        int count = SctpSettings.InRange(result, streams, 1, 1024);
        bool isJson = result.GetValue(json);
        await using SctpAssociation association = await settings.ConnectAsync(result, result.GetValue(to)!, loggers, cancellationToken);
        var progress = new TransferProgress();
        try
        {
            AssociationStatistics statistics = await SendAsync(association, files, count, progress, isJson, cancellationToken);
            if (isJson)
            {
                JsonOutput.Write(TransferReport.For(progress, files.Count, statistics));
            }
            else
            {
                Console.Out.WriteLine(
                    $"Sent {files.Count} {(files.Count == 1 ? "file" : "files")}, {progress.Summary()}; "
                    + $"{statistics.ChunksRetransmitted} of {statistics.ChunksSent} chunks retransmitted, smoothed RTT {Amount.Duration(statistics.SmoothedRtt)}.");
            }

            return ExitCode.Done;
        }
        catch (Exception exception) when (exception is TransferFailedException or OperationCanceledException)
        {
            association.Abort("the sender gave up");
            throw;
        }
    }
}
