namespace Braid.Sctp;

/// <summary>Messages that were given up (RFC 7496 §4.3, §4.4). One that comes in parts counts once.</summary>
/// <param name="Unsent">Those of which nothing was ever put into a packet.</param>
/// <param name="Sent">Those of which something was. The peer may have got all of it, nevertheless.</param>
public readonly record struct AbandonedMessages(long Unsent, long Sent)
{
    /// <summary>Both.</summary>
    public long Total => Unsent + Sent;
}
