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
    private const long SlackOfTuned = 2 << 20;
    private const long WorthTuning = 16 << 10;

    private readonly AssociationContext _context;
    private EcnEcho _echo;
    private ReceiveTuning? _tuning;                          // made when as much has come as many associations never see

    public Receiver(AssociationContext context, in Negotiated negotiated, int largestChunk, long announcedWindow)
    {
        _context = context;
        Streams = negotiated.IncomingStreams;
        bool isInterleaved = (negotiated.Extensions & Extensions.Interleaving) != 0;
        Tsns = new TsnTracker(negotiated.PeerInitialTsn, isInterleaved);
        Acks = new AckScheduler(context);
        Window = new ReceiveWindow(context.Sizes.Receive, largestChunk, announcedWindow, context.Options.ReceiveBufferSize == 0 ? SlackOfTuned : 0);
        Messages = isInterleaved ? new InterleavedQueue(context, Window) : new ReassemblyQueue(context, Window);
    }

    /// <summary>Streams that the peer may send on.</summary>
    public int Streams { get; set; }

    public TsnTracker Tsns { get; }

    public AckScheduler Acks { get; }

    public ReceiveWindow Window { get; }

    public Reassembly Messages { get; }

    /// <summary>Whether the peer's user data comes in I-DATA chunks.</summary>
    public bool IsInterleaved => Messages is InterleavedQueue;

    // RFC 8260 §2.2.1: user data comes in DATA chunks, or in I-DATA chunks, never in both.
    private ReassemblyQueue Queue => (ReassemblyQueue)Messages;

    private InterleavedQueue Interleaved => (InterleavedQueue)Messages;

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

    /// <summary>Takes in a DATA chunk (§6.2), where that is what user data comes in.</summary>
    public DataVerdict OnData(in DataChunk data)
    {
        if (!IsWanted(data.Tsn, data.Stream, data.Payload.Length, data.SackImmediately, out DataVerdict verdict))
        {
            return verdict;
        }

        if (Queue.LostItsBeginning(data))
        {
            Queue.OnThrownAway(data);
            _context.Drops.Count(DropReason.SkippedData);
            verdict = DataVerdict.Accepted;
        }
        else
        {
            verdict = IsOrphan(data) ? DataVerdict.Violation : OnAdded(Add(data), data.Payload.Length);
        }

        if (verdict == DataVerdict.Accepted)
        {
            Accept(data.Tsn, data.SackImmediately);
            Queue.DeliverPartially(Tsns.CumulativeAck);
        }

        return verdict;
    }

    /// <summary>Takes in an I-DATA chunk (RFC 8260 §2.2.3), where that is what user data comes in.</summary>
    public DataVerdict OnData(in InterleavedDataChunk data)
    {
        if (!IsWanted(data.Tsn, data.Stream, data.Payload.Length, data.SackImmediately, out DataVerdict verdict))
        {
            return verdict;
        }

        verdict = OnAdded(Add(data), data.Payload.Length);
        if (verdict == DataVerdict.Accepted)
        {
            Accept(data.Tsn, data.SackImmediately);
            if (!Tsns.HasGaps)
            {
                Interleaved.DeliverUnderPressure();
            }
        }

        return verdict;
    }

    /// <summary>A packet with data is at its end: the receive buffer may have become too small.</summary>
    /// <param name="smoothed">SRTT of the path that it came on, or of the slowest of several; zero for none.</param>
    /// <param name="expectsGaps">Whether data comes over several paths at the same time.</param>
    public void OnPacketEnd(TimeSpan smoothed, bool expectsGaps)
    {
        Acks.OnPacketEnd(expectsGaps);
        AssociationOptions options = _context.Options;
        if (options.ReceiveBufferSize == 0 && _context.Counters.PayloadBytesReceived > WorthTuning)
        {
            _tuning ??= new ReceiveTuning(options.FirstReceiveBuffer);
            Grow(_tuning.OnReceived(_context.Now, _context.Counters.PayloadBytesReceived, Window.Taken, smoothed, expectsGaps), options.MaximumReceiveBufferSize);
        }
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
        if (!IsForward(forward.NewCumulative))
        {
            return;
        }

        bool hadGaps = Tsns.HasGaps;
        Queue.SkipFragments(Tsns.CumulativeAck, forward.NewCumulative, Tsns.Gaps(Tsns.GapCount));
        Tsns.SkipTo(forward.NewCumulative);
        for (int i = 0; i < forward.SkippedCount; i++)
        {
            SkippedMessage skipped = forward.Skipped(i);
            if (skipped.Stream.Value < Streams)
            {
                Queue.SkipMessages(skipped.Stream, new Ssn((ushort)skipped.Number), forward.NewCumulative);
            }
            else
            {
                _context.Drops.Count(DropReason.InvalidForwardTsn);
            }
        }

        Queue.DeliverPartially(Tsns.CumulativeAck);
        Acks.OnData(immediately: hadGaps || Tsns.HasGaps);
    }

    /// <summary>Takes in an I-FORWARD-TSN (RFC 8260 §2.3.1), as a FORWARD TSN.</summary>
    public void OnForwardTsn(in InterleavedForwardTsnChunk forward)
    {
        if (!IsForward(forward.NewCumulativeTsn))
        {
            return;
        }

        bool hadGaps = Tsns.HasGaps;
        Tsns.SkipTo(forward.NewCumulativeTsn);
        if (!Interleaved.Skip(forward, Streams))
        {
            _context.Drops.Count(DropReason.InvalidForwardTsn);
        }

        if (!Tsns.HasGaps)
        {
            Interleaved.DeliverUnderPressure();
        }

        Acks.OnData(immediately: hadGaps || Tsns.HasGaps);
    }

    /// <summary>Whether a SACK must go out now: for what has arrived, or because the window has opened (§6.2).</summary>
    public bool WantsSack => Acks.IsDue || Window.WantsUpdate;

    /// <summary>Bytes of a SACK, or of the NR-SACK in its place, that reports no more than a cumulative ack.</summary>
    public static int ShortestSack(bool isNonRenegable) => isNonRenegable ? NrSackChunk.LengthOnWire(0, 0) : SackChunk.LengthOnWire(0, 0);

    /// <summary>Writes a SACK with as many gaps and duplicates as fit (§3.3.4), and ECNE before it where there is something to echo.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isNonRenegable">Whether it is to be an NR-SACK.</param>
    /// <returns>False when not even a SACK without them fits.</returns>
    public bool WriteSack(ref PacketWriter packet, bool isNonRenegable)
    {
        int shortest = ShortestSack(isNonRenegable);
        if (_echo.IsWanted && packet.Available >= EcneChunk.LengthOnWire + shortest)
        {
            EcneChunk.Write(ref packet, _echo.Lowest);
        }

        int room = packet.Available - shortest;
        if (room < 0)
        {
            return false;
        }

        ReadOnlySpan<GapAckBlock> gaps = Tsns.Gaps(room / 4);
        ReadOnlySpan<Tsn> duplicates = Tsns.Duplicates;
        duplicates = duplicates[..Math.Min(duplicates.Length, (room / 4) - gaps.Length)];
        uint window = Window.Advertised;
        if (isNonRenegable)
        {
            int promised = Promise(gaps);
            NrSackChunk.Write(ref packet, Tsns.CumulativeAck, window, gaps[promised..], gaps[..promised], duplicates);
        }
        else
        {
            SackChunk.Write(ref packet, Tsns.CumulativeAck, window, gaps, duplicates);
        }

        Tsns.OnSackSent();
        Acks.OnSackSent();
        Window.OnAdvertised(window);
        _tuning?.OnAdvertised(_context.Now, _context.Counters.PayloadBytesReceived, window);
        _context.Counters.SacksSent++;
        return true;
    }

    /// <summary>
    /// Says of which gaps nothing will be dropped (draft-natarajan-tsvwg-sctp-nrsack). Where memory is short, what is new stays
    /// droppable: else there might be no room for what fills the gaps before it.
    /// </summary>
    /// <param name="gaps">What is reported, from the lowest.</param>
    /// <returns>How many of these blocks.</returns>
    private int Promise(ReadOnlySpan<GapAckBlock> gaps)
    {
        Tsn cumulative = Tsns.CumulativeAck;
        Tsn highest = cumulative + (Window.HasRoom && gaps.Length > 0 ? gaps[^1].End : 0);
        Tsns.Promised = highest > Tsns.Promised ? highest : Tsns.Promised;
        int count = 0;
        while (count < gaps.Length && gaps[count].End <= Tsns.Promised.DistanceFrom(cumulative))
        {
            count++;
        }

        return count;
    }

    /// <summary>Only what lies above may be dropped for a chunk that fills a gap (RFC 9260 §6.2).</summary>
    private Tsn DropFloor(Tsn tsn)
    {
        Tsn floor = tsn > Tsns.CumulativeAck ? tsn : Tsns.CumulativeAck;
        return IsPromised(floor) ? Tsns.Promised : floor;
    }

    private bool IsPromised(Tsn tsn) => tsn <= Tsns.Promised;

    /// <summary>Whether a chunk must be taken though there is no memory: it comes next, and what waits for it may not be dropped.</summary>
    private bool IsAwaited(Tsn tsn) => tsn == Tsns.CumulativeAck.Next && IsPromised(tsn) && Window.MayStretch;

    private bool IsForward(Tsn newCumulative)
    {
        int distance = newCumulative.DistanceFrom(Tsns.CumulativeAck);
        if (distance > 0 && Tsns.IsInReach(newCumulative))
        {
            return true;
        }

        Drop(distance <= 0 ? DropReason.OutdatedForwardTsn : DropReason.InvalidForwardTsn);
        return false;
    }

    private bool IsWanted(Tsn tsn, StreamId stream, int length, bool sackImmediately, out DataVerdict verdict)
    {
        verdict = DataVerdict.NoUserData;
        if (length == 0)
        {
            return false;
        }

        switch (Tsns.Observe(tsn))
        {
            case TsnVerdict.Duplicate:
                _context.Counters.DuplicatesReceived++;
                verdict = Drop(DropReason.DuplicateData);
                return false;
            case TsnVerdict.OutOfWindow:
                verdict = Drop(DropReason.OutsideWindow);
                return false;
        }

        if (stream.Value >= Streams)
        {
            Accept(tsn, sackImmediately);
            verdict = DataVerdict.InvalidStream;
            return false;
        }

        // §6.2: with a closed window only what fills a gap is taken.
        if (Window.IsClosedFor(length) && tsn > Tsns.Highest)
        {
            // §6.9: the application has taken all that it can, and still there is no room for the rest of a message.
            if (!Tsns.HasGaps && !Messages.HasReady)
            {
                if (IsInterleaved)
                {
                    Interleaved.DeliverPartially();
                }
                else
                {
                    Queue.DeliverPartially(Tsns.CumulativeAck, isFull: true);
                }
            }

            verdict = Drop(DropReason.OutsideWindow);
            return false;
        }

        return true;
    }

    private DataVerdict OnAdded(ReassemblyVerdict verdict, int length)
    {
        switch (verdict)
        {
            case ReassemblyVerdict.NoMemory:
                return Drop(DropReason.OutsideWindow);
            case ReassemblyVerdict.Skipped:
                _context.Drops.Count(DropReason.SkippedData);
                return DataVerdict.Accepted;
            case ReassemblyVerdict.Violation:
                return DataVerdict.Violation;
        }

        _context.Counters.PayloadBytesReceived += length;
        GrowForFragments();
        return DataVerdict.Accepted;
    }

    // A message comes whole as long as there is memory for that: well before the window closes.
    private void GrowForFragments()
    {
        if (Messages.FragmentCharge > Window.Size / 2)
        {
            Grow(2 * Window.Size, _context.Options.ReassemblyBuffer);
        }
    }

    private void Grow(long wanted, long maximum)
    {
        if (_context.Sizes.TryGrowReceive(Math.Min(wanted, maximum)))
        {
            Window.Resize(_context.Sizes.Receive);
        }
    }

    private void Accept(Tsn tsn, bool sackImmediately)
    {
        // §6.7: as long as TSNs are missing, and when the last of them comes, every packet is acknowledged at once.
        bool hadGaps = Tsns.HasGaps;
        Tsns.Accept(tsn);
        Acks.OnData(immediately: sackImmediately, hasGaps: hadGaps || Tsns.HasGaps);
    }

    // A fragment whose neighbour in the message has arrived and is not held was cut off from it: it could never be delivered,
    // and its slot would span ever more TSNs.
    private bool IsOrphan(in DataChunk data) =>
        (!data.Beginning && Tsns.HasArrived(data.Tsn.Previous) && !Queue.IsContinuedBy(data.Tsn))
        || (!data.Ending && Tsns.HasArrived(data.Tsn.Next) && !Queue.HoldsFragment(data.Tsn.Next));

    private ReassemblyVerdict Add(in DataChunk data)
    {
        ReassemblyVerdict verdict = Queue.Add(data);
        Tsn floor = DropFloor(data.Tsn);
        while (verdict == ReassemblyVerdict.NoMemory && Queue.TryDropHighest(floor, out Tsn first, out Tsn last))
        {
            // §6.2: what fills a gap is worth more than the highest TSN that waits behind it.
            bool isReneged = Tsns.Renege(first, last);
            Invariant.Check(isReneged, "what is held for reordering is not among the gaps");
            _context.Drops.Count(DropReason.Reneged);
            verdict = Queue.Add(data);
        }

        if (verdict != ReassemblyVerdict.NoMemory || data.Tsn != Tsns.CumulativeAck.Next)
        {
            return verdict;
        }

        if (IsAwaited(data.Tsn) || Queue.IsBlockedByPartial)
        {
            return Queue.Add(data, mustHold: true);
        }

        if (!Queue.HasReady)
        {
            Queue.DeliverPartially(Tsns.CumulativeAck, isFull: true);     // for when it comes again: a chunk may be larger than an open window
        }

        return verdict;
    }

    private ReassemblyVerdict Add(in InterleavedDataChunk data)
    {
        InterleavedQueue queue = Interleaved;
        ReassemblyVerdict verdict = queue.Add(data);
        Tsn floor = DropFloor(data.Tsn);
        while (verdict == ReassemblyVerdict.NoMemory && queue.TryDropHighest(floor, out Tsn dropped))
        {
            bool isReneged = Tsns.Renege(dropped, dropped);  // §6.2, as above
            Invariant.Check(isReneged, "what is held for reordering is not among the gaps");
            _context.Drops.Count(DropReason.Reneged);
            verdict = queue.Add(data);
        }

        if (verdict != ReassemblyVerdict.NoMemory || data.Tsn != Tsns.CumulativeAck.Next)
        {
            return verdict;
        }

        if (queue.MustHold(data) || IsAwaited(data.Tsn))
        {
            return queue.Add(data, mustHold: true);
        }

        queue.DeliverPartially();
        return verdict;
    }

    private DataVerdict Drop(DropReason reason)
    {
        _context.Drops.Count(reason);
        Acks.OnUnusable();
        return DataVerdict.Dropped;
    }
}
