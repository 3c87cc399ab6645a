using System;
using System.Buffers;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary><c>braid echo</c>.</summary>
internal static class EchoCommand
{
    public static Command Create()
    {
        var settings = new SctpSettings();
        var command = new Command("echo", "Send each message back on its stream, with its PPID and its ordered flag.");
        settings.AddListening(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) => settings.ServeAsync(result, loggers, ServeAsync, cancellationToken));
        return command;
    }

    private static async Task ServeAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        await using SctpAssociation owned = association;
        try
        {
            var records = new Records();
            await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
            {
                using (message)
                {
                    if (!records.TryComplete(message, out ReadOnlySequence<byte> whole))
                    {
                        continue;
                    }

                    if (whole.Length > association.Options.MaximumMessageSize)
                    {
                        throw new TransferFailedException($"a message is longer than {association.Options.MaximumMessageSize} bytes");
                    }

                    // The peer may have had more outgoing streams than it allows us: then there is no way back on that one.
                    int streams = association.StreamCounts.Outgoing;
                    ushort stream = (ushort)Math.Min(message.Info.StreamId, streams - 1);
                    await association.SendAsync(
                        whole.IsSingleSegment ? whole.First : whole.ToArray(), new SctpSendInfo(stream, message.Info.Ppid, message.Info.Unordered), cancellationToken);
                }
            }
        }
        catch (TransferFailedException exception)
        {
            association.Abort(exception.Message);
            await Console.Error.WriteLineAsync($"braid: {Ends.PeerOf(association)}: {exception.Message}");
        }
        catch (Exception exception) when (exception is SctpException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"braid: {Ends.PeerOf(association)}: {exception.Message}");
        }
    }
}
