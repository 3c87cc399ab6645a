using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>The part of the queue that lets messages go before they have a TSN (RFC 3758 §4.1 TR3, RFC 7496 §3.2).</summary>
internal sealed partial class SendQueue
{
    private Instant _earliestDeadline = Instant.Never;       // not after that of any message that waits

    /// <summary>Whether the lifetime of some message that waits may be over.</summary>
    public bool MayHaveExpired => _context.Now > _earliestDeadline;

    /// <summary>Messages that were given up.</summary>
    /// <param name="policy">By which policy; null for all of them.</param>
    /// <param name="id">On which stream; null for all of them.</param>
    public AbandonedMessages CountAbandoned(ReliabilityPolicy? policy, StreamId? id)
    {
        if (id is { } one)
        {
            return _streams.Find(one)?.Abandoned?.Get(policy) ?? default;
        }

        var sum = default(AbandonedMessages);
        foreach (OutboundStream? stream in _streams.Used)
        {
            if (stream?.Abandoned?.Get(policy) is { } some)
            {
                sum = new AbandonedMessages(sum.Unsent + some.Unsent, sum.Sent + some.Sent);
            }
        }

        return sum;
    }

    /// <summary>A message that has outlived its lifetime in the middle of its transmission; null for none.</summary>
    public OutboundMessage? FindExpiredHalfSent()
    {
        foreach (OutboundStream? stream in _streams.Used)
        {
            if (stream is { HalfSentRecord: not 0, First: { } first } && first.Record == stream.HalfSentRecord && _context.Now > first.Deadline)
            {
                return first;
            }
        }

        return null;
    }

    /// <summary>Lets go of every record that has outlived its lifetime with nothing of it sent.</summary>
    /// <returns>Whether there was any.</returns>
    public bool AbandonExpired()
    {
        bool any = false;
        _earliestDeadline = Instant.Never;
        foreach (OutboundStream? stream in _streams.Used)
        {
            if (stream?.First is null)
            {
                continue;
            }

            long record = 0;
            OutboundMessage? before = null;
            for (OutboundMessage? message = stream.First; message is not null;)
            {
                OutboundMessage? next = message.Next;
                if (_context.Now > message.Deadline && message.Record != stream.HalfSentRecord)
                {
                    if (message.Record != record)
                    {
                        record = message.Record;
                        BeginAbandon(message, wasSent: false);
                    }

                    BufferedBytes -= Remove(stream, message, before);
                    any = true;
                }
                else
                {
                    before = message;
                    _earliestDeadline = Instant.Min(_earliestDeadline, message.Deadline);
                }

                message = next;
            }

            if (stream is { First: null, HoldsTurn: false })
            {
                _turn.Deactivate(stream);
            }
        }

        return any;
    }

    /// <summary>A record is given up: it counts once, however many parts it came in, and nothing continues it any more.</summary>
    public void BeginAbandon(OutboundMessage message, bool wasSent)
    {
        OutboundStream stream = _streams.Find(message.Options.Stream)!;
        ReliabilityPolicy policy = message.Options.Reliability.Policy;
        _context.Counters.MessagesAbandoned++;
        stream.CountAbandoned(policy, wasSent);
        if (stream.IsRecordOpen && stream.LastRecord == message.Record)
        {
            stream.LoseRecord();
            _openRecords--;
        }
    }

    /// <summary>Lets go of the parts of a record that wait, and of the turn that it has.</summary>
    /// <returns>Bytes of user data that have no TSN and never will.</returns>
    public long Abandon(StreamId id, long record)
    {
        OutboundStream stream = _streams.Find(id)!;
        bool isHalfSent = stream.HalfSentRecord == record;
        bool wasActive = stream.First is not null || stream.HoldsTurn;
        long bytes = 0;
        OutboundMessage? before = null;
        for (OutboundMessage? message = stream.First; message is not null && message.Record <= record;)
        {
            OutboundMessage? next = message.Next;
            if (message.Record == record)
            {
                bytes += Remove(stream, message, before);
            }
            else
            {
                before = message;
            }

            message = next;
        }

        stream.HalfSentRecord = isHalfSent ? 0 : stream.HalfSentRecord;
        if (!(isHalfSent && _turn.TryGiveUp(stream)) && wasActive && stream is { First: null, HoldsTurn: false })
        {
            _turn.Deactivate(stream);
        }

        return bytes;
    }

    /// <summary>Whether the record of a message was begun on the wire and not ended there. Then it has its number.</summary>
    public bool IsHalfSent(OutboundMessage message)
    {
        OutboundStream stream = _streams.Find(message.Options.Stream)!;
        if (stream.HalfSentRecord != message.Record)
        {
            return false;
        }

        if (message.Cut == 0)
        {
            Number(stream, message);                         // a later part: it shares that of the first
        }

        return true;
    }

    /// <summary>
    /// The message that wants its room the least, of those whose room another one may take (RFC 7496 §3.2): the lowest priority,
    /// and of that the one that was accepted first.
    /// </summary>
    /// <param name="reliability">Of the message that is to have room.</param>
    /// <param name="gain">At least this much: how much lower its priority is.</param>
    /// <param name="bytes">User data in all such messages.</param>
    /// <param name="count">How many message objects that lets go of, at least.</param>
    public OutboundMessage? FindLeastWanted(in Reliability reliability, ref long gain, out long bytes, out int count)
    {
        OutboundMessage? least = null;
        (bytes, count) = (0, 0);
        foreach (OutboundStream? stream in _streams.Used)
        {
            for (OutboundMessage? message = stream?.First; message is not null; message = message.Next)
            {
                long itsGain = reliability.GainOver(message.Options.Reliability);
                if (itsGain == 0)
                {
                    continue;
                }

                bytes += message.Length - message.Cut;
                count += message.Record == stream!.HalfSentRecord ? 0 : 1;       // one of those stays until the peer has skipped it
                if (itsGain > gain || (itsGain == gain && (least is null || message.Number < least.Number)))
                {
                    gain = itsGain;
                    least = message;
                }
            }
        }

        return least;
    }

    private Instant DeadlineOf(in Reliability reliability) =>
        reliability.Policy == ReliabilityPolicy.Lifetime ? _context.Now + TimeSpan.FromTicks(reliability.Value) : Instant.Never;

    private int Remove(OutboundStream stream, OutboundMessage message, OutboundMessage? before)
    {
        int bytes = message.Length - message.Cut;
        stream.Remove(message, before);
        AssociationEvent? low = stream.OnSent(bytes);
        if (low is not null)
        {
            _context.Report(low);
        }

        _waiting.Remove(message);
        _messages.Abandon(message);
        return bytes;
    }
}
