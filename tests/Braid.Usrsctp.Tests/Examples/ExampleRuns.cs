using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests.Examples;

/// <summary>All scenarios with all libraries, some at a time: the programs sleep most of theirs.</summary>
public sealed class ExampleRuns : IAsyncDisposable
{
    private const int AtOnce = 6;

    // A guard only: the longest takes five seconds.
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(40);

    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private int _lastPort;
    private readonly Lazy<Dictionary<(string Scenario, string Server, string Client), Task<string>>> _runs;

    public ExampleRuns() => _runs = new(() => All.ToDictionary(run => (run.Scenario.Name, run.Server, run.Client), run => RunAsync(run.Scenario, run.Server, run.Client)));

    /// <summary>What is run, with which libraries.</summary>
    internal static IEnumerable<(Scenario Scenario, string Server, string Client)> All =>
        from scenario in Scenario.All
        from server in new[] { Library.Debian, Library.Braid }
        where scenario.Server is not null || server == Library.Debian
        from client in new[] { Library.Debian, Library.Braid }
        select (scenario, server, client);

    /// <summary>What the programs have printed.</summary>
    /// <param name="scenario">What they did.</param>
    /// <param name="server">The server's library.</param>
    /// <param name="client">The client's.</param>
    public Task<string> OfAsync(string scenario, string server, string client) => _runs.Value[(scenario, server, client)];

    /// <summary>The same once more.</summary>
    /// <inheritdoc cref="OfAsync"/>
    public Task<string> AgainAsync(string scenario, string server, string client) => RunAsync(Scenario.All.Single(each => each.Name == scenario), server, client);

    /// <summary>Ends what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_runs.IsValueCreated)
        {
            foreach (Task<string> run in _runs.Value.Values)
            {
                await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _end.Dispose();
        _turns.Dispose();
    }

    private async Task<string> RunAsync(Scenario scenario, string serverLibrary, string clientLibrary)
    {
        await _turns.WaitAsync(_end.Token);
        try
        {
            using var guard = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            guard.CancelAfter(s_guard);
            return await RunAsync(scenario, serverLibrary, clientLibrary, guard.Token);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<string> RunAsync(Scenario scenario, string serverLibrary, string clientLibrary, CancellationToken guard)
    {
        int serverPort = FreePort(), clientPort = FreePort();
        string Filled(string command) => command
            .Replace("{server}", serverPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{client}", clientPort.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        var text = new StringBuilder();
        Task ready = scenario.Server is null ? Task.CompletedTask
            : scenario.Port is int port ? ServerProbe.ListensAsync(serverPort, port, clientPort, guard)
            : ServerProbe.ConnectsAsync(clientPort, guard);
        await using ExampleProgram? server = scenario.Server is null ? null : ExampleProgram.Start(Filled(scenario.Server), serverLibrary);
        string clientPrinted = "";
        string step = "the server is ready";
        try
        {
            await ready;
            step = "the client starts";
            await using ExampleProgram client = ExampleProgram.Start(Filled(scenario.Client), clientLibrary);
            try
            {
                foreach (string each in scenario.Steps)
                {
                    step = each;
                    if (!await StepAsync(each, server, client, guard))
                    {
                        throw new IOException("It has ended.");
                    }
                }

                step = "the client ends";
                int code = await client.EndAsync(guard);
                text.Append(CultureInfo.InvariantCulture, $"the client ends with {code}\n");
            }
            finally
            {
                await client.KillAsync();
                clientPrinted = client.Printed;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            text.Append(CultureInfo.InvariantCulture, $"this did not come: {step}\n");
        }

        if (server is not null)
        {
            await server.KillAsync();
            text.Append("-- server\n").Append(Normalization.Of(server.Printed));
        }

        return text.Append("-- client\n").Append(Normalization.Of(clientPrinted)).ToString();
    }

    private static async Task<bool> StepAsync(string step, ExampleProgram? server, ExampleProgram client, CancellationToken guard)
    {
        string[] words = step.Split(' ', 3);
        ExampleProgram program = words[0] == "server" ? server! : client;
        switch (words[1])
        {
            case "<":
                await program.WriteAsync(words[2]);
                return true;
            case ">":
                return await program.ExpectAsync(words[2], guard);
            default:
                program.EndInput();
                return true;
        }
    }

    // None of those that the system hands out by itself, to whom it may: it has to be free for a while.
    private int FreePort()
    {
        const int First = 20000, Count = 12000;
        while (true)
        {
            int port = First + ((Environment.ProcessId * 131) + Interlocked.Increment(ref _lastPort)) % Count;
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
    }
}
