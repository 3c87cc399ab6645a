using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

/// <summary>Acknowledgements for a congestion control alone: a path on which each round trip delivers what the window holds.</summary>
internal sealed class Acks(ICongestionControl control, int chunk)
{
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    public long TotalSent { get; private set; }

    /// <summary>One packet is acknowledged.</summary>
    public void Packet(TimeSpan roundTrip, bool isLimited = true, bool isRecovering = false, TimeSpan? smoothed = null)
    {
        long acknowledged = TotalSent += chunk;
        control.OnAcknowledged(new AckSample
        {
            Now = Now,
            Acknowledged = chunk,
            FlightBefore = control.Window,
            FlightAfter = control.Window - chunk,
            IsRecovering = isRecovering,
            IsWindowLimited = isLimited,
            RoundTrip = roundTrip,
            SmoothedRtt = smoothed ?? roundTrip,
            NewestSent = acknowledged,
            TotalSent = acknowledged + control.Window,
        });
    }

    /// <summary>A round trip passes, packet by packet.</summary>
    public void Round(TimeSpan roundTrip, bool isLimited = true)
    {
        long packets = Math.Max(1, control.Window / chunk);
        for (long i = 0; i < packets; i++)
        {
            Now += roundTrip / packets;
            Packet(roundTrip, isLimited);
        }
    }

    public void Wait(TimeSpan time) => Now += time;

    public void Lose() => control.OnCongestion(new CongestionSample(Now, IsMark: false, TotalSent));
}
