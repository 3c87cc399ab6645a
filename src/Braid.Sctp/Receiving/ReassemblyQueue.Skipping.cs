using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>The part of the queue that stops waiting for what the peer has given up (RFC 3758 §3.6).</summary>
internal sealed partial class ReassemblyQueue
{
    /// <summary>
    /// The last TSN that was skipped, or was let go because its message lacks one that was. A fragment behind it has lost its
    /// beginning; null when nothing ever was.
    /// </summary>
    private Tsn? _lastSkipped;

    /// <summary>Whether a chunk is the rest of a message of which the fragment before it was skipped.</summary>
    public bool LostItsBeginning(in DataChunk data) =>
        !data.Beginning && _lastSkipped == data.Tsn.Previous && !IsContinuedBy(data.Tsn);

    /// <summary>Such a chunk was thrown away: the next one of its message is one, too.</summary>
    public void OnThrownAway(in DataChunk data) => _lastSkipped = data.Ending ? _lastSkipped : data.Tsn;

    /// <summary>Lets go of the fragments of every message that lacks a TSN up to a point, and waits for none of their rest.</summary>
    /// <param name="cumulativeAck">The Cumulative TSN Ack Point before: up to it, nothing is missing.</param>
    /// <param name="upTo">The New Cumulative TSN.</param>
    /// <param name="arrived">What has arrived beyond that point: only there are fragments, however far the new one is.</param>
    public void SkipFragments(Tsn cumulativeAck, Tsn upTo, ReadOnlySpan<GapAckBlock> arrived)
    {
        _lastSkipped = upTo;
        if (_partial is { } partial && partial.Next <= upTo
            && !(_fragments.TryGetRunBeginningAt(partial.Next, out FragmentRun rest) && rest.Last >= upTo))
        {
            Context.Report(new AssociationEvent.PartialDeliveryAborted(partial.Stream, partial.Ssn));
            EndPartial();
            if (!partial.IsUnordered)
            {
                SkipMessages(partial.Stream, partial.Ssn, upTo);
            }
        }

        // A run begins below the old point only when it reaches up to it: what would continue it comes next.
        if (_fragments.TryGetRunEndingAt(cumulativeAck, out FragmentRun run))
        {
            DropUnlessWhole(run, upTo);
        }

        foreach (GapAckBlock block in arrived)
        {
            for (Tsn first = cumulativeAck + block.Start; first <= cumulativeAck + block.End && first <= upTo.Next; first = first.Next)
            {
                if (_fragments.TryGetRunBeginningAt(first, out run))
                {
                    first = run.Last;
                    DropUnlessWhole(run, upTo);
                }
            }
        }
    }

    /// <summary>Delivers what waits on a stream for messages up to this one, and what comes next then.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="last">The number of the last message that will not come.</param>
    /// <param name="upTo">The New Cumulative TSN.</param>
    public void SkipMessages(StreamId id, Ssn last, Tsn upTo)
    {
        InboundStream stream = StreamFor(id);
        if (last.DistanceFrom(stream.Next) < 0)
        {
            stream.OnLateSkip(last, upTo);                   // all of them were delivered, or skipped before
            return;
        }

        while (stream.TryTakeUpTo(last, out ReceivedMessage? message))
        {
            MakeReady(message);
        }

        stream.SkipTo(last, upTo);
        DeliverWaiting(stream);
    }

    // What has its beginning, and reaches up to the point, lacks nothing that was skipped.
    private void DropUnlessWhole(in FragmentRun run, Tsn upTo)
    {
        bool isBegun = _fragments.Get(run.First).IsBeginning || _partial?.Next == run.First;
        if (isBegun && run.Last >= upTo)
        {
            return;
        }

        for (int i = 0; i < run.Count; i++)
        {
            LetGo(_fragments.Remove(run.First + i));
        }

        _lastSkipped = run.Last > upTo ? run.Last : _lastSkipped;
    }
}
