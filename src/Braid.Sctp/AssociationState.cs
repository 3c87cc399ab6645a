namespace Braid.Sctp;

/// <summary>The states of an association (RFC 9260 §4).</summary>
public enum AssociationState : byte
{
    /// <summary>There is no association, or there is none any more.</summary>
    Closed,

    /// <summary>INIT was sent; waiting for INIT ACK.</summary>
    CookieWait,

    /// <summary>COOKIE ECHO was sent; waiting for COOKIE ACK.</summary>
    CookieEchoed,

    /// <summary>Data flows both ways.</summary>
    Established,

    /// <summary>The application asked for a shutdown; data is still outstanding.</summary>
    ShutdownPending,

    /// <summary>SHUTDOWN was sent; waiting for SHUTDOWN ACK.</summary>
    ShutdownSent,

    /// <summary>The peer sent SHUTDOWN; our data is still outstanding.</summary>
    ShutdownReceived,

    /// <summary>SHUTDOWN ACK was sent; waiting for SHUTDOWN COMPLETE.</summary>
    ShutdownAckSent,

    /// <summary>CLOSED in the RFC's words: nothing was sent, and one peer is awaited (<see cref="Endpoint.Listen"/>).</summary>
    Listening,
}
