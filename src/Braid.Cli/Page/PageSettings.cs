using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Page;

/// <summary>How the page is served.</summary>
/// <param name="IsWanted">Whether it is at all.</param>
/// <param name="EndPoint">Where.</param>
/// <param name="MayMove">Whether any other port serves as well.</param>
/// <param name="Inbox">Folder for what it sends.</param>
internal sealed record PageSettings(bool IsWanted, IPEndPoint EndPoint, bool MayMove, string Inbox)
{
    /// <summary>Begins to serve the page.</summary>
    /// <param name="loggers">Where log messages go; null for nowhere.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="IOException">It cannot be served there.</exception>
    public async Task<ServedPage> StartAsync(ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var chat = new ChatRoom();
        var files = new FileShelf(Path.GetFullPath(Inbox));
        try
        {
            return new ServedPage(await PageServer.StartAsync(EndPoint, chat, files, loggers, cancellationToken), chat, files, EndPoint.Address);
        }
        catch (IOException) when (MayMove)
        {
            var anyPort = new IPEndPoint(EndPoint.Address, 0);
            return new ServedPage(await PageServer.StartAsync(anyPort, chat, files, loggers, cancellationToken), chat, files, EndPoint.Address);
        }
    }
}
