namespace Braid.Sctp;

/// <summary>
/// Which stream sends next (RFC 8260 §3). Knows streams that have something to send, nothing of what may be sent. A turn is a
/// chunk where messages are interleaved and a whole message where they are not: who holds the turn, <see cref="SendingTurn"/> knows.
/// </summary>
internal interface IStreamScheduler
{
    /// <summary>A stream had nothing to send and now has.</summary>
    void Activate(OutboundStream stream);

    /// <summary>A stream that is active has nothing to send any more, or what it has counts otherwise from now on.</summary>
    void Remove(OutboundStream stream);

    /// <summary>The stream whose turn it is, or null when none is active or no active one may use what is left of this packet.</summary>
    OutboundStream? Peek();

    /// <summary>A stream had its turn.</summary>
    /// <param name="stream">An active one.</param>
    /// <param name="bytes">User data that it sent, in bytes.</param>
    /// <param name="hasMore">Whether it stays active.</param>
    void OnTurn(OutboundStream stream, long bytes, bool hasMore);

    /// <summary>A packet is about to be filled, first by this stream: the one whose turn it is, or one that is in the middle of a message.</summary>
    void BeginPacket(OutboundStream? first)
    {
    }

    /// <summary>The packet is full, or nothing more may be sent; also without a beginning.</summary>
    void EndPacket()
    {
    }
}
