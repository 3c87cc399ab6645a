using System;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Commands;
using Braid.Cli.Output;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Page;

/// <summary>How the page is served.</summary>
/// <param name="IsWanted">Whether it is at all.</param>
/// <param name="EndPoint">Where.</param>
/// <param name="MayMove">Whether any other port serves as well.</param>
/// <param name="Inbox">Folder for what it sends.</param>
internal sealed record PageSettings(bool IsWanted, IPEndPoint EndPoint, bool MayMove, string Inbox)
{
    /// <summary>Serves the page until the command is interrupted: that is how it ends, and no failure.</summary>
    /// <param name="offered">A file that the page can fetch.</param>
    /// <param name="loggers">Where log messages go; null for nowhere.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<int> ServeAsync(string offered, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var chat = new ChatRoom();
        var files = new FileShelf(Path.GetFullPath(Inbox));
        files.Offer(Path.GetFullPath(offered));
        try
        {
            await using PageServer server = await StartAsync(chat, files, loggers, cancellationToken);
            if (!IPAddress.IsLoopback(EndPoint.Address))
            {
                await Console.Error.WriteLineAsync($"braid: whoever reaches {EndPoint.Address} can use the page, and send files.");
            }

            await Console.Out.WriteLineAsync($"\nOpen {server.Address} in Chromium or Firefox and press Connect. Ctrl+C ends.");
            await chat.SayAsync(new InputLines(Console.OpenStandardInput()), cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C.
        }

        return ExitCode.Done;
    }

    private async Task<PageServer> StartAsync(ChatRoom chat, FileShelf files, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        try
        {
            return await PageServer.StartAsync(EndPoint, chat, files, loggers, cancellationToken);
        }
        catch (IOException) when (MayMove)
        {
            return await PageServer.StartAsync(new IPEndPoint(EndPoint.Address, 0), chat, files, loggers, cancellationToken);
        }
    }
}
