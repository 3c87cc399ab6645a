using System.Collections.Generic;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that stops waiting for what the peer has given up (RFC 3758 §3.6): by message identifiers, of ordered and
/// of unordered messages (RFC 8260 §2.3.1), and never by TSN.
/// </summary>
internal sealed partial class InterleavedQueue
{
    private const int Many = 32;                             // fragments without one another


    /// <summary>
    /// Lets go of what is incomplete up to the skipped messages, delivers what is complete and has waited for them, and what comes
    /// next then. However many messages the chunk names, all that is held is looked at once at most.
    /// </summary>
    /// <param name="forward">The chunk, newer than any before.</param>
    /// <param name="streams">Streams that there are.</param>
    /// <returns>Whether all that it names exist.</returns>
    public bool Skip(in InterleavedForwardTsnChunk forward, int streams)
    {
        bool isValid = true;
        bool mustLookAtAll = false;
        long mayLookUp = OpenCount;                          // in all: then it is quicker to look at all that is held
        for (int i = 0; i < forward.Count; i++)
        {
            SkippedMessage skipped = forward[i];
            if (skipped.Stream.Value >= streams)
            {
                isValid = false;
                continue;
            }

            InterleavedStream stream = StreamFor(skipped.Stream);
            var last = new Mid(skipped.Number);
            long count = stream.FirstToSkip(skipped.Unordered) is { } first ? last.DistanceFrom(first) + 1L : long.MaxValue;
            stream.OnSkipped(skipped.Unordered, last, forward.NewCumulativeTsn);
            mustLookAtAll |= count > mayLookUp || (count < 0 && skipped.Unordered);
            for (uint before = 0; before < count && !mustLookAtAll; before++, mayLookUp--)
            {
                Pass(Find(skipped.Stream, skipped.Unordered, new Mid(unchecked(last.Value - before))));
            }
        }

        if (mustLookAtAll && OpenCount > 0)
        {
            PassAll();
        }

        DeliverPassed();
        for (int i = 0; i < forward.Count; i++)
        {
            if (forward[i] is { Unordered: false } skipped && skipped.Stream.Value < streams)
            {
                DeliverWaiting(StreamFor(skipped.Stream), skipped.Stream);
            }
        }

        return isValid;
    }

    private void PassAll()
    {
        Context.Spares.Passed.Clear();
        for (int i = OpenCount; i > 0; i--, _list = _list!.Next)
        {
            if (StreamFor(_list!.Stream).IsSkipped(_list.Unordered, _list.Mid))
            {
                Pass(_list);
            }
        }
    }

    private void Pass(OpenMessage? open)
    {
        if (open is not null)
        {
            Context.Spares.Passed.Add(open);
        }
    }

    // What is complete is delivered, in the order of the numbers; the rest is let go.
    private void DeliverPassed()
    {
        List<OpenMessage> passed = Context.Spares.Passed;
        if (passed.Count == 0)
        {
            return;
        }

        passed.Sort(static (left, right) => Compare(left, right));
        bool isAnyScattered = false;
        foreach (OpenMessage open in passed)
        {
            InterleavedStream stream = StreamFor(open.Stream);
            if (open.IsComplete)
            {
                MakeReady(stream, Assemble(open, isEnd: true));
                continue;
            }

            isAnyScattered |= !TryDiscardNearby(open);
            if (open.IsInParts)
            {
                Context.Report(new AssociationEvent.PartialDeliveryAborted(open.Stream, open.Mid.Ssn));
                stream.InParts = null;
                Ready.AddAll(ref stream.Behind);
            }
        }

        if (isAnyScattered)
        {
            DiscardScattered();
        }

        foreach (OpenMessage open in passed)
        {
            Close(open);
        }

        passed.Clear();
    }

    // Numbers of unordered messages may be anywhere: a difference of them would be no order to sort by.
    private static int Compare(OpenMessage left, OpenMessage right) =>
        left.Stream != right.Stream ? left.Stream.Value - right.Stream.Value
        : left.Unordered != right.Unordered ? (left.Unordered ? 1 : -1)
        : left.Unordered ? left.Mid.Value.CompareTo(right.Mid.Value)
        : left.Mid.DistanceFrom(right.Mid);

    // Nearly always its fragments have few gaps. Those of others are looked at only once for all.
    private bool TryDiscardNearby(OpenMessage open)
    {
        open.IsDiscarded = open.Count > 0 && open.Span > Many + (2L * open.Count);
        for (uint i = 0; i < open.Span && !open.IsDiscarded; i++)
        {
            if (_fragments!.Remove(Key(open, unchecked(open.First + i)), out HeldFragment held))
            {
                OnDiscarded(held);
            }
        }

        return !open.IsDiscarded;
    }

    private void DiscardScattered()
    {
        foreach ((NumberPair key, HeldFragment held) in _fragments!)
        {
            if (held.Message.IsDiscarded)
            {
                _fragments.Remove(key);                      // allowed while it is enumerated
                OnDiscarded(held);
            }
        }
    }

    private void OnDiscarded(in HeldFragment held)
    {
        _charge -= held.Buffer.Capacity;
        LetGo(held.Buffer);
    }
}
