using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What the association has to do about a DATA chunk.</summary>
internal enum DataVerdict : byte
{
    /// <summary>It was taken.</summary>
    Accepted,

    /// <summary>It was not, and the next SACK says so.</summary>
    Dropped,

    /// <summary>Its stream does not exist: acknowledged, but reported in an ERROR (RFC 9260 §6.5).</summary>
    InvalidStream,

    /// <summary>It has no user data: the association is aborted (§6.2).</summary>
    NoUserData,

    /// <summary>Its fragments contradict each other: the association is aborted.</summary>
    Violation,
}

/// <summary>The receiving half of an association: what has arrived, what is owed an acknowledgement, what can be delivered.</summary>
internal sealed class Receiver
{
    private readonly AssociationContext _context;
    private EcnEcho _echo;

    public Receiver(AssociationContext context, in Negotiated negotiated, int largestChunk, long announcedWindow)
    {
        _context = context;
        Streams = negotiated.IncomingStreams;
        Tsns = new TsnTracker(negotiated.PeerInitialTsn);
        Acks = new AckScheduler(context);
        Window = new ReceiveWindow(context.Options.ReceiveBufferSize, largestChunk, announcedWindow);
        Messages = new ReassemblyQueue(context, Window);
    }

    /// <summary>Streams that the peer may send on.</summary>
    public int Streams { get; set; }

    public TsnTracker Tsns { get; }

    public AckScheduler Acks { get; }

    public ReceiveWindow Window { get; }

    public ReassemblyQueue Messages { get; }

    /// <summary>The peer goes on with another TSN (RFC 6525 §5.2.4 G4): nothing that names one of before counts any more.</summary>
    public void Restart(Tsn next)
    {
        Tsns.Restart(next);
        _echo = default;
    }

    /// <summary>Takes the next message that may be delivered.</summary>
    public bool TryTake([NotNullWhen(true)] out ReceivedMessage? message)
    {
        bool isThere = Messages.TryTake(out message);
        message?.CumulativeTsn = Tsns.CumulativeAck;
        return isThere;
    }

    /// <summary>Takes in a DATA chunk (§6.2).</summary>
    public DataVerdict OnData(in DataChunk data)
    {
        if (data.Payload.IsEmpty)
        {
            return DataVerdict.NoUserData;
        }

        switch (Tsns.Observe(data.Tsn))
        {
            case TsnVerdict.Duplicate:
                _context.Counters.DuplicatesReceived++;
                return Drop(DropReason.DuplicateData);
            case TsnVerdict.OutOfWindow:
                return Drop(DropReason.OutsideWindow);
        }

        bool isValidStream = data.Stream.Value < Streams;
        if (isValidStream)
        {
            // §6.2: with a closed window only what fills a gap is taken.
            if (Window.IsClosed && data.Tsn > Tsns.Highest)
            {
                // §6.9: the application has taken all that it can, and still there is no room for the rest of a message.
                if (!Tsns.HasGaps && !Messages.HasReady)
                {
                    Messages.DeliverPartially(Tsns.CumulativeAck, isFull: true);
                }

                return Drop(DropReason.OutsideWindow);
            }

            if (Messages.LostItsBeginning(data))
            {
                Messages.OnThrownAway(data);
                _context.Drops.Count(DropReason.SkippedData);
                Accept(data);
                return DataVerdict.Accepted;
            }

            if (IsOrphan(data))
            {
                return DataVerdict.Violation;
            }

            switch (Add(data))
            {
                case ReassemblyVerdict.NoMemory:
                    return Drop(DropReason.OutsideWindow);
                case ReassemblyVerdict.Violation:
                    return DataVerdict.Violation;
            }

            _context.Counters.PayloadBytesReceived += data.Payload.Length;
        }

        Accept(data);
        return isValidStream ? DataVerdict.Accepted : DataVerdict.InvalidStream;
    }

    /// <summary>A router has marked a packet with data: the sender must know soon.</summary>
    /// <param name="lowest">The lowest TSN in it.</param>
    public void OnMarked(Tsn lowest)
    {
        _echo.OnMarked(lowest);
        Acks.OnData(immediately: true);
    }

    /// <summary>The sender has heard of a mark.</summary>
    public void OnCwr(Tsn lowest) => _echo.OnCwr(lowest);

