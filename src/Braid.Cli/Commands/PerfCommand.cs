using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Perf;
using Braid.Sctp;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Commands;

/// <summary><c>braid perf server</c> and <c>braid perf client HOST[:UDPPORT]</c>.</summary>
internal static class PerfCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    public static Command Create() => new("perf", "Measure what a path and two machines can do, as iperf3 does.") { CreateServer(), CreateClient() };

    private static Command CreateServer()
    {
        var settings = new SctpSettings();
        var command = new Command("server", "Wait for 'braid perf client', until Ctrl+C.");
        settings.AddListening(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) => settings.ServeAsync(result, loggers, ServeAsync, cancellationToken));
        return command;
    }

    private static Command CreateClient()
    {
        var host = new Argument<string>("HOST") { Description = "Where to: HOST or HOST:UDPPORT." };
        var streams = new Option<int>("--streams") { Description = "Streams to send on at the same time.", DefaultValueFactory = _ => 1 };
        var size = new Option<int>("--size") { Description = "Bytes in each message.", DefaultValueFactory = _ => 16384 };
        var time = new Option<double>("--time") { Description = "Seconds to send.", DefaultValueFactory = _ => 10 };
        var reverse = new Option<bool>("--reverse") { Description = "The server sends." };
        var both = new Option<bool>("--both") { Description = "Both sides send." };
        var unordered = new Option<bool>("--unordered") { Description = "Send unordered." };
        var lifetime = new Option<string?>("--lifetime") { Description = "Give a message up that is not delivered after so long: 500ms, 2s." };
        Option<bool> json = JsonOutput.Option();
        var settings = new SctpSettings();
        var command = new Command("client", "Send to 'braid perf server', or let it send.") { host, streams, size, time, reverse, both, unordered, lifetime, json };
        settings.AddConnecting(command);
        CommandRunner.SetAction(command, (result, loggers, cancellationToken) =>
        {
            var request = new PerfMessage
            {
                Type = PerfMessage.Request,
                Streams = SctpSettings.InRange(result, streams, 1, ushort.MaxValue),
                Size = SctpSettings.InRange(result, size, 1, SctpAssociationOptions.Default.MaximumMessageSize),
                Seconds = result.GetValue(time) is > 0 and <= 24 * 3600 and var seconds
                    ? seconds
                    : throw new UsageException($"--time {result.GetValue(time)}: must be more than 0, and a day at most"),
                ClientSends = !result.GetValue(reverse) || result.GetValue(both),
                ServerSends = result.GetValue(reverse) || result.GetValue(both),
                Unordered = result.GetValue(unordered),
                LifetimeMilliseconds = result.GetValue(lifetime) is { } text ? Quantity.Time(lifetime.Name, text).TotalMilliseconds : null,
            };
            bool isJson = result.GetValue(json);
            return JsonOutput.RunAsync(isJson, () => MeasureAsync(result, settings, result.GetValue(host)!, request, isJson, loggers, cancellationToken));
        });
        return command;
    }

    private static async Task ServeAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        await using SctpAssociation owned = association;
        var flow = new PerfFlow(association);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task receiving = flow.ReceiveAsync(stop.Token);
        try
        {
            PerfMessage request = await flow.HearAsync(PerfMessage.Request, stop.Token);
            if (request.Objection(association.StreamCounts.Outgoing, association.Options.MaximumMessageSize) is { } objection)
            {
                throw new TransferFailedException(objection);
            }

            Task sending = request.ServerSends ? flow.SendAsync(request, stop.Token) : Task.CompletedTask;
            if (request.ClientSends)
            {
                await flow.HearAsync(PerfMessage.End, stop.Token);
            }

            await sending;
            await flow.SayAsync(
                new PerfMessage { Type = PerfMessage.Result, Received = flow.Received, CpuSeconds = flow.CpuSeconds }, stop.Token);
            await receiving.ConfigureAwait(flow.BytesLeft > 0 ? ConfigureAwaitOptions.SuppressThrowing : ConfigureAwaitOptions.None);     // the client ends it
            await Console.Out.WriteLineAsync($"{Ends.PeerOf(association)}: received {Describe(flow.Received)}; sent {Describe(flow.Sent)}");
        }
        catch (Exception exception) when (exception is SctpException or TransferFailedException or OperationCanceledException)
        {
            association.Abort(exception.Message);
            await Console.Error.WriteLineAsync($"braid: {Ends.PeerOf(association)}: {exception.Message}");
        }

        await stop.CancelAsync();
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<int> MeasureAsync(
        ParseResult result, SctpSettings settings, string host, PerfMessage request, bool isJson, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        await using SctpAssociation association = await settings.ConnectAsync(result, host, loggers, cancellationToken);
        if (request.Streams >= association.StreamCounts.Outgoing)
        {
            throw new UsageException($"--streams {request.Streams}: the peer allows {association.StreamCounts.Outgoing - 1} beside the first");
        }

        var flow = new PerfFlow(association);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task receiving = flow.ReceiveAsync(stop.Token);
        await flow.SayAsync(request, stop.Token);
        Task<PerfMessage> test = RunAsync(flow, request, stop.Token);
        List<PerfInterval> intervals = await WatchAsync(association, flow, request, test, isJson);
        PerfMessage answer = await test;
        AssociationStatistics statistics = await association.GetStatisticsAsync();
        var report = new PerfReport
        {
            Status = "ok",
            Test = request,
            Intervals = intervals,
            Sent = request.ClientSends ? flow.Sent : null,
            ReceivedByServer = request.ClientSends ? answer.Received : null,
            Received = request.ServerSends ? flow.Received : null,
            BytesLeft = flow.BytesLeft,
            Abandoned = statistics.MessagesAbandoned,
            Retransmissions = statistics.ChunksRetransmitted,
            CpuSeconds = flow.CpuSeconds,
            ServerCpuSeconds = answer.CpuSeconds,
        };
        if (flow.BytesLeft > 0)
        {
            association.Abort("the time of the test is over");
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            await association.ShutdownAsync(cancellationToken);
            await receiving;
        }

        if (isJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, PerfJson.Default.PerfReport));
        }
        else
        {
            Print(report);
        }

        return ExitCode.Done;
    }

    private static async Task<PerfMessage> RunAsync(PerfFlow flow, PerfMessage request, CancellationToken cancellationToken)
    {
        Task sending = request.ClientSends ? flow.SendAsync(request, cancellationToken) : Task.CompletedTask;
        if (request.ServerSends)
        {
            await flow.HearAsync(PerfMessage.End, cancellationToken);
        }

        await sending;
        return await flow.HearAsync(PerfMessage.Result, cancellationToken);
    }

    private static async Task<List<PerfInterval>> WatchAsync(SctpAssociation association, PerfFlow flow, PerfMessage request, Task test, bool isJson)
    {
        var intervals = new List<PerfInterval>();
        long start = Stopwatch.GetTimestamp();
        (long sent, long received, long retransmitted) = (0, 0, 0);
        double began = 0;
        while (await Task.WhenAny(test, Task.Delay(s_interval)) != test)
        {
            AssociationStatistics statistics = await association.GetStatisticsAsync();
            double end = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var interval = new PerfInterval
            {
                End = end,
                BytesSent = flow.BytesSent - sent,
                BytesReceived = flow.BytesReceived - received,
                Retransmissions = statistics.ChunksRetransmitted - retransmitted,
                CongestionWindow = statistics.CongestionWindow,
                SmoothedRttMilliseconds = statistics.SmoothedRtt.TotalMilliseconds,
            };
            intervals.Add(interval);
            (sent, received, retransmitted) = (flow.BytesSent, flow.BytesReceived, statistics.ChunksRetransmitted);
            if (!isJson)
            {
                string ways = (request.ClientSends ? $"  sent {Rate(interval.BytesSent, end - began)}" : "")
                    + (request.ServerSends ? $"  received {Rate(interval.BytesReceived, end - began)}" : "");
                string when = string.Create(CultureInfo.InvariantCulture, $"{began:0.0}-{end:0.0} s");
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{when,-12}{ways}  {interval.Retransmissions} chunks again  cwnd {Amount.Bytes(interval.CongestionWindow)}  RTT {Amount.Duration(statistics.SmoothedRtt)}"));
            }

            began = end;
        }

        return intervals;
    }

    private static void Print(PerfReport report)
    {
        if (report.Sent is { } sent)
        {
            Console.Out.WriteLine($"Sent      {Describe(sent)}; {report.Retransmissions} chunks again, {report.Abandoned} messages given up");
        }

        if (report.ReceivedByServer is { } arrived)
        {
            Console.Out.WriteLine($"Arrived   {Describe(arrived)}");
        }

        if (report.Received is { } received)
        {
            Console.Out.WriteLine($"Received  {Describe(received)}");
        }

        if (report.BytesLeft > 0)
        {
            Console.Out.WriteLine($"Left      {Amount.Bytes(report.BytesLeft)} were not acknowledged five seconds after the time was over");
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"CPU       {report.CpuSeconds:0.00} s here, {report.ServerCpuSeconds ?? 0:0.00} s there"));
    }

    private static string Describe(PerfTotal total) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Amount.Bytes(total.Bytes)} in {total.Seconds:0.0} s, {Rate(total.Bytes, total.Seconds)}, {total.Messages} messages");

    private static string Rate(long bytes, double seconds)
    {
        double bits = seconds > 0 ? bytes * 8 / seconds : 0;
        (double value, string unit) = bits >= 1e9 ? (bits / 1e9, "Gbit/s") : bits >= 1e6 ? (bits / 1e6, "Mbit/s") : (bits / 1e3, "kbit/s");
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}");
    }
}
