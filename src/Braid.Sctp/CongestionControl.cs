namespace Braid.Sctp;

/// <summary>What decides how much may be in flight on a path.</summary>
public enum CongestionControl : byte
{
    /// <summary>That of RFC 9260 §7.2: slow start, then a packet more each round trip; a loss halves the window.</summary>
    NewReno,

    /// <summary>
    /// CUBIC (RFC 9438): after a loss the window comes back with time, and not with round trips; never slower than Reno. Slow start ends
    /// before queues overflow (HyStart++, RFC 9406).
    /// </summary>
    Cubic,

    /// <summary>
    /// BBR, version 3 (draft-ietf-ccwg-bbr): sends as fast as the path was seen to deliver, with little more in flight than that takes.
    /// Losses by chance do not slow it down, and queues stay short. Always paced.
    /// </summary>
    Bbr,

    /// <summary>HighSpeed TCP (RFC 3649): Reno that grows by more and gives less away the larger its window is.</summary>
    HighSpeed,
}
