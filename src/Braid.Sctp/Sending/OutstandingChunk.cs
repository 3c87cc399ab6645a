using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Where a chunk that was sent stands.</summary>
internal enum ChunkState : byte
{
    /// <summary>On its way, as far as we know.</summary>
    InFlight,

    /// <summary>
    /// It has left the network, for what was sent later on its path has arrived; the SACKs had no room to say whether it has as well
    /// (§6.7).
    /// </summary>
    Overtaken,

    /// <summary>Marked for retransmission (RFC 9260 §6.3.3, §7.2.4).</summary>
    Lost,

    /// <summary>Reported by a Gap Ack Block: advisory only, the peer may still drop it (§7.1).</summary>
    GapAcked,

    /// <summary>Its message was given up: it is never sent again, and the peer is told to skip it (RFC 3758 §3.5 A2).</summary>
    Abandoned,
}

/// <summary>A DATA chunk that was sent and is not cumulatively acknowledged. Its payload stays in the message.</summary>
internal struct OutstandingChunk
{
    public OutboundMessage Message;
    public int Offset;
    public int Length;
    public int Transmissions;
    public uint Fsn;
    public short Path;
    public DataFlags Flags;
    public ChunkState State;

    /// <summary>Missing reports, up to the three that cause a fast retransmission (§7.2.4).</summary>
    public byte MissingReports;

    /// <summary>
    /// It had its fast retransmission: only T3-rtx sends it again (§7.2.4 step 5). Or its loss has made its path slower already.
    /// </summary>
    public bool WasFastRetransmitted;

    /// <summary>It is an I-DATA chunk, and has an FSN.</summary>
    public bool IsInterleaved;

    /// <summary>
    /// Its delivery tells nothing of time: the peer had reported it and does not any more, so that it counts as sent again, or it was
    /// overtaken, and arrived who knows when.
    /// </summary>
    public bool IsUnmeasured;

    /// <summary>It was sent before its path began anew: what becomes of it says nothing about the way that packets take now.</summary>
    public bool TookAnotherWay;

    /// <summary>It was sent on another path before: its acknowledgement does not say which of them works (RFC 7829 §3.2 rule 9).</summary>
    public bool WasSentElsewhere;

    /// <summary>It is gap-acked, and the peer has promised to keep it: it is never sent again, and its message may be gone already.</summary>
    public bool IsNonRenegable;

    /// <summary>When it was sent last.</summary>
    public Instant SentAt;

    /// <summary>In flight, what was sent on its path just before it, if it is not the oldest there.</summary>
    public Tsn SentBefore;

    /// <summary>In flight, what was sent on its path just after it, if it is not the newest there.</summary>
    public Tsn SentAfter;

    /// <summary>The last SACK that reported it in a gap, to notice when the peer takes that back.</summary>
    public uint ReportedBy;

    /// <summary>All that was ever sent on its path, up to it, in bytes: the lower half of that number.</summary>
    public uint SentUpTo;

    /// <summary>What was known when it was sent (<see cref="DeliveryRate"/>), where that is wanted.</summary>
    public uint Record;

    public readonly int WireLength => IsInterleaved ? InterleavedDataChunk.LengthOnWire(Length) : DataChunk.LengthOnWire(Length);
}

/// <summary>A chunk to be written: its header and where its payload lies.</summary>
/// <param name="Header">The chunk header.</param>
/// <param name="Message">The message.</param>
/// <param name="Offset">Where its payload begins.</param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="Fsn">The number of the fragment, if it is an I-DATA chunk; null for a DATA chunk.</param>
internal readonly record struct OutgoingChunk(DataHeader Header, OutboundMessage Message, int Offset, int Length, uint? Fsn)
{
    /// <summary>The header of an I-DATA chunk.</summary>
    public InterleavedDataHeader InterleavedHeader(uint fsn) => new(Header.Tsn, Header.Stream, Message.Mid, Header.Ppid, fsn, Header.Flags);
}

/// <summary>What a SACK did to one path.</summary>
internal struct PathAck
{
    /// <summary>Bytes of DATA chunks, headers and padding included, newly acknowledged by cumulative ack or gap.</summary>
    public long Acknowledged;

    /// <summary>Bytes of DATA chunks that were marked lost since; by a timer, too.</summary>
    public long Lost;

    /// <summary>All that was ever sent here, up to the chunk among those acknowledged that was sent last, in bytes.</summary>
    public long NewestSent;

    /// <summary>When the newest of these was sent that were sent once; <see cref="Instant.Zero"/> for none.</summary>
    public Instant NewestSentAt;

    /// <summary>Bytes in flight before the SACK.</summary>
    public long FlightBefore;

    /// <summary>The earliest outstanding TSN of the path was acknowledged: rule R3 restarts T3-rtx.</summary>
    public bool AcknowledgedEarliest;

    /// <summary>A chunk was acknowledged that was sent nowhere but here.</summary>
    public bool IsCertain;

    /// <summary>Chunks last sent here were marked lost by missing reports, or by time.</summary>
    public bool HasLoss;

    /// <summary>The earliest outstanding chunk was among them, and had been sent more than once: maybe no packet of its size gets through.</summary>
    public bool HasLostAgain;

    /// <summary>When the one of these was sent that was sent last; the beginning of time where only missing reports say so.</summary>
    public Instant LossSentAt;

    /// <summary>A gap-acked chunk of this path is missing again: rule R4 starts T3-rtx.</summary>
    public bool HasReneged;

    /// <summary>When the chunk whose round trip is measured was sent; <see cref="Instant.Never"/> when it was not acknowledged.</summary>
    public Instant TimedSince;
}

/// <summary>Whether a SACK was used.</summary>
internal enum AckVerdict : byte
{
    /// <summary>It was.</summary>
    Accepted,

    /// <summary>Its Cumulative TSN Ack is behind the last one: an old one, overtaken on the way (§6.2.1 D i).</summary>
    Outdated,

    /// <summary>It acknowledges what was never sent.</summary>
    AcknowledgesUnsent,

    /// <summary>It lacks what the peer has promised never to take back, and what nobody can send again.</summary>
    BreaksPromise,
}

/// <summary>What a SACK did to the association.</summary>
/// <param name="Verdict">Whether it was used; if not, nothing else counts.</param>
/// <param name="CumulativeAdvanced">Whether the Cumulative TSN Ack Point moved.</param>
/// <param name="ReleasedBytes">User data that the application no longer has to be charged for.</param>
/// <param name="HasNewAck">Whether any chunk was acknowledged that was not before.</param>
/// <param name="HasSkipped">Whether the Cumulative TSN Ack Point went over chunks that were given up: FORWARD TSN was answered.</param>
/// <param name="UnreportedBytes">
/// User data that the peer has for good and that the SACK does not report, most likely because it was overtaken on its way: the room
/// that it tells of is less by so much.
/// </param>
internal readonly record struct AckOutcome(
    AckVerdict Verdict,
    bool CumulativeAdvanced = false,
    long ReleasedBytes = 0,
    bool HasNewAck = false,
    bool HasSkipped = false,
    long UnreportedBytes = 0);

/// <summary>A chunk that waits for its retransmission.</summary>
/// <param name="WireLength">Bytes of the chunk, header and padding included.</param>
/// <param name="Path">Where it was sent last.</param>
/// <param name="ByTimeout">Whether a time-out, and not missing reports, says that it is lost.</param>
/// <param name="KeyId">The key that its message is sent with; null for none.</param>
internal readonly record struct LostChunk(int WireLength, int Path, bool ByTimeout, ushort? KeyId = null);
