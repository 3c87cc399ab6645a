using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Threading;

namespace Braid.WebRtc;

/// <summary>The meter "Braid.WebRtc". What SCTP counts is in the statistics of each connection.</summary>
internal static class Meters
{
    public const string Name = "Braid.WebRtc";

    private static readonly Meter s_meter = new(Name);
    private static readonly Counter<long> s_failed = s_meter.CreateCounter<long>("webrtc.connection.failed", "{connection}", "Connections that have failed.");
    private static readonly Counter<long> s_messages = s_meter.CreateCounter<long>("webrtc.message.count", "{message}", "Messages of channels that are closed.");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("webrtc.io", "By", "What was in them.");
    private static long s_connections;
    private static long s_channels;

    static Meters()
    {
        s_meter.CreateObservableUpDownCounter("webrtc.connection.active", () => Volatile.Read(ref s_connections), "{connection}", "Connections that exist.");
        s_meter.CreateObservableCounter("webrtc.channel.opened", () => Volatile.Read(ref s_channels), "{channel}", "Data channels that were opened.");
    }

    public static void OnCreated() => Interlocked.Increment(ref s_connections);

    public static void OnFreed() => Interlocked.Decrement(ref s_connections);

    public static void OnFailed(RTCFailureReason reason) => s_failed.Add(1, new KeyValuePair<string, object?>("error.type", reason.ToString()));

    public static void OnChannelOpened() => Interlocked.Increment(ref s_channels);

    /// <summary>What a channel has counted, once it is closed: nobody pays for it with each message.</summary>
    public static void OnChannelClosed(ChannelHost channel)
    {
        var sent = new KeyValuePair<string, object?>("network.io.direction", "transmit");
        var received = new KeyValuePair<string, object?>("network.io.direction", "receive");
        s_messages.Add(channel.MessagesSent, sent);
        s_messages.Add(channel.MessagesReceived, received);
        s_bytes.Add(channel.BytesSent, sent);
        s_bytes.Add(channel.BytesReceived, received);
    }
}
