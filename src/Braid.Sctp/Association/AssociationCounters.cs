namespace Braid.Sctp;

/// <summary>The running counts behind <see cref="AssociationStatistics"/>; each is written by the component that it belongs to.</summary>
internal sealed class AssociationCounters
{
    public long PacketsSent;
    public long PacketsReceived;
    public long PayloadBytesSent;
    public long PayloadBytesReceived;
    public long MessagesSent;
    public long MessagesAbandoned;
    public long ChunksSent;
    public long ChunksRetransmitted;
    public long FastRetransmissions;
    public long RetransmissionTimeouts;
    public long EcnReductions;
    public long LossProbes;
    public long DuplicatesReceived;
    public long SacksSent;
    public long SacksReceived;

    /// <summary>The counts alone, which any thread may read at any time.</summary>
    /// <param name="transfer">The association's halves, if there are any.</param>
    public AssociationStatistics Counts(Transfer? transfer) => new()
    {
        PacketsSent = PacketsSent,
        PacketsReceived = PacketsReceived,
        PayloadBytesSent = PayloadBytesSent,
        PayloadBytesReceived = PayloadBytesReceived,
        MessagesSent = MessagesSent,
        MessagesAbandoned = MessagesAbandoned,
        MessagesReceived = transfer?.Receiver.Messages.MessagesCompleted ?? 0,
        ChunksSent = ChunksSent,
        ChunksRetransmitted = ChunksRetransmitted,
        FastRetransmissions = FastRetransmissions,
        RetransmissionTimeouts = RetransmissionTimeouts,
        EcnReductions = EcnReductions,
        LossProbes = LossProbes,
        DuplicatesReceived = DuplicatesReceived,
        SacksSent = SacksSent,
        SacksReceived = SacksReceived,
    };

    /// <summary>The counts and how the association stands, as one value.</summary>
    /// <param name="tcb">The association.</param>
    public AssociationStatistics Snapshot(Tcb tcb)
    {
        Path path = tcb.Paths.Primary;
        Transfer? transfer = tcb.Transfer;
        return Counts(transfer) with
        {
            State = tcb.State,
            IsDormant = tcb.Paths.IsDormant,
            OutgoingStreams = tcb.OutgoingStreams,
            IncomingStreams = tcb.IncomingStreams,
            FragmentationPoint = tcb.Paths.MaximumPayload,
            UnacknowledgedChunks = transfer?.Sender.OutstandingCount ?? 0,
            PendingMessages = transfer?.Receiver.Messages.ReadyCount ?? 0,
            SmoothedRtt = path.Rto.Smoothed,
            Rto = path.Rto.Current,
            CongestionWindow = path.Congestion.Window,
            SlowStartThreshold = path.Congestion.SlowStartThreshold,
            BytesInFlight = transfer?.Sender.PayloadInFlight ?? 0,
            AbandonedBytes = transfer?.Sender.AbandonedPayload ?? 0,
            SendBufferSize = tcb.Context.Sizes.Send,
            ReceiveBufferSize = tcb.Context.Sizes.Receive,
            PeerWindow = transfer?.Sender.Window.Available ?? 0,
            ReceiveWindow = transfer?.Receiver.Window.Advertised ?? tcb.Context.Sizes.Receive,
        };
    }
}
