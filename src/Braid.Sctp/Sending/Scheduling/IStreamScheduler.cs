namespace Braid.Sctp;

/// <summary>Which stream sends next. Knows streams that have something to send, nothing of what it is.</summary>
internal interface IStreamScheduler
{
    /// <summary>A stream had nothing to send and now has.</summary>
    void Activate(OutboundStream stream);

    /// <summary>The stream whose turn it is, or null when none is active.</summary>
    OutboundStream? Peek();

    /// <summary>A message of the stream was sent to its end.</summary>
    /// <param name="stream">The stream that <see cref="Peek"/> gave.</param>
    /// <param name="hasMore">Whether it has another message.</param>
    void MessageDone(OutboundStream stream, bool hasMore);

    /// <summary>An active stream has nothing to send any more, though it was not its turn: its messages were given up.</summary>
    void Deactivate(OutboundStream stream);
}
