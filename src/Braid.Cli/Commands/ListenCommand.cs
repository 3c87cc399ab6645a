using System;
using System.CommandLine;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary><c>braid listen</c>.</summary>
internal static class ListenCommand
{
    public static Command Create()
    {
        var settings = new SctpSettings();
        var conversation = new Conversation();
        var keepOpen = new Option<bool>("--keep-open") { Description = "Wait for the next peer when one has gone." };
        var command = new Command("listen", "Wait for 'braid connect' and talk with it.") { keepOpen };
        settings.AddListening(command);
        conversation.AddTo(command);
        CommandRunner.SetAction(command, async (result, loggers, cancellationToken) =>
        {
            SctpSendInfo info = conversation.InfoFor(result);
            await using SctpListener listener = await settings.ListenAsync(result, loggers, cancellationToken);
            await Console.Error.WriteLineAsync(Ends.Announce(listener));
            do
            {
                await using SctpAssociation association = await listener.AcceptAssociationAsync(cancellationToken);
                try
                {
                    await conversation.TalkAsync(result, association, info, cancellationToken);
                }
                catch (Exception exception) when (exception is SctpException or TransferFailedException or UsageException && result.GetValue(keepOpen))
                {
                    await Console.Error.WriteLineAsync($"braid: {exception.Message}");
                }
            }
            while (result.GetValue(keepOpen));
            return ExitCode.Done;
        });
        return command;
    }
}
