using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc;

namespace Braid.Cli.Page;

/// <summary>Blocks for some seconds, in the direction that the channel's subprotocol names: "down" is from this process to the page.</summary>
internal static class ThroughputTest
{
    private const int BlockLength = 1 << 16;
    private const double LongestSeconds = 60;

    private static readonly TimeSpan s_reportInterval = TimeSpan.FromMilliseconds(200);

    public static Task RunAsync(RTCDataChannel channel, CancellationToken cancellationToken) =>
        channel.Protocol == "down" ? SendAsync(channel, cancellationToken) : ReceiveAsync(channel, cancellationToken);

    private static async Task SendAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        double seconds;
        using (RTCMessage message = await channel.ReceiveAsync(cancellationToken))
        {
            seconds = Math.Clamp(PageMessages.Read<ThroughputRequest>(message.GetText())?.Seconds ?? 0, 0, LongestSeconds);
        }

        var block = new byte[Math.Min(BlockLength, channel.MaxMessageSize)];
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            await channel.SendAsync(block, cancellationToken);
        }

        await channel.SendAsync(PageMessages.Write(new ThroughputReport(0, End: true)), cancellationToken);
        await foreach (RTCMessage _ in channel.ReadAllAsync(cancellationToken))
        {
            // The page closes the channel when it has everything.
        }
    }

    private static async Task ReceiveAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        long received = 0;
        long reported = Stopwatch.GetTimestamp();
        await foreach (RTCMessage message in channel.ReadAllAsync(cancellationToken))
        {
            received += message.IsText ? 0 : message.Length;
            if (message.IsText || Stopwatch.GetElapsedTime(reported) >= s_reportInterval)
            {
                reported = Stopwatch.GetTimestamp();
                await channel.SendAsync(PageMessages.Write(new ThroughputReport(received, message.IsText)), cancellationToken);
            }
        }
    }
}
