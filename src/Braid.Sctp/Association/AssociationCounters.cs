namespace Braid.Sctp;

/// <summary>The running counts behind <see cref="AssociationStatistics"/>; each is written by the component that it belongs to.</summary>
internal sealed class AssociationCounters
{
    public long PacketsSent;
    public long PacketsReceived;
    public long PayloadBytesSent;
    public long PayloadBytesReceived;
    public long MessagesSent;
    public long ChunksSent;
    public long ChunksRetransmitted;
    public long FastRetransmissions;
    public long RetransmissionTimeouts;
    public long DuplicatesReceived;
    public long SacksSent;
    public long SacksReceived;
}
