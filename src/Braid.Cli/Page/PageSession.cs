using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc;

namespace Braid.Cli.Page;

/// <summary>One page that is connected. The label of a channel says what is spoken on it.</summary>
internal sealed class PageSession(RTCPeerConnection connection, ChatRoom chat, FileShelf files)
{
    private static readonly TimeSpan s_statusInterval = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<RTCDataChannel, bool> _channels = [];

    /// <summary>Serves one channel of the page until it ends.</summary>
    public async Task ServeAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        _channels[channel] = true;
        await Task.Yield();
        try
        {
            await (channel.Label switch
            {
                "status" => ReportAsync(channel, cancellationToken),
                "chat" => chat.JoinAsync(channel, cancellationToken),
                "ping" => EchoAsync(channel, cancellationToken),
                "file" => files.ServeAsync(channel, cancellationToken),
                "throughput" => ThroughputTest.RunAsync(channel, cancellationToken),
                _ => Task.CompletedTask,
            });
        }
        finally
        {
            _channels.TryRemove(channel, out _);
        }
    }

    private async Task ReportAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_statusInterval);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            RTCStatsReport report = await connection.GetStatsAsync(cancellationToken);
            RTCTransportStats? transport = report.OfType<RTCTransportStats>().FirstOrDefault();
            var status = new PageStatus(
                Cwnd: transport?.CongestionWindow ?? 0,
                InFlight: transport?.UnackData ?? 0,
                Rtt: (transport?.SmoothedRoundTripTime ?? 0) * 1000,
                Queue: _channels.Keys.Sum(one => one.BufferedAmount),
                PacketsSent: transport?.PacketsSent ?? 0,
                PacketsReceived: transport?.PacketsReceived ?? 0,
                Offers: files.Offers);
            await channel.SendAsync(PageMessages.Write(status), cancellationToken);
        }
    }

    private static async Task EchoAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        await foreach (RTCMessage message in channel.ReadAllAsync(cancellationToken))
        {
            string echo = message.GetText();
            try
            {
                channel.Send(echo);                          // not behind what waits to be sent on other channels
            }
            catch (RTCException exception) when (exception.Name == RTCErrorName.OperationError)
            {
                // It is lost: the page counts it.
            }
        }
    }
}