    /// <summary>Takes in a FORWARD TSN (RFC 3758 §3.6): it is acknowledged by the rules for DATA.</summary>
    public void OnForwardTsn(in ForwardTsnChunk forward)
    {
        int distance = forward.NewCumulative.DistanceFrom(Tsns.CumulativeAck);
        if (distance is <= 0 or > TsnTracker.FarthestAhead)
        {
            Drop(distance <= 0 ? DropReason.OutdatedForwardTsn : DropReason.InvalidForwardTsn);
            return;
        }

        bool hadGaps = Tsns.HasGaps;
        Messages.SkipFragments(Tsns.CumulativeAck, forward.NewCumulative);
        Tsns.SkipTo(forward.NewCumulative);
        for (int i = 0; i < forward.SkippedCount; i++)
        {
            SkippedMessage skipped = forward.Skipped(i);
            if (skipped.Stream.Value < Streams)
            {
                Messages.SkipMessages(skipped.Stream, new Ssn((ushort)skipped.Number), forward.NewCumulative);
            }
            else
            {
                _context.Drops.Count(DropReason.InvalidForwardTsn);
            }
        }

        Messages.DeliverPartially(Tsns.CumulativeAck);
        Acks.OnData(immediately: hadGaps || Tsns.HasGaps);
    }

    /// <summary>Whether a SACK must go out now: for what has arrived, or because the window has opened (§6.2).</summary>
    public bool WantsSack => Acks.IsDue || Window.WantsUpdate;

    /// <summary>Writes a SACK with as many gaps and duplicates as fit (§3.3.4), and ECNE before it where there is something to echo.</summary>
    /// <returns>False when not even a SACK without them fits.</returns>
    public bool WriteSack(ref PacketWriter packet)
    {
        if (_echo.IsWanted && packet.Available >= EcneChunk.LengthOnWire + SackChunk.LengthOnWire(0, 0))
        {
            EcneChunk.Write(ref packet, _echo.Lowest);
        }

        int room = packet.Available - SackChunk.LengthOnWire(0, 0);
        if (room < 0)
        {
            return false;
        }

        ReadOnlySpan<GapAckBlock> gaps = Tsns.Gaps(room / 4);
        ReadOnlySpan<Tsn> duplicates = Tsns.Duplicates;
        duplicates = duplicates[..Math.Min(duplicates.Length, (room / 4) - gaps.Length)];
        uint window = Window.Advertised;
        SackChunk.Write(ref packet, Tsns.CumulativeAck, window, gaps, duplicates);
        Tsns.OnSackSent();
        Acks.OnSackSent();
        Window.OnAdvertised(window);
        _context.Counters.SacksSent++;
        return true;
    }

    // A fragment whose neighbour in the message has arrived and is not held was cut off from it: it could never be delivered,
    // and its slot would span ever more TSNs.
    private bool IsOrphan(in DataChunk data) =>
        (!data.Beginning && Tsns.HasArrived(data.Tsn.Previous) && !Messages.IsContinuedBy(data.Tsn))
        || (!data.Ending && Tsns.HasArrived(data.Tsn.Next) && !Messages.HoldsFragment(data.Tsn.Next));

    private ReassemblyVerdict Add(in DataChunk data)
    {
        ReassemblyVerdict verdict = Messages.Add(data);
        Tsn floor = data.Tsn > Tsns.CumulativeAck ? data.Tsn : Tsns.CumulativeAck;
        while (verdict == ReassemblyVerdict.NoMemory && Messages.TryDropHighest(floor, out Tsn first, out Tsn last))
        {
            // §6.2: what fills a gap is worth more than the highest TSN that waits behind it.
            bool isReneged = Tsns.Renege(first, last);
            Invariant.Check(isReneged, "what is held for reordering is not among the gaps");
            _context.Drops.Count(DropReason.Reneged);
            verdict = Messages.Add(data);
        }

        bool mustHold = verdict == ReassemblyVerdict.NoMemory && data.Tsn == Tsns.CumulativeAck.Next && Messages.IsBlockedByPartial;
        return mustHold ? Messages.Add(data, mustHold) : verdict;
    }

    // §6.7: as long as TSNs are missing, and when the last of them comes, every packet is acknowledged at once.
    private void Accept(in DataChunk data)
    {
        bool hadGaps = Tsns.HasGaps;
        Tsns.Accept(data.Tsn);
        Messages.DeliverPartially(Tsns.CumulativeAck);
        Acks.OnData(immediately: data.SackImmediately || hadGaps || Tsns.HasGaps);
    }

    private DataVerdict Drop(DropReason reason)
    {
        _context.Drops.Count(reason);
        Acks.OnUnusable();
        return DataVerdict.Dropped;
    }
}
