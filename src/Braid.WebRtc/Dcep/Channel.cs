using System;

namespace Braid.WebRtc.Dcep;

/// <summary>A data channel, from its creation to its end. Its fields are <see cref="ChannelNegotiator"/>'s to write.</summary>
internal sealed class Channel(ChannelOptions options, bool isRemote)
{
    public ChannelOptions Options { get; } = options;

    /// <summary>Whether the peer has opened it.</summary>
    public bool IsRemote { get; } = isRemote;

    /// <summary>Number of its streams; null until our part in the DTLS handshake is known (RFC 8832 §6).</summary>
    public ushort? Id { get; internal set; }

    /// <summary>Where it stands; who reports it to an application does so with the event.</summary>
    public RTCDataChannelState State { get; internal set; }

    /// <summary>
    /// Bytes of messages that were accepted and not yet handed to the network, without what frames them; it stays as it is when the channel is
    /// closed (W3C bufferedAmount).
    /// </summary>
    public long BufferedAmount { get; private set; }

    /// <summary>What <see cref="BufferedAmount"/> has to fall to for the event, from 0. Default 0.</summary>
    public long BufferedAmountLowThreshold { get; set; }

    /// <summary>For the owner's use.</summary>
    public object? Tag { get; set; }

    /// <summary>Whether its owner looks after what waits to be sent; the owner's to write.</summary>
    public bool IsDraining { get; set; }

    /// <summary>The one event that comes again and again.</summary>
    internal ChannelEvent.BufferedAmountLow Low => field ??= new ChannelEvent.BufferedAmountLow(this);

    /// <summary>What the owner makes of <see cref="Low"/>; the owner's to write.</summary>
    internal object? LowNews { get; set; }

    /// <summary>Whether the peer has answered in any way: before that, nothing goes unordered (RFC 8832 §6).</summary>
    internal bool IsHeardOf { get; set; }

    /// <summary>Whether its OPEN waits to be sent: nothing may overtake it.</summary>
    internal bool IsOpenWaiting { get; set; }

    /// <summary>A stream that must not be used, and no channel at all: it is there to be closed.</summary>
    internal bool IsRefused { get; init; }

    /// <summary>Whether we have asked to reset our stream, and it is not done; the number is the request's.</summary>
    internal uint? ResetContext { get; set; }

    /// <summary>Whether the association knows of that request.</summary>
    internal bool IsResetAsked { get; set; }

    internal bool IsOutgoingReset { get; set; }

    internal bool IsIncomingReset { get; set; }

    /// <summary>The first identifier of a message that is still coming in parts (RFC 8831 §6.6); 0 for none.</summary>
    internal uint PartialPpid { get; set; }

    /// <summary>Why it comes to its end, when that is an error.</summary>
    internal RTCError Failure { get; set; }

    internal void AddBuffered(long bytes) => BufferedAmount += bytes;

    /// <returns>Whether it has fallen to the threshold.</returns>
    internal bool ReduceBuffered(long waiting)
    {
        long before = BufferedAmount;
        BufferedAmount = Math.Min(before, waiting);
        return before > BufferedAmountLowThreshold && BufferedAmount <= BufferedAmountLowThreshold;
    }
}
