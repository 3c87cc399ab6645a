using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Gives messages up as their policies say (RFC 3758 §4.1, RFC 7496 §3), and tells the peer (RFC 3758 §3.5): the FORWARD TSN that
/// is due, and when the last one was sent.
/// <para>
/// There is no timer for lifetimes. They are looked at whenever something has happened to the association, before anything is
/// sent (§4.1 TR3 to TR5): no message goes out late. What waits while nothing can be sent waits for T3-rtx, a packet of the peer
/// or a call of the application, each of which comes by here; only the news that a message was given up can be late by that.
/// </para>
/// </summary>
internal sealed class Abandonment(AssociationContext context, SendQueue queue, OutstandingQueue outstanding)
{
    // §3.5 F2 has a repeated FORWARD TSN wait for a round trip, F3 nothing longer than this.
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMilliseconds(200);

    private SkippedMessage[] _skipped = [];
    private Tsn _sentPoint = outstanding.AdvancedAck;
    private Instant _sentAt;
    private bool _isDue;
    private Tsn? _limit;                                     // of the Advanced.Peer.Ack.Point, as long as a reset has no answer
    private bool _hasGivenUp;                                // since the last review

    /// <summary>Where the last FORWARD TSN went; null for none.</summary>
    public Path? LastPath { get; private set; }

    /// <summary>A FORWARD TSN must go out.</summary>
    public bool WantsForwardTsn => _isDue && outstanding.IsAdvanced;

    /// <summary>Gives up what waits for its retransmission or for its first transmission in vain.</summary>
    /// <returns>Whether any message was given up since the last review.</returns>
    public bool Review()
    {
        ReviewLost();
        if (outstanding.Messages.Unreliable > 0 && queue.MayHaveExpired)
        {
            outstanding.Messages.KeepsFailed = context.Options.ReportsFailedSends;
            while (queue.FindExpiredHalfSent() is { } message)
            {
                GiveUp(message, outstanding.FindLast(message.Record));
            }

            _hasGivenUp |= queue.AbandonExpired();
        }

        bool any = _hasGivenUp;
        _hasGivenUp = false;
        return any;
    }

    /// <summary>Gives up the chunks that would be sent again next, as far as their policies say so.</summary>
    public void ReviewLost()
    {
        while (outstanding.Messages.Unreliable > 0
            && outstanding.PeekLostMessage(out int offset, out int transmissions) is { } message && IsOver(message, transmissions))
        {
            GiveUp(message, offset);
        }
    }

    /// <summary>Whether messages that matter less hold so much of the send buffer that one more could have room.</summary>
    public bool CanMakeRoom(in SendOptions options)
    {
        if (outstanding.Messages.Unreliable == 0 || queue.Excess(options) is not { } excess)
        {
            return false;
        }

        long gain = 0;
        queue.FindLeastWanted(options.Reliability, ref gain, out long waiting, out int count);
        outstanding.FindLeastWanted(options.Reliability, ref gain, out _, out long sent);
        return OutboundMessage.Charge(waiting + sent, count) > excess;
    }

    /// <summary>Gives up the messages that matter least, for one that matters more (RFC 7496 §3.2).</summary>
    public void MakeRoom(in SendOptions options)
    {
        while (CanMakeRoom(options) && TryGiveUpLeast(options))
        {
        }
    }

    private bool TryGiveUpLeast(in SendOptions options)
    {
        long gain = 0;
        OutboundMessage? waiting = queue.FindLeastWanted(options.Reliability, ref gain, out _, out _);
        OutboundMessage? sent = outstanding.FindLeastWanted(options.Reliability, ref gain, out int offset, out _);
        if ((sent ?? waiting) is not { } least)
        {
            return false;
        }

        GiveUp(least, sent is null ? outstanding.FindLast(least.Record) : offset);
        return true;
    }

    /// <summary>A path is there no longer.</summary>
    public void OnPathRemoved(Path path) => LastPath = LastPath == path ? null : LastPath;

    /// <summary>A SACK was taken in, by the rules of RFC 9260 (§3.5 A4).</summary>
    public void OnSack()
    {
        outstanding.Advance(_limit);
        TimeSpan roundTrip = LastPath?.Rto.Smoothed ?? default;
        TimeSpan delay = roundTrip < s_longestDelay ? roundTrip : s_longestDelay;
        _isDue |= outstanding.IsAdvanced && (outstanding.AdvancedAck > _sentPoint || context.Now - _sentAt >= delay);
    }

