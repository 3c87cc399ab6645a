using System;

namespace Braid.Sctp;

/// <summary>What an association has done and how it stands: a snapshot.</summary>
public readonly record struct AssociationStatistics
{
    /// <summary>Where the association stands (§4).</summary>
    public AssociationState State { get; init; }

    /// <summary>
    /// Whether none of the peer's addresses works, as far as is known (RFC 7829 §4): data goes to the one that has failed least, until
    /// <see cref="AssociationOptions.MaximumRetransmissions"/> ends the association.
    /// </summary>
    public bool IsDormant { get; init; }

    /// <summary>Streams that we may send on; what we ask for until the handshake is done.</summary>
    public int OutgoingStreams { get; init; }

    /// <summary>Streams that the peer may send on; what we allow until the handshake is done.</summary>
    public int IncomingStreams { get; init; }

    /// <summary>User data above which a message is cut into several DATA chunks, in bytes (RFC 6458 §8.2.1).</summary>
    public int FragmentationPoint { get; init; }

    /// <summary>DATA chunks sent and not yet cumulatively acknowledged.</summary>
    public int UnacknowledgedChunks { get; init; }

    /// <summary>Messages, or parts of one, that wait to be taken.</summary>
    public int PendingMessages { get; init; }

    /// <summary>SCTP packets sent.</summary>
    public long PacketsSent { get; init; }

    /// <summary>SCTP packets received and accepted.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Bytes of user data in DATA chunks sent for the first time.</summary>
    public long PayloadBytesSent { get; init; }

    /// <summary>Bytes of user data received for the first time.</summary>
    public long PayloadBytesReceived { get; init; }

    /// <summary>Messages accepted for sending; one that comes in parts counts when its last part is.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Messages that were given up (<see cref="SendOptions.Reliability"/>); <see cref="Association.GetAbandoned"/> has more.</summary>
    public long MessagesAbandoned { get; init; }

    /// <summary>Messages delivered.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>DATA chunks sent for the first time.</summary>
    public long ChunksSent { get; init; }

    /// <summary>DATA chunks sent again, for whatever reason.</summary>
    public long ChunksRetransmitted { get; init; }

    /// <summary>Of those, the ones that gap reports caused (§7.2.4).</summary>
    public long FastRetransmissions { get; init; }

    /// <summary>How often the congestion window was reduced because routers had marked packets (RFC 3168).</summary>
    public long EcnReductions { get; init; }

    /// <summary>Expirations of T3-rtx (§6.3.3).</summary>
    public long RetransmissionTimeouts { get; init; }

    /// <summary>Probes that were sent because an acknowledgement was overdue (RFC 8985 §7).</summary>
    public long LossProbes { get; init; }

    /// <summary>DATA chunks received more than once.</summary>
    public long DuplicatesReceived { get; init; }

    /// <summary>SACK chunks sent.</summary>
    public long SacksSent { get; init; }

    /// <summary>SACK chunks received and used.</summary>
    public long SacksReceived { get; init; }

    /// <summary>Smoothed round-trip time of the primary path; zero before the first measurement (§6.3.1).</summary>
    public TimeSpan SmoothedRtt { get; init; }

    /// <summary>Retransmission time-out of the primary path.</summary>
    public TimeSpan Rto { get; init; }

    /// <summary>Congestion window of the primary path, in bytes of DATA chunks (§7.2).</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Slow-start threshold of the primary path, in bytes.</summary>
    public long SlowStartThreshold { get; init; }

    /// <summary>Bytes of user data in flight on all paths.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>Bytes of user data that were sent and given up, and that the peer has not skipped yet (RFC 3758 §3.5).</summary>
    public long AbandonedBytes { get; init; }

    /// <summary>Size of the send buffer now, in bytes as <see cref="AssociationOptions.SendBufferSize"/> counts.</summary>
    public long SendBufferSize { get; init; }

    /// <summary>Size of the receive buffer now, in bytes.</summary>
    public long ReceiveBufferSize { get; init; }

    /// <summary>The peer's receive window as far as we know (§6.2.1).</summary>
    public long PeerWindow { get; init; }

    /// <summary>The window that we would advertise now.</summary>
    public long ReceiveWindow { get; init; }
}
