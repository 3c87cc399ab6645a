using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What holds for the fixed fields of INIT and INIT ACK alike (RFC 9260 §3.3.2, §3.3.3).</summary>
internal static class InitRules
{
    private const uint SmallestWindow = 1500;

    /// <summary>Whether the window is allowed.</summary>
    public static bool IsValidWindow(in InitFields fields) => fields.AdvertisedWindow >= SmallestWindow;

    /// <summary>Whether the window and the stream counts are allowed. The tag 0 is a case of its own.</summary>
    public static bool IsValid(in InitFields fields) =>
        IsValidWindow(fields) && fields.OutgoingStreams > 0 && fields.IncomingStreams > 0;

    /// <summary>The streams that two sides end up with: what one wants, at most what the other allows (§5.1.1).</summary>
    public static ushort Streams(ushort wanted, ushort allowed) => Math.Min(wanted, allowed);

    /// <summary>What both sides have agreed on.</summary>
    public static Negotiated Negotiate(in InitFields local, in InitFields peer, Extensions extensions) => new(
        local.InitiateTag,
        peer.InitiateTag,
        local.InitialTsn,
        peer.InitialTsn,
        peer.AdvertisedWindow,
        Streams(local.OutgoingStreams, peer.IncomingStreams),
        Streams(peer.OutgoingStreams, local.IncomingStreams),
        extensions);
}
