namespace Braid.Dtls;

/// <summary>Why a session has ended, for code.</summary>
public enum DtlsEndReason
{
    /// <summary>We closed it.</summary>
    Closed,

    /// <summary>The peer closed it (close_notify).</summary>
    ClosedByPeer,

    /// <summary>The peer's certificate is not one of those that were announced.</summary>
    FingerprintMismatch,

    /// <summary>The peer showed no certificate.</summary>
    NoPeerCertificate,

    /// <summary>The peer ended it with an alert.</summary>
    PeerAlert,

    /// <summary>The sides have no version, cipher suite or curve in common.</summary>
    NothingInCommon,

    /// <summary>The handshake took too long.</summary>
    TimedOut,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError,
}

/// <summary>The end of a session.</summary>
/// <param name="Reason">Why, for code.</param>
/// <param name="Message">Why, for people: one sentence.</param>
/// <param name="Alert">The alert that was sent or received (RFC 5246 §7.2), where there was one.</param>
public sealed record DtlsEnd(DtlsEndReason Reason, string Message, byte? Alert = null);
