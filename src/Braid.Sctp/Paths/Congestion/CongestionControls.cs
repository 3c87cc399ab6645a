using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>Makes congestion controls.</summary>
internal static class CongestionControls
{
    private const int LeastInitial = 1460;                   // RFC 6928 §2: bytes for each packet of the initial window

    /// <summary>The one that the options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="maximumChunk">PMDCS of the path, in bytes.</param>
    /// <param name="isIPv6">Whether the peer's address is an IPv6 address.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="before">The one that it takes the place of: the window stays what it is.</param>
    public static ICongestionControl Make(
        AssociationOptions options, int maximumChunk, bool isIPv6, IRandomSource random, ICongestionControl? before = null)
    {
        long window = before?.Window ?? InitialWindow(options.InitialWindow, maximumChunk, isIPv6);
        return options.CongestionControl switch
        {
            CongestionControl.Cubic => new CubicCongestion(maximumChunk, window),
            CongestionControl.Bbr => new BbrCongestion(maximumChunk, window, random),
            CongestionControl.HighSpeed => new HighSpeedCongestion(maximumChunk, window),
            _ => new Rfc9260Congestion(maximumChunk, window),
        };
    }

    /// <summary>What a window begins with, in bytes.</summary>
    /// <param name="packets">How many packets; 0 for what RFC 9260 has.</param>
    /// <param name="maximumChunk">PMDCS, in bytes.</param>
    /// <param name="isIPv6">Whether the peer's address is an IPv6 address.</param>
    public static long InitialWindow(int packets, int maximumChunk, bool isIPv6) => packets == 0
        ? Math.Min(4L * maximumChunk, Math.Max(2L * maximumChunk, isIPv6 ? 4344 : 4404))       // RFC 9260 §7.2.1
        : Math.Min((long)packets * maximumChunk, Math.Max(2L * maximumChunk, (long)packets * LeastInitial));
}
