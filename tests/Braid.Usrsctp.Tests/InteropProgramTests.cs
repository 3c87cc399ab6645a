using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Interop;

namespace Braid.Usrsctp.Tests;

/// <summary>The program of the interoperability tests on both sides, over UDP, with each pair of the libraries: all of them say the same.</summary>
public sealed class InteropProgramTests : IDisposable
{
    private const int Port = 7000;
    private const int Streams = 10;

    private static readonly string[] s_libraries = [Library.Debian, Library.Braid];
    private static readonly string[] s_ends = ["closed", "aborted"];
    private static readonly int[] s_sizes = [1, 100, 1452, 65_536, 1 << 20];

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    /// <summary>The library of the server and that of the client.</summary>
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string server in s_libraries)
            {
                foreach (string client in s_libraries)
                {
                    data.Add(server, client);
                }
            }

            return data;
        }
    }

    /// <summary>The same, with sizes of messages, whether they are ordered, and whether the server sends them.</summary>
    public static TheoryData<string, string, int, bool, bool> Messages => MessagesUpTo(1 << 20);

    /// <summary>The same; with longer ones both ways Debian's library stands still now and then, with itself too.</summary>
    public static TheoryData<string, string, int, bool, bool> ShorterMessages => MessagesUpTo(1 << 16);

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_shutdown_behind_messages_loses_none(string server, string client, int size, bool ordered, bool serverSends)
    {
        string[] sends = ["talk", $"{CountOf(size)}", $"{size}", $"{Streams}", ordered ? "1" : "0", "shutdown"];
        string[] waits = ["talk", "0", "1", "1", "1", "wait"];
        await using Pair pair = await MeetAsync(server, client, serverSends ? sends : waits, serverSends ? waits : sends);
        (UsrsctpPeer sender, UsrsctpPeer receiver) = serverSends ? (pair.Server, pair.Client) : (pair.Client, pair.Server);
        Assert.Equal([$"sent {CountOf(size)}", "received 0 0 0", "closed"], await RestAsync(sender));
        Assert.Equal(["sent 0", $"received {CountOf(size)} {(long)CountOf(size) * size} 0", "closed"], await RestAsync(receiver));
    }

    [Theory]
    [MemberData(nameof(ShorterMessages))]
    public async Task Messages_go_both_ways_at_once_and_keep_their_order(string server, string client, int size, bool ordered, bool serverIsTold)
    {
        int count = CountOf(size);
        string[] talks = ["talk", $"{count}", $"{size}", $"{Streams}", ordered ? "1" : "0", "wait"];
        await using Pair pair = await MeetAsync(server, client, serverIsTold ? ["control"] : talks, serverIsTold ? talks : ["control"]);
        (UsrsctpPeer told, UsrsctpPeer other) = serverIsTold ? (pair.Server, pair.Client) : (pair.Client, pair.Server);
        Task telling = TellAsync(told, Enumerable.Range(0, count).Select(i => $"send {i % Streams} {size}"));
        var seen = new Dictionary<string, List<string>>();
        for (int i = 0; i < count; i++)
        {
            string[] words = await told.ExpectAsync("message", _guard.Token);
            Assert.Equal($"{size}", words[2]);
            seen.TryAdd(words[0], []);
            seen[words[0]].Add(words[1]);
        }

        await telling;
        Assert.Equal(Streams, seen.Count);
        if (ordered)
        {
            Assert.All(seen.Values, numbers => Assert.Equal(Enumerable.Range(0, count / Streams).Select(i => $"{i}"), numbers));
        }

        await told.TellAsync("shutdown");
        told.EndInput();
        Assert.Equal([$"received {count} {(long)count * size} 0", "closed"], await RestAsync(told));
        Assert.Equal([$"sent {count}", $"received {count} {(long)count * size} 0", "closed"], await RestAsync(other));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Messages_that_were_given_up_are_neither_damaged_nor_doubled(string server, string client)
    {
        const int Count = 2000;
        const int Size = 200;
        long lost = 0;
        foreach ((string policy, string value, string ordered) in new[] { ("1", "5", "1"), ("3", "0", "0"), ("3", "1", "1") })
        {
            int serverUdp = UsrsctpPeer.FreeUdpPort();
            await using var relay = new UdpRelay(serverUdp, 0.05, TimeSpan.FromMilliseconds(2), 11);
            await using Pair pair = await MeetAsync(
                server,
                client,
                ["talk", "0", "1", "1", "1", "wait"],
                ["talk", $"{Count}", $"{Size}", "5", ordered, "shutdown"],
                new Dictionary<string, string> { ["SHORT_RTO"] = "1", ["PR_POLICY"] = policy, ["PR_VALUE"] = value },
                serverUdp,
                relay.EndPoint.Port);
            Assert.Equal([$"sent {Count}", "received 0 0 0", "closed"], await RestAsync(pair.Client));
            string[] lines = await RestAsync(pair.Server);
            int received = int.Parse(lines[1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(["sent 0", $"received {received} {received * Size} 0"], lines[..2]);
            Assert.Contains(lines[2], s_ends);               // the relay may lose SHUTDOWN COMPLETE, and then nobody is there to say it again
            Assert.InRange(received, policy == "1" ? 0 : 1, policy == "3" && value == "0" ? Count - 1 : Count);
            lost += relay.Lost;
        }

        Assert.True(lost > 0);                               // of the first few may be sent at all: 5 ms are short on a busy machine
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Large_messages_are_interleaved(string server, string client)
    {
        await using Pair pair = await MeetAsync(
            server,
            client,
            ["talk", "0", "1", "1", "1", "wait"],
            ["talk", "6", $"{1 << 20}", "2", "1", "shutdown"],
            new Dictionary<string, string> { ["INTERLEAVE"] = "1" });
        Assert.Equal(["sent 6", "received 0 0 0", "closed"], await RestAsync(pair.Client));
        Assert.Equal(["sent 0", $"received 6 {6 << 20} 0", "closed"], await RestAsync(pair.Server));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Streams_are_reset_and_added_and_go_on(string server, string client)
    {
        await using Pair pair = await MeetAsync(server, client, ["control"], ["control"]);
        foreach ((UsrsctpPeer here, UsrsctpPeer there) in new[] { (pair.Client, pair.Server), (pair.Server, pair.Client) })
        {
            for (int run = 0; run < 3; run++)
            {
                await here.TellAsync("send 3 10");
                await here.TellAsync("send 3 11");
                Assert.Equal(["3", "0", "10"], await there.ExpectAsync("message", _guard.Token));
                Assert.Equal(["3", "1", "11"], await there.ExpectAsync("message", _guard.Token));
                await here.TellAsync("reset out 3");
                Assert.Equal(["in", "ok", "3"], await there.ExpectAsync("reset", _guard.Token));
                Assert.Equal(["out", "ok", "3"], await here.ExpectAsync("reset", _guard.Token));
            }

            await here.TellAsync("send 5 20");
            Assert.Equal(["5", "0", "20"], await there.ExpectAsync("message", _guard.Token));
            await there.TellAsync("reset in 5");
            Assert.Equal(["in", "ok", "5"], await there.ExpectAsync("reset", _guard.Token));
            Assert.Equal(["out", "ok", "5"], await here.ExpectAsync("reset", _guard.Token));
            await here.TellAsync("send 5 21");
            Assert.Equal(["5", "0", "21"], await there.ExpectAsync("message", _guard.Token));
        }

        await pair.Client.TellAsync("shutdown");
        pair.Client.EndInput();
        pair.Server.EndInput();
        Assert.Equal(["received 8 104 0", "closed"], await RestAsync(pair.Client));
        Assert.Equal(["received 8 104 0", "closed"], await RestAsync(pair.Server));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task An_abort_ends_both_sides(string server, string client)
    {
        // Not the server: a client may hear of that before its connect has returned, on either library.
        await using Pair pair = await MeetAsync(server, client, ["talk", "0", "1", "1", "1", "wait"], ["talk", "0", "1", "1", "1", "abort"]);
        Assert.Equal(["sent 0", "received 0 0 0", "aborted"], await RestAsync(pair.Server));
        Assert.Equal(["sent 0", "received 0 0 0", "aborted"], await RestAsync(pair.Client));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task An_echo_comes_back_on_its_stream(string server, string client)
    {
        await using Pair pair = await MeetAsync(server, client, ["echo"], ["control"]);
        long bytes = 0;
        for (int i = 0; i < 20; i++)
        {
            int size = 1 + (i * 700);
            bytes += size;
            await pair.Client.TellAsync($"send {i % Streams} {size}");
            Assert.Equal([$"{i % Streams}", $"{i / Streams}", $"{size}"], await pair.Client.ExpectAsync("message", _guard.Token));
        }

        await pair.Client.TellAsync("shutdown");
        pair.Client.EndInput();
        Assert.Equal([$"received 20 {bytes} 0", "closed"], await RestAsync(pair.Client));
        Assert.Equal([$"received 20 {bytes} 0", "closed"], await RestAsync(pair.Server));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Authenticated_data_arrives_and_keys_change(string server, string client)
    {
        await using Pair pair = await MeetAsync(
            server, client, ["control"], ["control"], new Dictionary<string, string> { ["AUTH_CHUNKS"] = "0", ["AUTH_HMAC"] = "1", ["AUTH_KEY"] = "7:secret" });
        int streamMessages = 0;
        foreach (string key in new[] { "", "8 another" })
        {
            foreach (UsrsctpPeer peer in key.Length == 0 ? [] : new[] { pair.Server, pair.Client })
            {
                await peer.TellAsync($"key {key}");
                Assert.Equal(["ok"], await peer.ExpectAsync("key", _guard.Token));
            }

            foreach (UsrsctpPeer peer in key.Length == 0 ? [] : new[] { pair.Server, pair.Client })
            {
                await peer.TellAsync("activate 8");
                Assert.Equal(["ok"], await peer.ExpectAsync("key", _guard.Token));
            }

            await pair.Client.TellAsync("send 1 5000");
            Assert.Equal(["1", $"{streamMessages}", "5000"], await pair.Server.ExpectAsync("message", _guard.Token));
            await pair.Server.TellAsync("send 2 5001");
            Assert.Equal(["2", $"{streamMessages++}", "5001"], await pair.Client.ExpectAsync("message", _guard.Token));
        }
    }

    public void Dispose() => _guard.Dispose();

    private static TheoryData<string, string, int, bool, bool> MessagesUpTo(int largest)
    {
        var data = new TheoryData<string, string, int, bool, bool>();
        foreach ((string server, string client) in s_libraries.SelectMany(server => s_libraries.Select(client => (server, client))))
        {
            foreach (int size in s_sizes.Where(size => size <= largest))
            {
                data.Add(server, client, size, true, false);
                data.Add(server, client, size, false, true);
            }
        }

        return data;
    }

    private static int CountOf(int size) => size > 50_000 ? 20 : 100;

    private static async Task TellAsync(UsrsctpPeer peer, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            await peer.TellAsync(line);
        }
    }

    private async Task<string[]> RestAsync(UsrsctpPeer peer)
    {
        var lines = new List<string>();
        while (await peer.ReadAsync(_guard.Token) is { } words)
        {
            lines.Add(string.Join(' ', words));
        }

        return [.. lines];
    }

    private async Task<Pair> MeetAsync(
        string server,
        string client,
        string[] serverAction,
        string[] clientAction,
        IReadOnlyDictionary<string, string>? environment = null,
        int? serverUdp = null,
        int? way = null)
    {
        Library.Need(server, client);
        int serverPort = serverUdp ?? UsrsctpPeer.FreeUdpPort();
        int clientPort = UsrsctpPeer.FreeUdpPort();
        var pair = new Pair(UsrsctpPeer.Start("server", serverPort, clientPort, Port, With(server, environment), serverAction));
        try
        {
            await pair.Server.ExpectAsync("ready", _guard.Token);
            pair.Client = UsrsctpPeer.Start("client", clientPort, way ?? serverPort, Port, With(client, environment), clientAction);
            await pair.Client.ExpectAsync("up", _guard.Token);
            await pair.Server.ExpectAsync("up", _guard.Token);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    private static Dictionary<string, string> With(string library, IReadOnlyDictionary<string, string>? environment)
    {
        var all = new Dictionary<string, string>(environment ?? new Dictionary<string, string>());
        if (library == Library.Braid)
        {
            all["LD_LIBRARY_PATH"] = Library.BraidFolder;
        }

        return all;
    }

    private sealed class Pair(UsrsctpPeer server) : IAsyncDisposable
    {
        public UsrsctpPeer Server { get; } = server;

        public UsrsctpPeer Client { get; set; } = server;

        public async ValueTask DisposeAsync()
        {
            if (Client != Server)
            {
                await Client.DisposeAsync();
            }

            await Server.DisposeAsync();
        }
    }
}
