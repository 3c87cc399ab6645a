using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Tells the congestion control of each path what has happened there, and starts the timer that lets the next burst leave. Owns nothing.
/// </summary>
internal readonly struct CongestionFeedback(AssociationContext context, OutstandingQueue outstanding)
{
    /// <summary>What a SACK has acknowledged, and shown to be lost.</summary>
    /// <param name="path">The path.</param>
    /// <param name="ack">What the SACK says of it.</param>
    /// <param name="isRecovering">Whether fast recovery goes on there.</param>
    /// <param name="growthLimit"><see cref="AckSample.GrowthLimit"/>.</param>
    public void OnSack(Path path, in PathAck ack, bool isRecovering, double growthLimit)
    {
        if (ack.Lost > 0)
        {
            OnLost(path, ack.Lost);
        }

        if (ack.Acknowledged == 0)
        {
            return;
        }

        TimeSpan roundTrip = ack.NewestSentAt == Instant.Zero ? TimeSpan.Zero : context.Now - ack.NewestSentAt;
        ICongestionControl control = path.Congestion;
        DeliveryRate? rate = outstanding.RateOn(path.Index);
        long flight = outstanding.InFlightOn(path.Index);
        control.OnAcknowledged(new AckSample
        {
            Now = context.Now,
            Acknowledged = ack.Acknowledged,
            FlightBefore = ack.FlightBefore,
            FlightAfter = flight,
            IsRecovering = isRecovering,

            // With pacing the flight may end just below the window. A window that is not half used is not what limits.
            IsWindowLimited = ack.FlightBefore >= control.Window || (path.WasHeldBack && ack.FlightBefore >= control.Window / 2),
            RoundTrip = roundTrip,
            SmoothedRtt = path.Rto.Smoothed,
            NewestSent = ack.NewestSent,
            TotalSent = outstanding.TotalSentOn(path.Index),
            GrowthLimit = growthLimit,
            Rate = rate?.Sample(roundTrip) ?? default,
        });
        path.WasHeldBack = false;
        if (rate is null)
        {
            return;
        }

        rate.LossTolerance = control.LossTolerance;
        if (control.IsHoldingBack)
        {
            rate.MarkApplicationLimited(flight);
        }
    }

    /// <summary>A timer has shown that chunks are lost.</summary>
    public void OnLost(Path path, long lost)
    {
        DeliveryRate? rate = outstanding.RateOn(path.Index);
        path.Congestion.OnLost(new LossSample
        {
            Now = context.Now,
            Lost = lost,
            TotalSent = outstanding.TotalSentOn(path.Index),
            ExcessiveFlight = rate?.ExcessiveFlight ?? 0,
            IsApplicationLimited = rate?.IsExcessLimited ?? false,
        });
    }

    /// <summary>What is said of congestion on a path.</summary>
    public CongestionSample Congestion(Path path, bool isMark = false) => new(context.Now, isMark, outstanding.TotalSentOn(path.Index));

    /// <summary>Data is about to leave on a path.</summary>
    public void OnSending(Path path)
    {
        if (outstanding.InFlightOn(path.Index) == 0)
        {
            // §7.2.1, be it for new data or for what was lost elsewhere.
            outstanding.MeasureRate(path.Index, path.Congestion.IsRateBased);
            path.Decay(outstanding.RateOn(path.Index)?.IsApplicationLimited ?? true);
        }
    }

    /// <summary>Data waits that might be sent on a path, as far as pacing does not forbid it.</summary>
    public void OnHeldBack(Path path)
    {
        long flight = outstanding.InFlightOn(path.Index);
        if (flight == 0 || flight < path.Congestion.Window)
        {
            path.WasHeldBack = true;
            context.Timers.Start(Timer(path), path.LeavesAt);
        }
    }

    /// <summary>The application has nothing more to send on a path that would take more (draft-ietf-ccwg-bbr §4.1.2.4).</summary>
    public void OnRanOut(Path path)
    {
        long flight = outstanding.InFlightOn(path.Index);
        if (flight < path.Congestion.Window)
        {
            outstanding.RateOn(path.Index)?.MarkApplicationLimited(flight);
        }
    }

    /// <summary>Whether the timer runs that lets the next burst leave.</summary>
    public bool IsWaiting(PathSet paths)
    {
        for (int i = 0; i < paths.Count; i++)
        {
            if (context.Timers.IsRunning(Timer(paths[i])))
            {
                return true;
            }
        }

        return false;
    }

    private static TimerId Timer(Path path) => new(TimerKind.Pacing, path.Index);
}
