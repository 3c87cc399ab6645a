using System;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Braid.Dtls;

/// <summary>The meter "Braid.Dtls". Nothing is recorded per record that is used, and nothing at all for nobody.</summary>
internal static class DtlsMeters
{
    private const string Name = "Braid.Dtls";

    private static readonly Meter s_meter = new(Name);

    private static readonly Histogram<double> s_handshake = s_meter.CreateHistogram<double>(
        "dtls.handshake.duration", "s", "How long handshakes took, those that have failed with the reason.");

    private static readonly Counter<long> s_ended = s_meter.CreateCounter<long>(
        "dtls.session.ended", "{session}", "Sessions that have ended, those that have failed with the reason.");

    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>(
        "dtls.datagram.dropped", "{datagram}", "Datagrams of a peer that were not used: damaged, forged, repeated, or too early.");

    /// <summary>A handshake is done.</summary>
    public static void OnHandshake(TimeSpan duration) => s_handshake.Record(duration.TotalSeconds);

    /// <summary>A session has ended.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="handshake">How long its handshake took that has come to nothing; null where it was done, or not begun.</param>
    public static void OnEnded(DtlsEndReason reason, TimeSpan? handshake)
    {
        if (!s_ended.Enabled && !s_handshake.Enabled)
        {
            return;
        }

        TagList tags = default;
        if (reason is not (DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer))
        {
            tags.Add("error.type", reason.ToString());
        }

        s_ended.Add(1, tags);
        if (handshake is { } duration && tags.Count > 0)
        {
            s_handshake.Record(duration.TotalSeconds, tags);
        }
    }

    /// <summary>A datagram was not used.</summary>
    public static void OnDropped() => s_dropped.Add(1);
}
