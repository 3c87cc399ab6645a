using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What became of a DATA chunk.</summary>
internal enum ReassemblyVerdict : byte
{
    /// <summary>It is held, or its message is complete.</summary>
    Held,

    /// <summary>There is no memory for it.</summary>
    NoMemory,

    /// <summary>It is the rest of a message that was skipped, and came late (RFC 3758 §3.6).</summary>
    Skipped,

    /// <summary>Its flags or numbers contradict its neighbours'.</summary>
    Violation,
}

/// <summary>
/// From DATA chunks to messages in the order that they may be delivered in (RFC 9260 §6.6, §6.9). Owns the fragments, the
/// messages that wait for their turn and the ones that are ready; the memory of those in the application's hands is still
/// charged until they are disposed. A message that would fill the receive buffer is delivered in parts (§6.9): while one is,
/// nothing else is delivered, so that its reader finds its parts together.
/// </summary>
internal sealed partial class ReassemblyQueue(AssociationContext context, ReceiveWindow window) : Reassembly(context, window)
{
    private const int PartsPerPoint = 8;

    private readonly FragmentRing _fragments = new();
    private InboundStream?[] _streams = [];
    private MessageList _behindPartial;
    private PartialMessage? _partial;

    /// <summary>The message that is being delivered in parts; <c>Next</c> is the TSN of its first fragment that was not.</summary>
    private readonly record struct PartialMessage(StreamId Stream, Ssn Ssn, bool IsUnordered, Tsn Next);

    /// <inheritdoc/>
    public override long FragmentCharge => _fragments.Charge;

    /// <summary>Whether this TSN is a fragment of a message that is not complete.</summary>
    public bool HoldsFragment(Tsn tsn) => _fragments.Holds(tsn);

    /// <summary>Whether the fragment before this TSN is held, or was delivered as part of its message.</summary>
    public bool IsContinuedBy(Tsn tsn) => _fragments.Holds(tsn.Previous) || _partial?.Next == tsn;

    /// <summary>
    /// Whether complete messages fill the buffer that nobody can take before the message in parts has come to its end: only
    /// its next fragment can free anything.
    /// </summary>
    public bool IsBlockedByPartial => !_behindPartial.IsEmpty && !HasReady;

    /// <summary>Takes in a DATA chunk with a new TSN and a valid stream: the one copy on the way in.</summary>
    /// <param name="data">The chunk.</param>
    /// <param name="mustHold">Whether there is memory for it whatever the limit.</param>
    public ReassemblyVerdict Add(in DataChunk data, bool mustHold = false)
    {
        bool isWhole = data.Beginning && data.Ending;
        if (!_fragments.FitsNeighbours(data, out bool hasNeighbours) || !FitsPartial(data))
        {
            return ReassemblyVerdict.Violation;
        }

        if (isWhole && !data.Unordered && StreamFor(data.Stream).Next.DistanceFrom(data.Ssn) > 0)
        {
            return ReassemblyVerdict.Violation;
        }

        if (TryCopy(data.Payload, mustHold) is not { } buffer)
        {
            return ReassemblyVerdict.NoMemory;
        }

        if (isWhole)
        {
            ReceivedMessage message = NewMessage(data.Stream, data.Ppid, data.Ssn, data.Tsn, data.Unordered);
            message.Append(buffer, buffer.Capacity);
            return Complete(message);
        }

        FragmentRun run = _fragments.Insert(data, buffer, hasNeighbours);
        if (!_fragments.Get(run.Last).IsEnding)
        {
            return ReassemblyVerdict.Held;
        }

        if (run.First == _partial?.Next)
        {
            FinishPartial(run);
        }
        else if (_fragments.Get(run.First).IsBeginning)
        {
            return Complete(Assemble(run));
        }

        return ReassemblyVerdict.Held;
    }

