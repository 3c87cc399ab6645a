using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.Sctp;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Commands;

/// <summary><c>braid receive</c>.</summary>
internal static class ReceiveCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Folder that files are written to; they cannot leave it.", DefaultValueFactory = _ => "." };
        var once = new Option<bool>("--once") { Description = "End after one sender." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that exist and differ." };
        Option<bool> json = JsonOutput.Option();
        json.Description = "Print each sender's result as one JSON object.";
        var settings = new SctpSettings();
        var command = new Command("receive", "Receive files from 'braid send', until Ctrl+C.") { output, once, overwrite, json };
        settings.AddListening(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) =>
            ReceiveAsync(
                result, settings, result.GetValue(output)!, result.GetValue(once), result.GetValue(overwrite), result.GetValue(json), loggers, cancellationToken));
        return command;
    }

    private static async Task<int> ReceiveAsync(
        ParseResult result, SctpSettings settings, string directory, bool once, bool overwrites, bool isJson, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        await using SctpListener listener = await settings.ListenAsync(result, loggers, cancellationToken);
        TextWriter notes = isJson ? Console.Error : Console.Out;
        await notes.WriteLineAsync($"{Ends.Announce(listener)}; files go to {Path.GetFullPath(directory)}");
        var transfers = new List<Task<int>>();
        try
        {
            do
            {
                SctpAssociation association = await listener.AcceptAssociationAsync(cancellationToken);
                transfers.RemoveAll(transfer => transfer.IsCompleted);
                transfers.Add(ServeAsync(association, directory, overwrites, isJson, cancellationToken));
            }
            while (!once);
            return await transfers[0];
        }
        catch (OperationCanceledException) when (!once)
        {
            // Ctrl+C is how it ends; what is not finished cleans up after itself first.
            await Task.WhenAll(transfers);
            return ExitCode.Done;
        }
    }

    private static async Task<int> ServeAsync(SctpAssociation association, string directory, bool overwrites, bool isJson, CancellationToken cancellationToken)
    {
        // More senders than one may be served: each says its own line, and none ends the others.
        await using SctpAssociation owned = association;
        var progress = new TransferProgress();
        using var receiver = new FileReceiver(association, directory, overwrites, progress);
        TransferReport report;
        try
        {
            await receiver.ReceiveAsync(cancellationToken);
            AssociationStatistics statistics = default;
            report = TransferReport.For(progress, receiver.Stored.Count, statistics);
        }
        catch (Exception exception) when (exception is SctpException or TransferFailedException or OperationCanceledException)
        {
            string why = exception is OperationCanceledException ? "interrupted" : exception.Message;
            association.Abort(why);
            report = new TransferReport { Status = "failed", Error = why, Files = receiver.Stored.Count, Bytes = progress.Done };
        }

        if (isJson)
        {
            JsonOutput.Write(report);
        }
        else if (report.Error is null)
        {
            foreach (string name in receiver.Stored)
            {
                await Console.Out.WriteLineAsync($"  {name}");
            }

            await Console.Out.WriteLineAsync($"Received and verified {report.Files} {(report.Files == 1 ? "file" : "files")} from {Ends.PeerOf(association)}, {progress.Summary()}.");
        }

        if (report.Error is null)
        {
            return ExitCode.Done;
        }

        await Console.Error.WriteLineAsync($"braid: {Ends.PeerOf(association)}: {report.Error}");
        return ExitCode.Failed;
    }
}
