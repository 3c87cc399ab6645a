namespace Braid.Sockets;

/// <summary>What went wrong, for code; the message of the <see cref="SctpException"/> says it for people.</summary>
public enum SctpError
{
    /// <summary>The association was closed gracefully, and there is nothing left to read or to send on.</summary>
    AssociationClosed,

    /// <summary>The peer does not want the association: it answered with ABORT while it was set up.</summary>
    ConnectionRefused,

    /// <summary>The peer did not answer while the association was set up.</summary>
    ConnectTimeout,

    /// <summary>The peer, or its application, aborted the association.</summary>
    PeerAborted,

    /// <summary>The peer stopped answering.</summary>
    PeerUnreachable,

    /// <summary>
    /// The peer lost its state and set the association up anew (RFC 9260 §5.2.4): what was on its way is lost. A listener
    /// accepts what it set up as a new association.
    /// </summary>
    PeerRestarted,

    /// <summary>The peer broke the protocol; the association was aborted.</summary>
    ProtocolViolation,

    /// <summary>The message is longer than allowed, or empty.</summary>
    InvalidMessageLength,

    /// <summary>
    /// The message does not fit into one DATA chunk, and <see cref="Sctp.AssociationOptions.Fragmentation"/> is off (RFC 6458 §8.1.11).
    /// </summary>
    NeedsFragmentation,

    /// <summary>This side aborted the association, or began to shut it down.</summary>
    OperationAborted,

    /// <summary>The local address is in use or does not exist.</summary>
    AddressUnavailable,

    /// <summary>SCTP over IP cannot be used: the system has no such thing, does not let us, or has SCTP of its own. The message says which.</summary>
    TransportUnavailable,

    /// <summary>There is an association with that peer on that SCTP port already (RFC 9260 §1.3: one between two end points).</summary>
    AlreadyConnected,

    /// <summary>A call that blocks took longer than it was allowed to. Nothing else has happened.</summary>
    TimedOut,

    /// <summary>The <see cref="ISctpDatagramTransport"/> has ended, or failed: nothing more will come. The inner exception is its own.</summary>
    TransportClosed,

    /// <summary>The peer has reset the stream (RFC 6525): all that it sent before was read. What it sends now comes on a new <see cref="SctpStream"/>.</summary>
    StreamEnded,

    /// <summary>The peer does not know the extension, or one side does not offer it (<see cref="Sctp.AssociationOptions.Extensions"/>).</summary>
    NotSupported,

    /// <summary>The peer does not allow it.</summary>
    Denied,

    /// <summary>Something of the kind is under way, or was until just now: try again later.</summary>
    InProgress,

    /// <summary>
    /// The DTLS session could not be set up, or has failed (<see cref="SctpStackOptions.Dtls"/>): the peer is not who he should be, does not
    /// let us in, or has nothing in common with us. The message says which.
    /// </summary>
    SecurityFailed,

    /// <summary>A fault in Braid itself.</summary>
    InternalError,
}