    /// <summary>
    /// Delivers a part of the message that reaches up to the Cumulative TSN Ack Point, if it holds too much of the buffer:
    /// all TSNs before it have arrived, so it is the one message that no loss explains.
    /// </summary>
    /// <param name="cumulativeAck">The Cumulative TSN Ack Point.</param>
    /// <param name="isFull">Whether the buffer is full, so that the rest of it cannot come: then any part is enough.</param>
    public void DeliverPartially(Tsn cumulativeAck, bool isFull = false)
    {
        if (_fragments.IsEmpty || !_fragments.TryGetRunEndingAt(cumulativeAck, out FragmentRun run))
        {
            return;
        }

        if (_partial is { } partial)
        {
            if (run.First == partial.Next && (isFull || run.Charge >= PartialPoint / PartsPerPoint))
            {
                Ready.Add(Assemble(run, isEnd: false));
                _partial = partial with { Next = run.Last.Next };
            }
        }
        else if (run.Charge >= (isFull ? LeastPartial : PartialPoint) && _fragments.Get(run.First) is { IsBeginning: true } first
            && (first.IsUnordered || StreamFor(first.Stream).Next == first.Ssn))
        {
            Ready.Add(Assemble(run, isEnd: false));
            _partial = new PartialMessage(first.Stream, first.Ssn, first.IsUnordered, run.Last.Next);
        }
    }

    /// <summary>
    /// Lets go of the highest TSNs that are held for reordering, to have room for a lower one (§6.2): the fragment, or all
    /// of the message.
    /// </summary>
    /// <param name="above">Only of what lies above this TSN.</param>
    /// <param name="first">The first TSN that was let go.</param>
    /// <param name="last">The last one.</param>
    public bool TryDropHighest(Tsn above, out Tsn first, out Tsn last)
    {
        InboundStream? highestStream = null;
        bool isFragment = _fragments.TryFindHighest(out Tsn highest);
        foreach (InboundStream? stream in _streams)
        {
            if (stream?.LastWaiting is { } waiting && ((highestStream is null && !isFragment) || waiting.LastTsn > highest))
            {
                highest = waiting.LastTsn;
                highestStream = stream;
            }
        }

        (first, last) = (highest, highest);
        if (highestStream is not null)
        {
            ReceivedMessage message = highestStream.LastWaiting!;
            (first, last) = (message.Tsn, message.LastTsn);
            if (first <= above)
            {
                return false;
            }

            highestStream.RemoveLast();
            message.Dispose();
            return true;
        }

        if (!isFragment || highest <= above)
        {
            return false;
        }

        LetGo(_fragments.RemoveHighest(highest));
        return true;
    }

