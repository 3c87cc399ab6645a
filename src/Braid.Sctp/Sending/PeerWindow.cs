using System;

namespace Braid.Sctp;

/// <summary>The peer's receive window as we know it (RFC 9260 §6.2.1), and the probing of a closed one (§6.1 A).</summary>
/// <param name="initial">a_rwnd of the peer's INIT or INIT ACK, in bytes of user data.</param>
internal sealed class PeerWindow(uint initial)
{
    private uint _advertised = initial;

    /// <summary>Bytes of user data that the peer still has room for.</summary>
    public long Available { get; private set; } = initial;

    /// <summary>A probe was asked for and not sent yet.</summary>
    public bool WantsProbe { get; private set; }

    /// <summary>A probe is outstanding: sent against the window, so that its loss says nothing about the network.</summary>
    public bool IsProbing { get; private set; }

    /// <summary>Whether the peer has answered since the probe was last sent: then it is alive, and its window just closed.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Rule B of §6.2.1.</summary>
    public void OnSent(int length)
    {
        if (WantsProbe)
        {
            IsProbing = length > Available;
            WantsProbe = false;
            HasAnswered = false;
        }

        Available = Math.Max(0, Available - length);
    }

    /// <summary>A chunk is sent again.</summary>
    /// <param name="length">Its user data.</param>
    /// <param name="isAlone">
    /// Whether nothing else is in flight, and the peer holds nothing behind it: then a peer without room drops it, and it is
    /// a probe (§6.1 A), whatever it was when it was sent first.
    /// </param>
    public void OnRetransmitted(int length, bool isAlone)
    {
        IsProbing |= isAlone && length > _advertised;
        HasAnswered = false;
        Available = Math.Max(0, Available - length);
    }

    /// <summary>
    /// Rule C of §6.2.1. Not more than the peer has said that it has: a probe took less of it than its length, and what is given
    /// up instead of sent again leaves that to others.
    /// </summary>
    public void OnMarkedLost(long length) => Available = Math.Min(Available + length, _advertised);

    /// <summary>T3-rtx expired with nothing outstanding: time to look whether the window is still closed.</summary>
    public void RequestProbe() => WantsProbe = true;

    /// <summary>Rule D ii of §6.2.1.</summary>
    /// <param name="advertised">a_rwnd.</param>
    /// <param name="payloadInFlight">User data still in flight after the SACK.</param>
    /// <param name="advanced">Whether the SACK moved the Cumulative TSN Ack Point: then the probe was taken.</param>
    /// <returns>Whether the window has opened over a probe that the peer dropped: it can be sent again at once.</returns>
    public bool OnSack(uint advertised, long payloadInFlight, bool advanced)
    {
        HasAnswered = true;
        bool opened = IsProbing && !advanced && advertised > _advertised && advertised >= payloadInFlight;
        if (advanced || opened)
        {
            IsProbing = false;
        }

        _advertised = advertised;
        Available = Math.Max(0, advertised - payloadInFlight);
        return opened;
    }

    /// <summary>
    /// A SHUTDOWN acknowledged data without a window: the last one that we heard of is the best guess there is. To wait for a
    /// SACK would be to wait for ever, since a peer may answer all further data with SHUTDOWN alone (§9.2).
    /// </summary>
    public void OnCumulativeAck(long payloadInFlight, bool advanced)
    {
        IsProbing &= !advanced;
        Available = Math.Max(0, _advertised - payloadInFlight);
    }
}
