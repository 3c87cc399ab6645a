namespace Braid.Sctp;

/// <summary>
/// Which stream sends next when several have something to send (RFC 8260 §3). Where messages are interleaved
/// (<see cref="Extensions.Interleaving"/>) a stream's turn is one chunk. Where they are not, it is one message: what was begun
/// is sent to its end first (RFC 9260 §6.9).
/// </summary>
public enum StreamScheduler : byte
{
    /// <summary>
    /// One turn of each stream after the other (SCTP_SS_RR, §3.2). The default: no stream can hold up another one for longer
    /// than one turn of each, and nothing needs to be known of the streams.
    /// </summary>
    RoundRobin,

    /// <summary>Messages in the order in which they were handed over, interleaved or not (SCTP_SS_FCFS, §3.1).</summary>
    FirstComeFirstServed,

    /// <summary>One packet of each stream after the other: data of two streams is not sent for the first time in one packet (SCTP_SS_RR_PKT, §3.3).</summary>
    RoundRobinPerPacket,

    /// <summary>
    /// The streams of the highest priority first, round-robin among equals (SCTP_SS_PRIO, §3.4). The value of a stream is its
    /// priority: 0, the default, is the highest.
    /// </summary>
    Priority,

    /// <summary>As many bytes for each stream, whatever the lengths of its messages (SCTP_SS_FC, §3.5).</summary>
    FairCapacity,

    /// <summary>
    /// Bytes in proportion to the weights of the streams (SCTP_SS_WFQ, §3.6). The value of a stream is its weight; 0, the
    /// default, counts as 1.
    /// </summary>
    WeightedFairQueueing,
}
