using System.CommandLine;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary><c>braid connect HOST[:UDPPORT]</c>.</summary>
internal static class ConnectCommand
{
    public static Command Create()
    {
        var host = new Argument<string>("HOST") { Description = SctpSettings.WhereTo };
        var settings = new SctpSettings();
        var conversation = new Conversation();
        var command = new Command("connect", "Send lines of standard input as messages and print the messages that come.") { host };
        settings.AddConnecting(command);
        conversation.AddTo(command);
        CommandRunner.SetAction(command, async (result, loggers, cancellationToken) =>
        {
            SctpSendInfo info = conversation.InfoFor(result);
            await using SctpAssociation association = await settings.ConnectAsync(result, result.GetValue(host)!, loggers, cancellationToken);
            return await conversation.TalkAsync(result, association, info, cancellationToken);
        });
        return command;
    }
}
