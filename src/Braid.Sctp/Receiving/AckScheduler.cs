using System;

namespace Braid.Sctp;

/// <summary>
/// When a SACK is due (RFC 9260 §6.2): at once for the first data, for gaps, for duplicates and for the I bit; otherwise
/// for every second packet with data (or as many as the options say), or after SACK.Delay.
/// </summary>
internal sealed class AckScheduler(AssociationContext context)
{
    private static readonly TimerId s_delayedAck = new(TimerKind.DelayedAck);

    // By then a sender in slow start fills 1 Gbit/s over 100 ms.
    private const int PacketsUntilSteady = 16_384;

    // A sender that was idle for an RTO may be in slow start again (RFC 9260 §7.2.1).
    private const uint Pause = 200;                          // ms

    // What was in the packet so far.
    [Flags]
    private enum Seen : byte
    {
        None = 0,
        Data = 1,
        Gap = 2,
        Urgent = 4,
    }

    private int _packetsWaiting;
    private int _packetsInOrder;                             // since the beginning, or since anything was out of order, or a pause
    private uint _lastPacket;                                // ms, of 49 days
    private Seen _seen;

    /// <summary>Whether any packet with data has come since the association began.</summary>
    public bool HadData { get; private set; }

    /// <summary>A SACK must go out now.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Whether what comes is a long flow that nothing disturbs: its sender has left slow start, or has all that it needs. Never where each packet is to be acknowledged.</summary>
    public bool IsSteady => _packetsInOrder >= PacketsUntilSteady && context.Options.SackFrequency > 1 && context.Options.SackDelay.Ticks > 0;

    /// <summary>Data waits for its acknowledgement: a SACK goes along with whatever is sent.</summary>
    public bool IsPending => IsDue || _packetsWaiting > 0;

    /// <summary>A DATA chunk was accepted, or is acknowledged though it was not delivered.</summary>
    /// <param name="immediately">The I bit (RFC 7053), or what else the peer must know of.</param>
    /// <param name="hasGaps">Whether TSNs are missing, or were before it.</param>
    public void OnData(bool immediately, bool hasGaps = false) =>
        _seen |= Seen.Data | (immediately ? Seen.Urgent : Seen.None) | (hasGaps ? Seen.Gap : Seen.None);

    /// <summary>A duplicate, or data that had to be dropped: the peer needs to know at once.</summary>
    public void OnUnusable()
    {
        _seen |= Seen.Data | Seen.Urgent;
    }

    /// <summary>The packet is at its end: at most one SACK for each (§6.2).</summary>
    /// <param name="expectsGaps">
    /// Whether a gap is no reason to hurry, for what is missing is on its way on another path (delayed ack for CMT, Iyengar et al. 2006).
    /// </param>
    public void OnPacketEnd(bool expectsGaps)
    {
        if (_seen == Seen.None)
        {
            return;
        }

        bool isUrgent = (_seen & (expectsGaps ? Seen.Urgent : Seen.Urgent | Seen.Gap)) != 0;

        uint now = unchecked((uint)(context.Now.Ticks / TimeSpan.TicksPerMillisecond));
        bool isDisturbed = isUrgent || unchecked(now - _lastPacket) > Pause;
        _packetsInOrder = isDisturbed ? 0 : Math.Min(_packetsInOrder + 1, PacketsUntilSteady);
        _lastPacket = now;
        _packetsWaiting++;
        if (isUrgent || !HadData || _packetsWaiting >= context.Options.SackFrequency || context.Options.SackDelay.Ticks == 0)
        {
            RequestNow();
        }
        else if (_packetsWaiting == 1)
        {
            context.Timers.Start(s_delayedAck, context.Now + context.Options.SackDelay);   // for the first that waits, not the last
        }

        HadData = true;
        _seen = Seen.None;
    }

    /// <summary>The options have changed: what waited by the old ones waits no longer, so that no delay adds to another one.</summary>
    public void OnOptionsChanged()
    {
        if (_packetsWaiting > 0)
        {
            RequestNow();
        }
    }

    /// <summary>Asks for a SACK now: the delay is over, or the window has opened.</summary>
    public void RequestNow()
    {
        IsDue = true;
        context.Timers.Stop(s_delayedAck);
    }

    /// <summary>As <see cref="RequestNow"/>, if the peer has ever sent data.</summary>
    public void RequestIfUsed()
    {
        if (HadData)
        {
            RequestNow();
        }
    }

    /// <summary>A SACK was written.</summary>
    public void OnSackSent()
    {
        IsDue = false;
        _packetsWaiting = 0;
        context.Timers.Stop(s_delayedAck);
    }
}
