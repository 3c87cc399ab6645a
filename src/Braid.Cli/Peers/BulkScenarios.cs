using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.WebRtc;
using static Braid.Cli.Peers.ScenarioException;

namespace Braid.Cli.Peers;

/// <summary>The scenarios that are about amounts and losses.</summary>
internal static class BulkScenarios
{
    public static async Task<JsonObject> BulkAsync(Caller caller, JsonObject options)
    {
        long bytes = Scenarios.Number(options, "bytes", 200_000_000, least: 1);
        int window = Scenarios.Number(options, "window", 4 << 20);
        await caller.ConnectAsync();
        RTCDataChannel channel = await caller.OpenAsync("bulk");
        int size = Math.Min(Scenarios.Number(options, "messageSize", 65536, least: 1), caller.Largest);
        byte[] block = Sample.BytesOf((1 << 20) + size).Bytes;
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var room = new SemaphoreSlim(0);
        long back = 0;
        long start = Stopwatch.GetTimestamp();
        Task reading = ReadAsync();
        for (long at = 0; at < bytes;)
        {
            while (at - Volatile.Read(ref back) > window)
            {
                await room.WaitAsync(caller.Token);
            }

            int length = (int)Math.Min(size, bytes - at);
            ReadOnlyMemory<byte> message = block.AsMemory((int)(at * 7919 % (1 << 20)), length);       // another piece each time
            sent.AppendData(message.Span);
            await channel.SendAsync(message, caller.Token);
            at += length;
        }

        await reading;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        string there = Convert.ToHexStringLower(sent.GetCurrentHash());
        string again = Convert.ToHexStringLower(received.GetCurrentHash());
        Check(back == bytes && there == again, $"{back} bytes came back of {bytes}, with hash {again} instead of {there}");
        return new JsonObject { ["bytes"] = bytes, ["seconds"] = seconds, ["megabitsPerSecond"] = bytes * 8 / seconds / 1e6, ["sha256"] = there };

        async Task ReadAsync()
        {
            while (back < bytes)
            {
                caller.Progress = $"{back} of {bytes} bytes came back";
                using RTCMessage message = await channel.ReceiveAsync(caller.Token);
                foreach (ReadOnlyMemory<byte> segment in message.Data)
                {
                    received.AppendData(segment.Span);
                }

                Volatile.Write(ref back, back + message.Length);
                room.Release();
            }
        }
    }

    public static async Task<JsonObject> ThroughputAsync(Caller caller, JsonObject options)
    {
        double seconds = Scenarios.Seconds(options, "seconds", 3);
        double warmUp = Scenarios.Seconds(options, "warmUp", 1);
        await caller.ConnectAsync();
        RTCDataChannel channel = await caller.OpenAsync("sink", new RTCDataChannelInit { Protocol = PeerJson.Sink });
        byte[] message = Sample.BytesOf(Math.Min(Scenarios.Number(options, "messageSize", 65536, least: 1), caller.Largest)).Bytes;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(caller.Token);
        Task sending = Task.Run(SendAsync, caller.Token);
        await Task.Delay(TimeSpan.FromSeconds(warmUp), caller.Token);
        (double firstBytes, double firstMessages, double firstNow) = await CountAsync();
        await Task.Delay(TimeSpan.FromSeconds(seconds), caller.Token);
        (double lastBytes, double lastMessages, double lastNow) = await CountAsync();
        await stop.CancelAsync();
        await sending;
        double elapsed = (lastNow - firstNow) / 1000;
        return new JsonObject
        {
            ["bytes"] = lastBytes - firstBytes,
            ["messages"] = lastMessages - firstMessages,
            ["seconds"] = elapsed,
            ["gigabitsPerSecond"] = (lastBytes - firstBytes) * 8 / elapsed / 1e9,
        };

        async Task SendAsync()
        {
            try
            {
                while (true)
                {
                    await channel.SendAsync(message, stop.Token);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // enough
            }
        }

        async Task<(double Bytes, double Messages, double Now)> CountAsync()
        {
            JsonObject count = await caller.CommandAsync("count", "sink");
            return (Of("bytes"), Of("messages"), Of("now"));

            double Of(string name) => count[name]?.GetValue<double>() ?? 0;
        }
    }

    public static async Task<JsonObject> UnreliableAsync(Caller caller, JsonObject options)
    {
        int count = Scenarios.Number(options, "count", 400, least: 1);
        int size = Scenarios.Number(options, "size", 1000, least: 4);
        int interval = Scenarios.Number(options, "interval", 4);
        int silence = Scenarios.Number(options, "silence", 1500);
        bool isOrdered = options["ordered"]?.GetValue<bool>() ?? false;
        await caller.ConnectAsync();
        RTCDataChannel channel = await caller.OpenAsync("unreliable", new RTCDataChannelInit
        {
            Ordered = isOrdered,
            MaxRetransmits = options["maxRetransmits"]?.GetValue<ushort>(),
            MaxPacketLifeTime = options["maxPacketLifeTime"]?.GetValue<ushort>(),
        });
        List<int> seen = [];
        int wrong = 0;
        long last = Stopwatch.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(caller.Token);
        Task reading = ReadAsync();
        for (int number = 0; number < count; number++)
        {
            byte[] message = new byte[size];
            BinaryPrimitives.WriteInt32BigEndian(message, number);
            Sample.BytesOf(size - 4, number + 1).Bytes.CopyTo(message, 4);
            await channel.SendAsync(message, caller.Token);
            Volatile.Write(ref last, Stopwatch.GetTimestamp());
            await Task.Delay(interval, caller.Token);
        }

        while (!reading.IsCompleted && Stopwatch.GetElapsedTime(Volatile.Read(ref last)).TotalMilliseconds < silence)
        {
            await Task.Delay(20, caller.Token);
        }

        await stop.CancelAsync();
        await reading;
        int messages = Scenarios.Number(await caller.CommandAsync("count", "unreliable"), "messages", 0);
        Check(wrong == 0, $"{wrong} messages were damaged");
        Check(seen.Distinct().Count() == seen.Count, "a message came twice");
        Check(!isOrdered || seen.SequenceEqual(seen.Order()), "messages came out of order");
        Check(seen.Count > 0, "nothing came back");
        Check(messages <= count && seen.Count <= messages, $"{count} sent, {messages} there, {seen.Count} back");
        return new JsonObject { ["sent"] = count, ["arrived"] = messages, ["echoed"] = seen.Count };

        async Task ReadAsync()
        {
            try
            {
                while (seen.Count < count)
                {
                    using RTCMessage message = await channel.ReceiveAsync(stop.Token);
                    Volatile.Write(ref last, Stopwatch.GetTimestamp());
                    byte[] bytes = message.ToArray();
                    int number = BinaryPrimitives.ReadInt32BigEndian(bytes);
                    wrong += bytes.AsSpan(4).SequenceEqual(Sample.BytesOf(size - 4, number + 1).Bytes) ? 0 : 1;
                    seen.Add(number);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !caller.Token.IsCancellationRequested)
            {
                // silence
            }
        }
    }
}
