namespace Braid.Dtls;

/// <summary>How far a session is.</summary>
public enum DtlsState
{
    /// <summary>Not started.</summary>
    New,

    /// <summary>The handshake is under way, or a server waits for it.</summary>
    Handshaking,

    /// <summary>
    /// The handshake is done, and nobody has said yet whose certificate it should have been: nothing is sent, and what arrives is
    /// held, until <see cref="ISecureDatagramSession.SetPeerFingerprints"/>.
    /// </summary>
    AwaitingFingerprint,

    /// <summary>Records go both ways.</summary>
    Connected,

    /// <summary>Over; <see cref="ISecureDatagramSession.End"/> says why.</summary>
    Closed,
}
