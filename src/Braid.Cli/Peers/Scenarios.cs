using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.WebRtc;
using static Braid.Cli.Peers.ScenarioException;

namespace Braid.Cli.Peers;

/// <summary>What <c>POST /call</c> runs; docs/interop-scenarios.md defines each.</summary>
internal sealed partial class Scenarios(RTCConfiguration defaults)
{
    private static readonly Dictionary<string, Func<Caller, JsonObject, Task<JsonObject>>> s_scenarios = new()
    {
        ["echo"] = EchoAsync,
        ["bulk"] = BulkScenarios.BulkAsync,
        ["throughput"] = BulkScenarios.ThroughputAsync,
        ["channels"] = ChannelsAsync,
        ["close"] = CloseAsync,
        ["unreliable"] = BulkScenarios.UnreliableAsync,
        ["negotiated"] = NegotiatedAsync,
        ["restart"] = RestartAsync,
        ["relay"] = RelayAsync,
    };

    /// <summary>POST /call.</summary>
    public async Task<JsonObject> CallAsync(JsonObject request, CancellationToken cancellationToken)
    {
        string name = PeerJson.Text(request["scenario"]) ?? "";
        string url = PeerJson.Text(request["url"]) ?? throw new JsonException("There is no url.");
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps))
        {
            throw new JsonException($"The url {url} does not begin with http://.");
        }

        if (!s_scenarios.TryGetValue(name, out Func<Caller, JsonObject, Task<JsonObject>>? run))
        {
            return Failed($"there is no scenario '{name}'");
        }

        JsonObject options = request["options"] as JsonObject ?? [];
        int timeout = Number(options, "timeout", 30_000, least: 1);
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(timeout);
        await using var caller = new Caller(url, PeerJson.ReadConfiguration(options["configuration"], defaults), guard.Token);
        try
        {
            return new JsonObject { ["passed"] = true, ["details"] = "", ["figures"] = await run(caller, options) };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"not done after {timeout} ms: {caller.Progress} ({caller.Connection.ConnectionState})");
        }
        catch (Exception exception) when (exception is ScenarioException or HttpRequestException || LocalServer.IsNonsense(exception))
        {
            return Failed($"{exception.Message} ({caller.Progress})");
        }
    }

    /// <summary>A whole number of a request.</summary>
    /// <exception cref="JsonException">It is none, or too small.</exception>
    public static int Number(JsonObject options, string name, int otherwise, int least = 0) => Number(options[name], name, otherwise, least);

    /// <summary>A time of a request, in seconds: up to an hour.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static double Seconds(JsonObject options, string name, double otherwise)
    {
        double value = options[name]?.GetValue<double>() ?? otherwise;
        return value is >= 0 and <= 3600 ? value : throw new JsonException($"{name} must be from 0 to 3600.");
    }

    private static int Number(JsonNode? value, string name, int otherwise, int least)
    {
        double number = value?.GetValue<double>() ?? otherwise;
        return number >= least && number <= int.MaxValue ? (int)number : throw new JsonException($"{name} must be from {least} to {int.MaxValue}.");
    }

    private static JsonObject Failed(string why) => new() { ["passed"] = false, ["details"] = why };

    private static async Task<JsonObject> EchoAsync(Caller caller, JsonObject options)
    {
        await caller.ConnectAsync();
        int[] sizes = options["sizes"] is JsonArray given ? [.. given.Select(static size => Number(size, "sizes", 0, 0))] : [0, 1, 16384, 65536, 262144];
        int[] fitting = [.. sizes.Where(size => size <= caller.Largest)];
        Check(fitting.Length > 0, $"no size is one of a message that both sides take: up to {caller.Largest}");
        int messages = 0;
        foreach (bool isOrdered in new[] { true, false })
        {
            RTCDataChannel channel = await caller.OpenAsync(isOrdered ? "ordered" : "unordered", new RTCDataChannelInit { Ordered = isOrdered });
            List<Sample> open = [.. fitting.SelectMany((size, i) => new[] { Sample.TextOf(size), Sample.BytesOf(size, i + 1) })];
            Task sending = Task.Run(async () =>
            {
                foreach (Sample sample in open.ToArray())
                {
                    await caller.SendAsync(channel, sample);
                }
            });
            await sending;
            while (open.Count > 0)
            {
                caller.Progress = $"{channel.Label}: {open.Count} did not come back";
                Sample back = await caller.ReceiveAsync(channel);
                int at = isOrdered ? (open[0].Equals(back) ? 0 : -1) : open.FindIndex(back.Equals);
                Check(at >= 0, $"{channel.Label}: message {messages} came back as {back}");
                open.RemoveAt(at);
                messages++;
            }
        }

        return new JsonObject { ["messages"] = messages, ["largest"] = fitting.Max() };
    }

    private static async Task<JsonObject> ChannelsAsync(Caller caller, JsonObject options)
    {
        int count = Number(options, "count", 1000, least: 1);
        await caller.ConnectAsync();
        List<RTCDataChannel> all = [.. Enumerable.Range(0, count / 2).Select(i => caller.Connection.CreateDataChannel($"ours {i}"))];
        foreach (RTCDataChannel channel in all)
        {
            caller.Progress = $"{channel.Label} does not open";
            await caller.SendAsync(channel, Sample.Text(channel.Label));
        }

        const int Batch = 50;                                // a command has to fit into a message
        List<RTCDataChannel> theirs = [];
        for (int i = all.Count; i < count; i += Batch)
        {
            int some = Math.Min(Batch, count - i);
            await caller.CommandAsync("open", channels: Enumerable.Range(i, some).Select(static k => PeerJson.WriteChannel($"theirs {k}")));
            for (int k = 0; k < some; k++)
            {
                caller.Progress = $"{theirs.Count} of theirs came";
                RTCDataChannel channel = await caller.Connection.AcceptDataChannelAsync(caller.Token);
                await caller.SendAsync(channel, Sample.Text(channel.Label));
                theirs.Add(channel);
            }
        }

        all.AddRange(theirs);
        foreach (RTCDataChannel channel in all)
        {
            caller.Progress = $"{channel.Label} does not echo";
            Check((await caller.ReceiveAsync(channel)).Equals(Sample.Text(channel.Label)), $"{channel.Label}: another message came back");
        }

        int ids = all.Select(static channel => channel.Id).Distinct().Count();
        Check(ids == count, $"{count} channels have {ids} ids");
        Check(theirs.Select(static channel => channel.Label).Distinct().Count() == theirs.Count, "a channel came twice");
        return new JsonObject { ["channels"] = count, ["highestId"] = all.Max(static channel => channel.Id) };
    }

    private static async Task<JsonObject> CloseAsync(Caller caller, JsonObject options)
    {
        int rounds = Number(options, "rounds", 10, least: 1);
        ushort id = (ushort)Number(options, "id", 200);
        bool isComplete = options["complete"]?.GetValue<bool>() ?? true;
        bool hasNegotiated = options["negotiated"]?.GetValue<bool>() ?? true;
        await caller.ConnectAsync();
        HashSet<ushort?> ids = [];
        for (int round = 0; round < rounds; round++)
        {
            caller.Progress = $"closed here {round}";
            RTCDataChannel here = await caller.OpenAsync(caller.Progress, new RTCDataChannelInit { Protocol = PeerJson.Sink });
            ids.Add(here.Id);
            await caller.SendAsync(here, Sample.BytesOf(1000, 0));
            await caller.UntilArrivedAsync(here.Label, 1);   // not all tell of a channel that is closed as soon as it is there
            for (int i = 1; i < 10; i++)
            {
                await caller.SendAsync(here, Sample.BytesOf(1000, i));
            }

            await here.CloseAsync(caller.Token);
            Check(here.ReadyState == RTCDataChannelState.Closed, "closed, but its state is not");
            await caller.UntilClosedAsync(here.Label);
            if (isComplete)
            {
                await caller.UntilArrivedAsync(here.Label, 10);        // some tell of the close before they tell of the last message
            }

            caller.Progress = $"closed there {round}";
            RTCDataChannel there = await caller.OpenAsync(caller.Progress);
            await caller.EchoAsync(there, Sample.Text("before"));
            ids.Add(there.Id);
            await caller.CommandAsync("close", there.Label);
            await there.Closed.WaitAsync(caller.Token);
        }

        for (int round = 0; hasNegotiated && round < rounds; round++)
        {
            caller.Progress = $"negotiated {round}";
            var init = new RTCDataChannelInit { Negotiated = true, Id = id };
            await caller.CommandAsync("open", channels: [PeerJson.WriteChannel(caller.Progress, init)]);
            RTCDataChannel channel = await caller.OpenAsync(caller.Progress, init);
            await caller.EchoAsync(channel, Sample.Text(channel.Label));
            if (round % 2 == 0)
            {
                await channel.CloseAsync(caller.Token);
            }
            else
            {
                await caller.CommandAsync("close", channel.Label);
                await channel.Closed.WaitAsync(caller.Token);
            }

            await caller.UntilClosedAsync(channel.Label);
        }

        return new JsonObject { ["closed"] = (hasNegotiated ? 3 : 2) * rounds, ["ids"] = ids.Count };
    }

    private static async Task<JsonObject> NegotiatedAsync(Caller caller, JsonObject options)
    {
        int[] before = Ids(options["before"]) ?? [100, 101, 500];
        int[] after = Ids(options["after"]) ?? [102, 103];
        List<RTCDataChannel> channels = [.. before.Select(Here)];
        await caller.ConnectAsync(new JsonObject { ["channels"] = new JsonArray([.. before.Select(There)]) });
        await caller.CommandAsync("open", channels: after.Select(There));
        channels.AddRange(after.Select(Here));
        foreach ((RTCDataChannel channel, int id) in channels.Zip([.. before, .. after]))
        {
            caller.Progress = channel.Label;
            await channel.Opened.WaitAsync(caller.Token);
            Check(channel.Id == id, $"its id is {channel.Id}");
            await caller.EchoAsync(channel, Sample.Text($"text of {id}"));
            await caller.EchoAsync(channel, Sample.BytesOf(5000, id));
        }

        using var none = new CancellationTokenSource();
        Task<RTCDataChannel> announced = caller.Connection.AcceptDataChannelAsync(none.Token).AsTask();
        Check(!announced.IsCompleted, "a negotiated channel was announced");
        await none.CancelAsync();
        await ((Task)announced).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return new JsonObject { ["channels"] = channels.Count };

        RTCDataChannel Here(int id) => caller.Connection.CreateDataChannel($"here {id}", Init(id));
        static JsonObject There(int id) => PeerJson.WriteChannel($"there {id}", Init(id));
        static RTCDataChannelInit Init(int id) => new() { Negotiated = true, Id = (ushort)id, Protocol = $"p{id}", Ordered = id % 2 == 0 };
        static int[]? Ids(JsonNode? json) => json is JsonArray given ? [.. given.Select(static id => (int)id!.GetValue<double>())] : null;
    }

    private static async Task<JsonObject> RestartAsync(Caller caller, JsonObject options)
    {
        int count = Number(options, "count", 600, least: 1);
        int interval = Number(options, "interval", 2);
        (string Offer, string Answer) before = await caller.ConnectAsync();
        RTCDataChannel channel = await caller.OpenAsync("restart");
        int next = 0;
        Task reading = ReadAsync();
        Task<(string Offer, string Answer)>? restarting = null;
        for (int i = 0; i < count; i++)
        {
            restarting ??= i == count / 3 ? caller.NegotiateAsync(restartsIce: true) : null;
            await caller.SendAsync(channel, Sample.Text($"message {i}"));
            await Task.Delay(interval, caller.Token);
        }

        (string Offer, string Answer) after = await restarting!;
        Check(Fragment(before.Offer) != Fragment(after.Offer), "the offer has the ufrag of before");
        Check(Fragment(before.Answer) != Fragment(after.Answer), "the answer has the ufrag of before");
        await Task.Delay(1000, caller.Token);                // the old pair may still carry; the new one has to, in the end
        for (int i = count; i < 2 * count; i++)
        {
            await caller.SendAsync(channel, Sample.Text($"message {i}"));
        }

        caller.Progress = "messages do not come back";
        await reading;
        return new JsonObject { ["messages"] = next };

        async Task ReadAsync()
        {
            while (next < 2 * count)
            {
                Check((await caller.ReceiveAsync(channel)).Equals(Sample.Text($"message {next}")), $"message {next} out of order");
                next++;
            }
        }

        static string Fragment(string sdp) => FragmentPattern().Match(sdp).Groups[1].Value;
    }

    private static async Task<JsonObject> RelayAsync(Caller caller, JsonObject options)
    {
        (string offer, _) = await caller.ConnectAsync(new JsonObject { ["configuration"] = options["theirs"]?.DeepClone() });
        string[] types = [.. CandidatePattern().Matches(offer).Select(static match => match.Groups[1].Value)];
        Check(types.Length > 0 && types.All(static type => type == "relay"), $"the offer's candidates are {string.Join(", ", types)}");
        RTCDataChannel channel = await caller.OpenAsync("relayed");
        for (int i = 0; i < 100; i++)
        {
            await caller.EchoAsync(channel, Sample.BytesOf(10_000, i));
        }

        return new JsonObject { ["candidates"] = types.Length, ["messages"] = 100 };
    }

    [GeneratedRegex(@"a=ice-ufrag:(\S+)")]
    private static partial Regex FragmentPattern();

    [GeneratedRegex(@"a=candidate:.* typ (\w+)")]
    private static partial Regex CandidatePattern();
}