    /// <summary>
    /// Streams are to be reset (RFC 6525 §5.1.2), which the peer does when it has, or has skipped, all that was sent so far. Until it has
    /// answered, nobody knows whether a number in a FORWARD TSN would be taken for one of before or of after that. Therefore none
    /// goes further: as soon as the peer has done it, one of before is out of date.
    /// </summary>
    public void OnResetRequested() => _limit = outstanding.HighestTsn;

    /// <summary>The peer has answered: a FORWARD TSN may go further.</summary>
    public void OnResetAnswered()
    {
        _limit = null;
        Advance();
    }

    /// <summary>T3-rtx has expired (A5).</summary>
    public void OnTimeout()
    {
        outstanding.Advance(_limit);
        _isDue = true;
    }

    /// <summary>Writes FORWARD TSN (§3.2), or I-FORWARD-TSN where messages are interleaved (RFC 8260 §2.3.1), for a path.</summary>
    /// <returns>False when it does not fit: it begins the next packet.</returns>
    public bool WriteForwardTsn(ref PacketWriter packet, Path path)
    {
        if (packet.Available < LengthOnWire(0))
        {
            return false;
        }

        int room = (packet.Available - LengthOnWire(0)) / (LengthOnWire(1) - LengthOnWire(0));

        if (_skipped.Length < room)
        {
            _skipped = new SkippedMessage[room];
        }

        // C4: what does not fit into a packet waits for the next one. What would fit into an empty one does so, too.
        Tsn before = outstanding.AdvancedAck;
        int count = outstanding.CollectSkipped(_skipped.AsSpan(0, room));
        if (outstanding.AdvancedAck != before && !packet.IsEmpty)
        {
            outstanding.Advance(_limit);
            return false;
        }

        ReadOnlySpan<SkippedMessage> skipped = _skipped.AsSpan(0, count);
        bool fits = queue.IsInterleaved
            ? InterleavedForwardTsnChunk.Write(ref packet, outstanding.AdvancedAck, skipped)
            : ForwardTsnChunk.Write(ref packet, outstanding.AdvancedAck, skipped);
        Invariant.Check(fits && outstanding.IsAdvanced, "a FORWARD TSN was made larger than the packet");
        _sentPoint = outstanding.AdvancedAck;
        _sentAt = context.Now;
        LastPath = path;
        _isDue = false;
        return true;
    }

    private int LengthOnWire(int skipped) =>
        queue.IsInterleaved ? InterleavedForwardTsnChunk.LengthOnWire(skipped) : ForwardTsnChunk.LengthOnWire(skipped);

    private bool IsOver(OutboundMessage message, int transmissions) => message.Options.Reliability.Policy switch
    {
        ReliabilityPolicy.Lifetime => context.Now > message.Deadline,
        ReliabilityPolicy.Retransmissions => transmissions > message.Options.Reliability.Value,
        _ => false,
    };

    /// <summary>Gives up all of a record: what is outstanding of it, what waits, and what was not even accepted yet.</summary>
    /// <param name="message">A part of it.</param>
    /// <param name="offset">The place of an outstanding chunk of it; -1 when there is none.</param>
    private void GiveUp(OutboundMessage message, int offset)
    {
        outstanding.Messages.KeepsFailed = context.Options.ReportsFailedSends;
        _hasGivenUp = true;
        long record = message.Record;
        StreamId stream = message.Options.Stream;
        bool isHalfSent = queue.IsHalfSent(message);
        queue.BeginAbandon(message, wasSent: isHalfSent || offset >= 0);
        long bytes = offset >= 0 ? outstanding.Abandon(offset) : 0;
        if (isHalfSent)
        {
            outstanding.AddAbandonedEnd(message, queue.IsInterleaved);
        }

        bytes += queue.Abandon(stream, record);
        queue.OnReleased(bytes);
        Advance();
    }

    private void Advance()
    {
        outstanding.Advance(_limit);
        _isDue |= outstanding.IsAdvanced && outstanding.AdvancedAck > _sentPoint;
    }
}
