using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;
using Braid.WebRtc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Http;

/// <summary>
/// HTTP for whoever is at this computer: a page of this process, or programs. Pages of others are kept away, whatever they have a browser do:
/// what comes by a name may be a name of theirs that leads here, and what comes from a page says so by its origin.
/// </summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private const int LongestRequest = 4 << 20;

    // Requests that are under way when it ends: what they wait for is ended with them.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;

    private LocalServer(WebApplication application) => _application = application;

    /// <summary>Where it is reached, for a person to open or a program to call.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Starts to serve.</summary>
    /// <param name="endPoint">Where; port 0 for any.</param>
    /// <param name="map">Says what there is.</param>
    /// <param name="loggers">Where log messages go; null for nowhere.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="IOException">It cannot be served there.</exception>
    /// <exception cref="DtlsUnavailableException">No offer could be answered: there is no libssl.</exception>
    public static async Task<LocalServer> StartAsync(IPEndPoint endPoint, Action<WebApplication> map, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        DtlsLibrary.EnsureLoaded();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = LongestRequest;
            options.Listen(endPoint);
        });
        builder.Logging.ClearProviders();
        if (loggers is not null)
        {
            builder.Services.AddSingleton(loggers);
        }

        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = s_patience);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var server = new LocalServer(builder.Build());
        server._application.Use(GuardAsync);
        map(server._application);
        try
        {
            await server._application.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server._application.DisposeAsync();
            throw new IOException($"Cannot serve http://{endPoint}: {(exception.InnerException ?? exception).Message}", exception);
        }

        var bound = new UriBuilder(server._application.Urls.First());
        bound.Host = endPoint.Address.Equals(IPAddress.Any) ? "127.0.0.1" : endPoint.Address.Equals(IPAddress.IPv6Any) ? "[::1]" : bound.Host;
        server.Address = bound.Uri;
        return server;
    }

    /// <summary>Takes a JSON object and answers one; or 400 and why, where the request makes no sense.</summary>
    public static RequestDelegate Json(Func<JsonObject, CancellationToken, Task<JsonObject>> answer) => async context =>
    {
        JsonObject response;
        try
        {
            response = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) is JsonObject request
                ? await answer(request, context.RequestAborted) : throw new JsonException("The request is no JSON object.");
        }
        catch (Exception exception) when (IsNonsense(exception))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            response = new JsonObject { ["error"] = exception.Message };
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(response.ToJsonString(), context.RequestAborted);
    };

    /// <summary>What reading a request throws that is not as it should be: members that are missing, twice there, of another kind, too large.</summary>
    public static bool IsNonsense(Exception exception) =>
        exception is JsonException or RTCException or InvalidOperationException or FormatException or ArgumentException or OverflowException or NotSupportedException;

    /// <summary>Serves no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    // A number cannot be made to lead elsewhere, and "localhost" is nobody's to make; any other name may be that of a page which has it lead
    // here, to be of our origin. Browsers name the origin of all that is no plain reading.
    private static Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        HostString host = context.Request.Host;
        bool isByNumber = IPAddress.TryParse(host.Host.Trim('[', ']'), out _) || host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
        string? origin = context.Request.Headers.Origin;
        if (!isByNumber || (origin is not null && origin != $"{context.Request.Scheme}://{host}"))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync(isByNumber ? "Pages of others are not served.\n" : "Use the address in numbers, or localhost.\n");
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'self'; img-src data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    }

    // Signals are the command's.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
