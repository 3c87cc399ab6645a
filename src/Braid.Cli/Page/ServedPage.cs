using System;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Commands;
using Braid.Cli.Output;

namespace Braid.Cli.Page;

/// <summary>The page, served, and the terminal that talks with it.</summary>
/// <param name="server">Serves it.</param>
/// <param name="chat">What pages and the terminal say.</param>
/// <param name="files">What pages send and fetch.</param>
/// <param name="address">Where it is served, as the command line says.</param>
internal sealed class ServedPage(PageServer server, ChatRoom chat, FileShelf files, IPAddress address) : IAsyncDisposable
{
    /// <summary>Says where it is, and talks until the command is interrupted: that is how it ends, and no failure.</summary>
    /// <param name="offered">A file that the page can fetch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<int> RunAsync(string offered, CancellationToken cancellationToken)
    {
        files.Offer(Path.GetFullPath(offered));
        try
        {
            if (!IPAddress.IsLoopback(address))
            {
                await Console.Error.WriteLineAsync($"braid: whoever reaches {address} can use the page, and send files.");
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

    /// <summary>Serves no more and ends all connections.</summary>
    public ValueTask DisposeAsync() => server.DisposeAsync();
}