    /// <inheritdoc/>
    public override void DiscardIncomplete()
    {
        if (_partial is { } partial)
        {
            Context.Report(new AssociationEvent.PartialDeliveryAborted(partial.Stream, partial.Ssn));
            EndPartial();
        }

        while (_fragments.TryRemoveAny(out PooledBuffer? buffer))
        {
            LetGo(buffer);
        }

        foreach (InboundStream? stream in _streams)
        {
            while (stream is not null && stream.TryTakeFirst(out ReceivedMessage? message))
            {
                message!.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public override bool IsBehind(StreamId stream, Ssn ssn) => StreamFor(stream).Next.DistanceFrom(ssn) > 0;

    /// <inheritdoc/>
    protected override bool AreInParts(ReadOnlySpan<StreamId> streams) => _partial is not null;

    /// <inheritdoc/>
    public override void Reset(ReadOnlySpan<StreamId> streams, AssociationEvent reset)
    {
        foreach (InboundStream? stream in streams.IsEmpty ? _streams : [])
        {
            Restart(stream, null);
        }

        foreach (StreamId id in streams)
        {
            Restart(StreamFor(id), null);
        }

        PendingReset = reset;
    }

    /// <inheritdoc/>
    public override void ResetAll(Tsn? first, AssociationEvent reset)
    {
        while (first is { } tsn ? _fragments.TryRemoveBefore(tsn, out PooledBuffer? buffer) : _fragments.TryRemoveAny(out buffer))
        {
            LetGo(buffer);
        }

        foreach (InboundStream? stream in _streams)
        {
            Restart(stream, first);
        }

        PendingReset = reset;
        foreach (InboundStream? stream in _streams)
        {
            if (stream is not null)
            {
                DeliverWaiting(stream);
            }
        }
    }

    private bool FitsPartial(in DataChunk data) =>
        _partial is not { } partial || data.Tsn != partial.Next
        || (!data.Beginning && data.Stream == partial.Stream && data.Unordered == partial.IsUnordered
            && (data.Unordered || data.Ssn == partial.Ssn));

    private ReceivedMessage Assemble(in FragmentRun run, bool isEnd = true)
    {
        ref readonly FragmentRing.Slot first = ref _fragments.Get(run.First);
        ReceivedMessage message = NewMessage(first.Stream, first.Ppid, first.Ssn, run.First, first.IsUnordered);
        message.BeginOfRecord = first.IsBeginning;
        message.EndOfRecord = isEnd;
        for (int i = 0; i < run.Count; i++)
        {
            PooledBuffer buffer = _fragments.Remove(run.First + i);
            message.Append(buffer, buffer.Capacity);
        }

        return message;
    }

    private ReassemblyVerdict Complete(ReceivedMessage message)
    {
        if (message.Unordered)
        {
            MakeReady(message);
            return ReassemblyVerdict.Held;
        }

        InboundStream stream = StreamFor(message.Stream);
        int distance = message.Ssn.DistanceFrom(stream.Next);
        bool isTaken = distance == 0 || (distance > 0 && stream.Hold(message));
        if (!isTaken)
        {
            message.Dispose();
            return ReassemblyVerdict.Violation;
        }

        if (distance == 0)
        {
            MakeReady(message);
            OnDelivered(stream, message.LastTsn);
        }

        return ReassemblyVerdict.Held;
    }

    private void FinishPartial(in FragmentRun run)
    {
        PartialMessage partial = _partial!.Value;
        MessagesCompleted++;
        Ready.Add(Assemble(run));
        EndPartial();
        if (!partial.IsUnordered)
        {
            OnDelivered(StreamFor(partial.Stream), run.Last);
        }
    }

    private void EndPartial()
    {
        _partial = null;
        Ready.AddAll(ref _behindPartial);
    }

    private void OnDelivered(InboundStream stream, Tsn lastTsn)
    {
        stream.Advance(lastTsn);
        DeliverWaiting(stream);
    }

    private void DeliverWaiting(InboundStream stream)
    {
        while (stream.TryTakeNext(out ReceivedMessage? next))
        {
            MakeReady(next);
            stream.Advance(next.LastTsn);
        }
    }

    private void MakeReady(ReceivedMessage message)
    {
        MessagesCompleted++;
        if (_partial is null)
        {
            Ready.Add(message);
        }
        else
        {
            _behindPartial.Add(message);
        }
    }

    // Messages that wait for one that will never come are delivered all the same: they were acknowledged.
    private void Restart(InboundStream? stream, Tsn? first)
    {
        if (stream is null)
        {
            return;
        }

        MessageList later = default;
        while (stream.TryTakeFirst(out ReceivedMessage? message))
        {
            if (first is { } tsn && message.Tsn >= tsn)
            {
                later.Add(message);
            }
            else
            {
                MakeReady(message);
            }
        }

        if (first is null || stream.LastTsn < first.Value || stream.Next == default)
        {
            stream.Restart(first);
        }

        while (later.TryTake(out ReceivedMessage? message))
        {
            stream.Hold(message);
        }
    }

    private InboundStream StreamFor(StreamId id)
    {
        if (id.Value >= _streams.Length)
        {
            Array.Resize(ref _streams, Math.Max(id.Value + 1, Math.Min(_streams.Length * 2, ushort.MaxValue + 1)));
        }

        return _streams[id.Value] ??= new InboundStream();
    }
}
