using System;
using System.IO;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.Dtls;
using Braid.WebRtc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Page;

/// <summary>
/// Serves the page, and answers its offer: after that the page and this process talk over data channels alone. Files of the page are in the
/// program; nothing comes from elsewhere.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    private const int MostPages = 100;

    private static readonly (string Path, string Type)[] s_assets =
    [
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("connection.js", "text/javascript; charset=utf-8"),
        ("files.js", "text/javascript; charset=utf-8"),
        ("format.js", "text/javascript; charset=utf-8"),
        ("measure.js", "text/javascript; charset=utf-8"),
        ("plot.js", "text/javascript; charset=utf-8"),
    ];

    private readonly LocalServer _server;
    private readonly OfferedConnections _connections;

    private PageServer(LocalServer server, OfferedConnections connections)
    {
        _server = server;
        _connections = connections;
    }

    /// <summary>What to open in a browser.</summary>
    public Uri Address => _server.Address;

    /// <summary>Starts to serve.</summary>
    /// <param name="endPoint">Where; port 0 for any.</param>
    /// <param name="chat">What pages and the terminal say.</param>
    /// <param name="files">What pages send and fetch.</param>
    /// <param name="loggers">Where log messages go; null for nowhere.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="DtlsUnavailableException">There is no libssl.</exception>
    public static async Task<PageServer> StartAsync(
        IPEndPoint endPoint, ChatRoom chat, FileShelf files, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var connections = new OfferedConnections();
        LocalServer server = await LocalServer.StartAsync(endPoint, Map, loggers, cancellationToken);
        return new PageServer(server, connections);

        void Map(WebApplication application)
        {
            foreach ((string path, string type) in s_assets)
            {
                byte[] content = ReadAsset(path);
                application.MapGet(path == "index.html" ? "/" : $"/{path}", () => Results.Bytes(content, type));
            }

            application.MapPost("/offer", LocalServer.Json(AnswerAsync));
        }

        async Task<JsonObject> AnswerAsync(JsonObject request, CancellationToken aborted)
        {
            string offer = PeerJson.ReadOffer(request);
            if (connections.Count >= MostPages)
            {
                throw new InvalidOperationException($"There are {MostPages} pages already: close some.");
            }

            var connection = new RTCPeerConnection(new RTCConfiguration { LoggerFactory = loggers });
            var session = new PageSession(connection, chat, files);
            return PeerJson.WriteAnswer(await connections.BeginAsync(connection, offer, session.ServeAsync, aborted));
        }
    }

    /// <summary>Serves no more and ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _connections.DisposeAsync();
    }

    private static byte[] ReadAsset(string name)
    {
        using Stream content = typeof(PageServer).Assembly.GetManifestResourceStream($"page/{name}")!;
        var bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }
}
