using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets.Tests.Cli;

/// <summary>The command as a person runs it: processes, files, exit codes.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("braid-test-").FullName;
    private readonly ConcurrentBag<Process> _started = [];
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    [Fact]
    public async Task A_folder_arrives_byte_for_byte()
    {
        string source = Path.Combine(_folder, "source");
        for (int i = 0; i < 20; i++)
        {
            Make(Path.Combine(source, $"sub{i % 3}", $"file{i}"), i * 7919);
        }

        Process receiver = Start("receive", "--udp", "0", "--bind", "127.0.0.1", "--output", Path.Combine(_folder, "in"), "--once");
        string port = await PortOfAsync(receiver);
        (int code, string output, _) = await RunAsync("send", source, "--to", $"127.0.0.1:{port}", "--streams", "3", "--json");
        await receiver.WaitForExitAsync(_guard.Token);
        Assert.Equal((0, 0), (code, receiver.ExitCode));
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.Equal(("ok", 20), (report.RootElement.GetProperty("status").GetString(), report.RootElement.GetProperty("files").GetInt32()));
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_folder, "in", "source", Path.GetRelativePath(source, file));
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(copy));
        }
    }

    [Fact]
    public async Task A_receiver_that_is_killed_is_noticed_and_a_second_run_succeeds()
    {
        string file = Make(Path.Combine(_folder, "file"), 200_000_000);
        string inbox = Path.Combine(_folder, "in");
        Process receiver = Start("receive", "--udp", "0", "--bind", "127.0.0.1", "--output", inbox);
        string port = await PortOfAsync(receiver);
        Task<(int Code, string Output, string Error)> send = RunAsync("send", file, "--to", $"127.0.0.1:{port}", "--timeout", "1");
        while (!Directory.EnumerateFiles(inbox, ".braid-*").Any(part => new FileInfo(part).Length > 1_000_000))
        {
            _guard.Token.ThrowIfCancellationRequested();
            Assert.False(send.IsCompleted, "the transfer was over before it could be disturbed");
        }

        receiver.Kill();
        (int code, _, string error) = await send;
        Assert.Equal(1, code);
        Assert.Contains(OperatingSystem.IsLinux() ? "its host says that there is no SCTP" : "no longer answers", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(inbox, "file")));

        Process again = Start("receive", "--udp", "0", "--bind", "127.0.0.1", "--output", inbox, "--once");
        port = await PortOfAsync(again);
        (code, _, _) = await RunAsync("send", file, "--to", $"127.0.0.1:{port}");
        await again.WaitForExitAsync(_guard.Token);
        Assert.Equal((0, 0), (code, again.ExitCode));
        Assert.Equal(new FileInfo(file).Length, new FileInfo(Path.Combine(inbox, "file")).Length);
    }

    [Fact]
    public async Task Whoever_is_interrupted_cleans_up_and_the_other_side_learns_of_it()
    {
        string file = Make(Path.Combine(_folder, "file"), 200_000_000);
        string inbox = Path.Combine(_folder, "in");
        Process receiver = Start("receive", "--udp", "0", "--bind", "127.0.0.1", "--output", inbox);
        string port = await PortOfAsync(receiver);
        Task<(int Code, string Output, string Error)> send = RunAsync("send", file, "--to", $"127.0.0.1:{port}");
        while (!Directory.EnumerateFiles(inbox, ".braid-*").Any(part => new FileInfo(part).Length > 1_000_000))
        {
            _guard.Token.ThrowIfCancellationRequested();
            Assert.False(send.IsCompleted, "the transfer was over before it could be disturbed");
        }

        using Process signal = Process.Start("kill", ["-TERM", $"{receiver.Id}"]);
        await receiver.WaitForExitAsync(_guard.Token);
        (int code, _, string error) = await send;
        Assert.Equal((0, 1), (receiver.ExitCode, code));
        Assert.Contains("aborted the association: user-initiated abort: interrupted", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(inbox));
    }

    [Fact]
    public async Task A_file_that_exists_and_differs_stays_and_the_others_arrive()
    {
        string source = Path.Combine(_folder, "source");
        string inbox = Path.Combine(_folder, "in");
        Make(Path.Combine(source, "a"), 1000);
        Make(Path.Combine(source, "b"), 1000);
        string other = Make(Path.Combine(inbox, "source", "a"), 999);
        string same = Path.Combine(inbox, "source", "b");
        File.Copy(Path.Combine(source, "b"), same);
        Make(Path.Combine(source, "z"), 1000);
        Process receiver = Start("receive", "--udp", "0", "--bind", "127.0.0.1", "--output", inbox, "--once");
        string port = await PortOfAsync(receiver);
        (int code, _, string error) = await RunAsync("send", source, "--to", $"127.0.0.1:{port}", "--streams", "1");
        await receiver.WaitForExitAsync(_guard.Token);
        Assert.Equal((1, 1), (code, receiver.ExitCode));
        Assert.Contains("source/a: the receiver did not store it: source/a exists", error, StringComparison.Ordinal);
        Assert.Equal(999, new FileInfo(other).Length);
        Assert.True(File.Exists(Path.Combine(inbox, "source", "z")));
    }

    [Fact]
    public async Task A_world_is_simulated_and_its_packets_are_written()
    {
        string pcap = Path.Combine(_folder, "world.pcapng");
        (int code, string output, string error) = await RunAsync("simulate", "--scenario", "restart", "--seed", "0x40", "--pcap", pcap);
        Assert.True(code == 0, error);
        Assert.Contains("restart: 1 world in", output, StringComparison.Ordinal);
        Assert.True(new FileInfo(pcap).Length > 1000);
    }

    [Theory]
    [InlineData("symmetric", "A: a NAT, Symmetric", "Z: a NAT, Symmetric")]
    [InlineData("none,restricted", "A: no NAT", "Z: a NAT, Restricted")]
    public async Task Peers_are_simulated_behind_the_NATs_that_are_asked_for(string nat, params string[] told)
    {
        (int code, string output, string error) = await RunAsync("simulate", "peers", "--seed", "3", "--nat", nat, "--story");
        Assert.True(code == 0, error);
        Assert.All(told, what => Assert.Contains(what, output, StringComparison.Ordinal));
        Assert.Contains("peers: 1 world in", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_ends_with_a_verified_hash()
    {
        string file = Make(Path.Combine(_folder, "file"), 3_000_000);
        (int code, string output, string error) = await RunAsync("demo", file, "--json");
        Assert.True(code == 0, error);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.Equal(3_000_000, report.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(64, report.RootElement.GetProperty("sha256").GetString()!.Length);
    }

    [Fact]
    public async Task Lines_become_messages_and_come_back()
    {
        Process echo = Start("echo", "--udp", "0", "--bind", "127.0.0.1");
        string port = await PortOfAsync(echo);
        Process connect = Start("connect", $"127.0.0.1:{port}", "--stream", "3", "--ppid", "9");
        await connect.StandardInput.WriteAsync("one\ntwo\n");
        Assert.Equal("one", await connect.StandardOutput.ReadLineAsync(_guard.Token));
        Assert.Equal("two", await connect.StandardOutput.ReadLineAsync(_guard.Token));
        connect.StandardInput.Close();
        await connect.WaitForExitAsync(_guard.Token);
        Assert.Equal(0, connect.ExitCode);
        echo.Kill();
    }

    [Fact]
    public async Task Over_DTLS_both_sides_say_their_fingerprint_and_want_to_see_the_others()
    {
        Directory.CreateDirectory(_folder);
        string certificate = Path.Combine(_folder, "client.pem");
        string log = Path.Combine(_folder, "keys");
        Process echo = Start("echo", "--udp", "0", "--bind", "127.0.0.1", "--dtls", "--key-log", log);
        string port = await PortOfAsync(echo);
        string said = (await echo.StandardError.ReadLineAsync(_guard.Token))!;
        string fingerprint = said["DTLS fingerprint: ".Length..];
        Process connect = Start("connect", $"127.0.0.1:{port}", "--dtls", "--fingerprint", fingerprint, "--certificate", certificate);
        await connect.StandardInput.WriteAsync("one\n");
        Assert.Equal("one", await connect.StandardOutput.ReadLineAsync(_guard.Token));
        connect.StandardInput.Close();
        await connect.WaitForExitAsync(_guard.Token);
        Assert.Equal(0, connect.ExitCode);
        Assert.Contains("CLIENT_RANDOM", await File.ReadAllTextAsync(log, _guard.Token), StringComparison.Ordinal);

        // The same certificate again; and a server that is another one than was meant.
        (int code, _, string error) = await RunAsync("connect", $"127.0.0.1:{port}", "--dtls", "--fingerprint", fingerprint, "--certificate", certificate);
        Assert.Equal(0, code);
        Assert.Equal((await connect.StandardError.ReadLineAsync(_guard.Token))!, error.Split('\n')[0]);
        string own = error.Split('\n')[0]["DTLS fingerprint: ".Length..].Trim();
        (code, _, error) = await RunAsync("connect", $"127.0.0.1:{port}", "--dtls", "--fingerprint", own);
        Assert.Equal(1, code);
        Assert.Contains("does not match the fingerprint", error, StringComparison.Ordinal);
        (code, _, error) = await RunAsync("connect", $"127.0.0.1:{port}", "--fingerprint", own);
        Assert.Equal(2, code);
        Assert.Contains("--fingerprint needs --dtls", error, StringComparison.Ordinal);
        echo.Kill();
    }

    [Fact]
    public async Task Extensions_are_chosen_and_what_was_negotiated_is_logged()
    {
        Process echo = Start("echo", "--udp", "0", "--bind", "127.0.0.1", "--allow-reset");
        string port = await PortOfAsync(echo);
        Process connect = Start(
            "connect", $"127.0.0.1:{port}", "--without", "partial-reliability,ecn,interleaving", "--verbose", "--receipts", "--add-streams", "5", "--reset");
        await connect.StandardInput.WriteAsync("one\n");
        Assert.Equal("one", await connect.StandardOutput.ReadLineAsync(_guard.Token));
        connect.StandardInput.Close();
        string error = await connect.StandardError.ReadToEndAsync(_guard.Token);
        await connect.WaitForExitAsync(_guard.Token);
        Assert.True(connect.ExitCode == 0, error);
        Assert.Contains("extensions StreamReconfiguration.", error, StringComparison.Ordinal);
        Assert.Contains("delivered after ", error, StringComparison.Ordinal);
        echo.Kill();
    }

    [Fact]
    public async Task More_streams_than_there_can_be_are_wrong_usage()
    {
        Process echo = Start("echo", "--udp", "0", "--bind", "127.0.0.1", "--allow-reset");
        string port = await PortOfAsync(echo);
        (int code, _, string error) = await RunAsync("connect", $"127.0.0.1:{port}", "--add-streams", "65000");
        Assert.True(code == 2, error);
        Assert.Contains("--add-streams 65000: there are 1024 out and 1024 in, and can be 65535", error, StringComparison.Ordinal);
        echo.Kill();
    }

    [Fact]
    public async Task Who_keeps_listening_is_not_ended_by_a_peer_with_fewer_streams()
    {
        Process listen = Start("listen", "--udp", "0", "--bind", "127.0.0.1", "--keep-open", "--stream", "2000");
        string port = PortIn(await listen.StandardError.ReadLineAsync(_guard.Token));
        for (int i = 0; i < 2; i++)
        {
            await RunAsync("connect", $"127.0.0.1:{port}");
            Assert.Contains("--stream 2000: the peer allows 1024 streams", await listen.StandardError.ReadLineAsync(_guard.Token), StringComparison.Ordinal);
        }

        listen.Kill();
    }

    [Fact]
    public async Task A_peer_that_measures_nothing_is_told_why_it_is_sent_away()
    {
        Process server = Start("perf", "server", "--udp", "0", "--bind", "127.0.0.1");
        string port = await PortOfAsync(server);
        Process connect = Start("connect", $"127.0.0.1:{port}");
        await connect.StandardInput.WriteAsync("hello\n");
        await connect.StandardInput.FlushAsync(_guard.Token);
        Assert.Contains("does not speak the protocol of 'braid perf'", await server.StandardError.ReadLineAsync(_guard.Token), StringComparison.Ordinal);
        await connect.WaitForExitAsync(_guard.Token);
        server.Kill();
    }

    [Fact]
    public async Task Throughput_is_measured_both_ways_and_what_arrived_is_what_was_sent()
    {
        Process server = Start("perf", "server", "--udp", "0", "--bind", "127.0.0.1");
        string port = await PortOfAsync(server);
        (int code, string output, string error) = await RunAsync(
            "perf", "client", $"127.0.0.1:{port}", "--time", "0.2", "--streams", "3", "--size", "1000", "--both", "--json");
        Assert.True(code == 0, error);
        using JsonDocument report = JsonDocument.Parse(output);
        long sent = report.RootElement.GetProperty("sent").GetProperty("messages").GetInt64();
        Assert.True(sent > 0);
        Assert.Equal(sent, report.RootElement.GetProperty("receivedByServer").GetProperty("messages").GetInt64());
        Assert.Equal(sent * 1000, report.RootElement.GetProperty("receivedByServer").GetProperty("bytes").GetInt64());
        Assert.True(report.RootElement.GetProperty("received").GetProperty("bytes").GetInt64() > 0);
        server.Kill();
    }

    [Theory]
    [InlineData(2, "Required command was not provided")]
    [InlineData(2, "Unrecognized command or argument", "nonsense")]
    [InlineData(2, "it must be A..B", "simulate", "--seeds", "x")]
    [InlineData(2, "not a number", "simulate", "--seed", "x")]
    [InlineData(2, "there are swarm", "simulate", "--scenario", "nope")]
    [InlineData(2, "--seed and --seeds: one of them", "simulate", "--seed", "3", "--seeds", "1..4")]
    [InlineData(2, "--output is for --scenario congestion", "simulate", "--seed", "3", "--output", "x")]
    [InlineData(2, "--nat cone: there are none, full-cone", "simulate", "peers", "--nat", "cone")]
    [InlineData(2, "there are two peers", "simulate", "peers", "--nat", "none,none,none")]
    [InlineData(2, "--story is of one world", "simulate", "peers", "--story")]
    [InlineData(2, "no such file or folder", "send", "/no/such/file", "--to", "127.0.0.1")]
    [InlineData(2, "not HOST or HOST:UDPPORT", "connect", "127.0.0.1:99999")]
    [InlineData(2, "--timeout 0: must be from 1 to 3600", "connect", "127.0.0.1", "--timeout", "0")]
    [InlineData(2, "--with everything: must be one of partial-reliability, ", "connect", "127.0.0.1", "--with", "everything")]
    [InlineData(2, "--loss-recovery luck: must be rack or missing-reports", "connect", "127.0.0.1", "--loss-recovery", "luck")]
    [InlineData(2, "--time 0: must be more than 0", "perf", "client", "127.0.0.1", "--time", "0")]
    [InlineData(2, "Try 'braid perf client --help'", "perf", "client", "127.0.0.1", "--time", "0")]
    [InlineData(2, "--lifetime soon: a time such as", "listen", "--udp", "0", "--bind", "127.0.0.1", "--lifetime", "soon")]
    [InlineData(2, "one of them", "connect", "127.0.0.1:9", "--lifetime", "1s", "--priority", "1")]
    [InlineData(2, "--loss 1: a share such as 0.1% or 4%", "link", "--loss", "1")]
    [InlineData(2, "--namespaces a: two of them", "link", "--namespaces", "a")]
    [InlineData(2, "no such file", "demo", "/no/such/file")]
    [InlineData(2, "--http 8080: must be an address and a port", "peer", "--http", "8080")]
    [InlineData(2, "--http ::1: must be an address and a port", "peer", "--http", "::1")]
    [InlineData(2, "--http 127.0.0.1: must be an address and a port", "demo", "--http", "127.0.0.1")]
    [InlineData(1, "Cannot serve http://192.0.2.1:80: ", "peer", "--http", "192.0.2.1:80")]
    [InlineData(1, "Cannot serve http://192.0.2.1:80: ", "demo", "--http", "192.0.2.1:80")]
    [InlineData(2, "Try 'braid perf client --help'", "perf", "client")]
    [InlineData(2, "--transport pigeon: there is udp and raw", "connect", "127.0.0.1", "--transport", "pigeon")]
    [InlineData(2, "DTLS runs over UDP alone", "echo", "--transport", "raw", "--dtls")]
    [InlineData(0, "", "--help")]
    public async Task The_exit_code_and_one_line_say_what_went_wrong(int code, string message, params string[] arguments)
    {
        (int actual, string output, string error) = await RunAsync(arguments);
        Assert.Equal(code, actual);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.True(code == 0 || output.Length == 0, output);            // nothing was done before
    }

    [Fact]
    public async Task Who_connects_to_somebody_silent_is_told_so()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        (int code, _, string error) = await RunAsync("connect", $"{silent.LocalEndPoint}", "--timeout", "1");
        Assert.Equal(1, code);
        Assert.Contains("did not answer", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_speak_over_IP_itself_where_they_may()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        Process server = StartIn(namespaces[1], "perf", "server", "--transport", "raw");
        Assert.Equal("Listening on IP ::, SCTP port 5001", await server.StandardOutput.ReadLineAsync(_guard.Token));
        foreach (string address in (string[])["10.98.0.2", "fd98:0::2"])
        {
            Process client = StartIn(namespaces[0], "perf", "client", address, "--transport", "raw", "--time", "0.2");
            string output = await client.StandardOutput.ReadToEndAsync(_guard.Token);
            await client.WaitForExitAsync(_guard.Token);
            Assert.Equal(0, client.ExitCode);
            Assert.Contains("Arrived", output, StringComparison.Ordinal);
        }
    }

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);       // whatever became of the test
                process.WaitForExit();
            }

            process.Dispose();
        }

        _guard.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Make(string path, int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var content = new byte[length];
        new SeededRandom((ulong)length).Fill(content);
        File.WriteAllBytes(path, content);
        return path;
    }

    private Process StartIn(string space, params string[] arguments) =>
        Start("ip", ["netns", "exec", space, "dotnet", typeof(Braid.Cli.Program).Assembly.Location, .. arguments]);

    private Process Start(params string[] arguments) => Start("dotnet", [typeof(Braid.Cli.Program).Assembly.Location, .. arguments]);

    private Process Start(string program, IEnumerable<string> arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        return process;
    }

    private async Task<string> PortOfAsync(Process process) => PortIn(await process.StandardOutput.ReadLineAsync(_guard.Token));

    private static string PortIn(string? line)
    {
        Assert.StartsWith("Listening on UDP 127.0.0.1:", line, StringComparison.Ordinal);
        return line!.Split(':')[1].Split(',')[0];
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        Process process = Start(arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(_guard.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(_guard.Token);
        await process.WaitForExitAsync(_guard.Token);
        return (process.ExitCode, await output, await error);
    }
}
