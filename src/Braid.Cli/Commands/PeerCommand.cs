using System;
using System.CommandLine;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.Cli.Output;
using Braid.Cli.Peers;
using Braid.WebRtc;
using Microsoft.AspNetCore.Builder;

namespace Braid.Cli.Commands;

/// <summary><c>braid peer</c>: a WebRTC peer for programs. docs/interop-scenarios.md says what it answers.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        var http = new Option<string>("--http") { Description = "Where to take requests: ADDRESS:PORT, with port 0 for any.", Required = true };
        var input = new Option<bool>("--stdin") { Description = "End when the standard input does." };
        var loopback = new Option<bool>("--loopback") { Description = "Use loopback addresses beside others.", DefaultValueFactory = _ => true };
        var command = new Command("peer", "A WebRTC peer that echoes every message: POST /offer, POST /call.") { http, input, loopback };
        CommandRunner.SetAction(command, async (result, loggers, cancellationToken) =>
        {
            IPEndPoint local = HttpAddress.Parse(result.GetValue(http)!);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var configuration = new RTCConfiguration { IncludeLoopback = result.GetValue(loopback), LoggerFactory = loggers };
            await using var answerer = new Answerer(configuration);
            var scenarios = new Scenarios(configuration);
            await using LocalServer server = await LocalServer.StartAsync(local, Map, loggers, end.Token);
            string version = typeof(RTCPeerConnection).Assembly.GetName().Version?.ToString(3) ?? "0";
            Console.WriteLine($"ready {server.Address.GetLeftPart(UriPartial.Authority)} braid {version}");
            if (result.GetValue(input))
            {
                _ = EndWithInputAsync(end);
            }

            // Being told to end is how it ends, and no failure.
            await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;

            void Map(WebApplication application)
            {
                application.MapPost("/offer", LocalServer.Json(answerer.OfferAsync));
                application.MapPost("/end", LocalServer.Json((request, _) => answerer.EndAsync(request)));
                application.MapPost("/call", LocalServer.Json(async (request, aborted) =>
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, end.Token);
                    return await scenarios.CallAsync(request, either.Token);
                }));
            }
        });
        return command;
    }

    private static async Task EndWithInputAsync(CancellationTokenSource end)
    {
        await using Stream input = Console.OpenStandardInput();
        byte[] ignored = new byte[256];
        while (await input.ReadAsync(ignored) > 0)
        {
        }

        try
        {
            await end.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // it has ended already
        }
    }
}
