using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// From I-DATA chunks to messages (RFC 8260 §2.2.3): by stream, order, message identifier and fragment sequence number, and
/// never by TSN. Owns the messages that are not complete or not in their turn. Each stream may have one message that is
/// delivered in parts (RFC 6458 §8.1.20, level 2): while one is, nothing else of that stream is delivered. All that a peer
/// can make this hold is charged to the receive window; every step takes the same time however much that is, but for making
/// room when there is none.
/// </summary>
internal sealed partial class InterleavedQueue(AssociationContext context, ReceiveWindow window) : Reassembly(context, window)
{
    private const int PartsPerPoint = 8;
    private const int MaximumFree = 256;
    private const int StepsUnderPressure = 64;
    private const int StepsWhenFull = 1024;

    private Stack<OpenMessage>? _free;
    private Dictionary<NumberPair, OpenMessage>? _open;      // by stream and order, and MID; made with the first one
    private Dictionary<NumberPair, HeldFragment>? _fragments;    // by number of the message, and FSN
    private InterleavedStream?[] _streams = [];
    private OpenMessage? _list;                              // all of _open, in a ring
    private uint _lastNumber;
    private long _charge;                                    // memory of all fragments

    /// <summary>Messages that are not complete, or not in their turn.</summary>
    public int OpenCount => _open?.Count ?? 0;

    /// <inheritdoc/>
    public override long FragmentCharge => _charge;

    /// <summary>Takes in an I-DATA chunk with a new TSN and a valid stream.</summary>
    /// <param name="data">The chunk.</param>
    /// <param name="mustHold">Whether there is memory for it whatever the limit.</param>
    public ReassemblyVerdict Add(in InterleavedDataChunk data, bool mustHold = false)
    {
        InterleavedStream stream = StreamFor(data.Stream);
        OpenMessage? open = stream.Last is { } last && last.Mid == data.Mid && last.Unordered == data.Unordered
            ? last : Find(data.Stream, data.Unordered, data.Mid);
        bool isWhole = data.Beginning && data.Ending;
        bool isLate = !data.Unordered && data.Mid.DistanceFrom(stream.Next) < 0;
        if (open is null && (data.Unordered ? !isWhole : isLate) && stream.IsLate(data.Unordered, data.Mid, data.Tsn))
        {
            return ReassemblyVerdict.Skipped;
        }

        bool fits = open is null ? data.Beginning == (data.Fsn == 0) : open.Fits(data) && !(open.MayHold(data.Fsn) && _fragments!.ContainsKey(Key(open, data.Fsn)));
        if (isLate || !fits)
        {
            return ReassemblyVerdict.Violation;
        }

        if (TryCopy(data.Payload, mustHold) is not { } buffer)
        {
            return ReassemblyVerdict.NoMemory;
        }

        if (open is null && isWhole && (data.Unordered || data.Mid == stream.Next))
        {
            ReceivedMessage message = NewMessage(data.Stream, data.Ppid, data.Mid.Ssn, data.Tsn, data.Unordered);
            message.Append(buffer, buffer.Capacity);
            OnCompleted(stream, message);
            return ReassemblyVerdict.Held;
        }

        open ??= stream.Last = Open(data);
        Hold(open, data, buffer);
        if (open.IsComplete)
        {
            Complete(stream, open);
        }
        else if (MayGoInParts(stream, open) && (mustHold || open.ContiguousCharge >= (open.IsInParts ? PartialPoint / PartsPerPoint : PartialPoint)))
        {
            DeliverPart(stream, open);
        }

        return ReassemblyVerdict.Held;
    }

    /// <summary>
    /// Whether a chunk must be taken though there is no memory: it continues a message in parts behind which complete messages
    /// wait, and nobody can take anything before that goes on.
    /// </summary>
    public bool MustHold(in InterleavedDataChunk data) =>
        !HasReady && StreamFor(data.Stream) is { Behind.IsEmpty: false, InParts: { } inParts }
        && inParts.Unordered == data.Unordered && inParts.Mid == data.Mid && inParts.Missing == data.Fsn;

    /// <summary>
    /// Delivers parts when messages that are not complete hold too much of the buffer together, as one that does alone. Only where
    /// no TSN is missing: a loss would explain it, and end it.
    /// </summary>
    public void DeliverUnderPressure()
    {
        if (_charge >= PartialPoint)
        {
            MakeRoom(StepsUnderPressure, mayBegin: true);
        }
    }

    /// <summary>
    /// The buffer is full, so that no message can be completed: of one that goes in parts already, any part is enough. Others begin to
    /// only when what is incomplete fills the buffer: a slow reader does so too, and will make room.
    /// </summary>
    public void DeliverPartially()
    {
        if (!HasReady)
        {
            MakeRoom(StepsWhenFull, mayBegin: _charge >= LeastPartial);
        }
    }

    /// <summary>Lets go of the fragment with the highest TSN, to have room for a lower one (RFC 9260 §6.2); slow.</summary>
    /// <param name="above">Only of what lies above this TSN.</param>
    /// <param name="dropped">The TSN that was let go.</param>
    public bool TryDropHighest(Tsn above, out Tsn dropped)
    {
        dropped = above;
        HeldFragment highest = default;
        uint fsn = 0;
        if (_fragments is null)
        {
            return false;
        }

        foreach ((NumberPair key, HeldFragment held) in _fragments)
        {
            if (held.Tsn > dropped)
            {
                (highest, fsn, dropped) = (held, key.Second, held.Tsn);
            }
        }

        if (highest.Message is not { } open)
        {
            return false;
        }

        open.OnDropped(fsn, ChargeBefore(open, fsn));
        _fragments!.Remove(Key(open, fsn));
        _charge -= highest.Buffer.Capacity;
        LetGo(highest.Buffer);
        if (open.Count == 0 && !open.IsInParts)
        {
            Close(open);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void DiscardIncomplete()
    {
        foreach (InterleavedStream? stream in _streams)
        {
            if (stream?.InParts is { } partial)
            {
                Context.Report(new AssociationEvent.PartialDeliveryAborted(partial.Stream, partial.Mid.Ssn));
                stream.InParts = null;
                Ready.AddAll(ref stream.Behind);
            }
        }

        if (_fragments is not null)
        {
            foreach (HeldFragment held in _fragments.Values)
            {
                LetGo(held.Buffer);
            }
        }

        foreach (InterleavedStream? stream in _streams)
        {
            stream?.Last = null;
        }

        _fragments?.Clear();
        _open?.Clear();
        _list = null;
        _charge = 0;
    }

    /// <inheritdoc/>
    public override bool IsBehind(StreamId stream, bool unordered, Mid mid) =>
        unordered ? StreamFor(stream).IsSkipped(unordered, mid) : StreamFor(stream).Next.DistanceFrom(mid) > 0;

    /// <inheritdoc/>
    public override void Reset(ReadOnlySpan<StreamId> streams, AssociationEvent reset)
    {
        if (streams.IsEmpty)
        {
            LetPass(null, null);
            foreach (InterleavedStream? stream in _streams)
            {
                stream?.Restart();
            }
        }

        foreach (StreamId id in streams)
        {
            LetPass(id, null);
            StreamFor(id).Restart();
        }

        PendingReset = reset;
    }

    /// <inheritdoc/>
    public override void ResetAll(Tsn? first, AssociationEvent reset)
    {
        LetPass(null, first);
        foreach (InterleavedStream? stream in _streams)
        {
            if (first is { } tsn)
            {
                stream?.Restart(tsn);
            }
            else
            {
                stream?.Restart();
            }
        }

        PendingReset = reset;
        for (int id = 0; id < _streams.Length; id++)
        {
            if (_streams[id] is { } stream)
            {
                DeliverWaiting(stream, (ushort)id);
            }
        }
    }

    /// <inheritdoc/>
    protected override bool AreInParts(ReadOnlySpan<StreamId> streams)
    {
        foreach (StreamId id in streams)
        {
            if (id.Value < _streams.Length && _streams[id.Value]?.InParts is not null)
            {
                return true;
            }
        }

        // Another stream's message goes on behind the reset, and may wait for what our peer holds back until then.
        return streams.IsEmpty && Array.Exists(_streams, static stream => stream?.InParts is not null);
    }

    private static NumberPair Key(OpenMessage open, uint fsn) => new(open.Number, fsn);

    private static NumberPair Key(StreamId stream, bool unordered, Mid mid) => new((unordered ? 1u << 16 : 0) | stream.Value, mid.Value);

    // In its turn, with something to deliver from its beginning on, and the only one of its stream.
    private static bool MayGoInParts(InterleavedStream stream, OpenMessage open) => open.ContiguousCharge > 0
        && (stream.InParts == open || (stream.InParts is null && open.HasBegun && (open.Unordered || open.Mid == stream.Next)));

    private OpenMessage? Find(StreamId stream, bool unordered, Mid mid) =>
        _open is { Count: > 0 } open && open.TryGetValue(Key(stream, unordered, mid), out OpenMessage? found) ? found : null;

    private void Hold(OpenMessage open, in InterleavedDataChunk data, PooledBuffer buffer)
    {
        _fragments!.Add(Key(open, data.Fsn), new HeldFragment(open, buffer, data.Tsn));
        _charge += buffer.Capacity;
        open.OnAdded(data);
        if (data.Fsn != open.Missing)
        {
            return;
        }

        open.OnContiguous(buffer.Capacity);
        while (open.HasScattered && _fragments.TryGetValue(Key(open, open.Missing), out HeldFragment held))
        {
            open.OnContiguous(held.Buffer.Capacity);
        }
    }

    private void Complete(InterleavedStream stream, OpenMessage open)
    {
        if (open.IsInParts)
        {
            ReceivedMessage last = Assemble(open, isEnd: true);
            Tsn tsn = last.Tsn;
            Ready.Add(last);
            MessagesCompleted++;
            Close(open);
            stream.InParts = null;
            Ready.AddAll(ref stream.Behind);
            if (!open.Unordered)
            {
                OnOrderedCompleted(stream, open.Stream, tsn);
            }
        }
        else if (open.Unordered || open.Mid == stream.Next)
        {
            ReceivedMessage message = Assemble(open, isEnd: true);
            Close(open);
            OnCompleted(stream, message);
        }
    }

    private void OnCompleted(InterleavedStream stream, ReceivedMessage message)
    {
        MakeReady(stream, message);
        if (!message.Unordered)
        {
            OnOrderedCompleted(stream, message.Stream, message.Tsn);
        }
    }

    private void OnOrderedCompleted(InterleavedStream stream, StreamId id, Tsn tsn)
    {
        stream.Advance(tsn);
        DeliverWaiting(stream, id);
    }

    private void DeliverWaiting(InterleavedStream stream, StreamId id)
    {
        while (Find(id, unordered: false, stream.Next) is { IsComplete: true } next)
        {
            ReceivedMessage message = Assemble(next, isEnd: true);
            Close(next);
            MakeReady(stream, message);
            stream.Advance(message.Tsn);
        }
    }

    // Messages of before a reset that wait for one that will never come are delivered all the same: they were acknowledged. What is
    // incomplete is let go. Rare, so that it may take its time.
    private void LetPass(StreamId? only, Tsn? first)
    {
        for (int i = OpenCount; i > 0; i--, _list = _list!.Next)
        {
            if ((only is null || _list!.Stream == only) && (first is not { } tsn || _list!.LowestTsn < tsn))
            {
                Pass(_list!);
            }
        }

        DeliverPassed();
    }

    private void MakeReady(InterleavedStream stream, ReceivedMessage message)
    {
        MessagesCompleted++;
        if (stream.InParts is null)
        {
            Ready.Add(message);
        }
        else
        {
            stream.Behind.Add(message);
        }
    }

    private void DeliverPart(InterleavedStream stream, OpenMessage open)
    {
        Ready.Add(Assemble(open, isEnd: false));
        stream.InParts = open;
    }

    // As much as makes the window worth an update once it was read (ReceiveWindow.WantsUpdate): else the peer would have to probe.
    private void MakeRoom(int steps, bool mayBegin)
    {
        long enough = _charge - (Window.Size / 4);
        while (_charge > enough && DeliverLargest(steps, mayBegin))
        {
        }
    }

    // Looks at some messages, and the next time at others: however many there are, they cost no more.
    private bool DeliverLargest(int steps, bool mayBegin)
    {
        OpenMessage? largest = null;
        for (int i = Math.Min(steps, OpenCount); i > 0; i--)
        {
            OpenMessage open = _list!;
            _list = open.Next;
            if (open.ContiguousCharge > (largest?.ContiguousCharge ?? 0) && (mayBegin || open.IsInParts) && MayGoInParts(StreamFor(open.Stream), open))
            {
                largest = open;
            }
        }

        if (largest is not null)
        {
            DeliverPart(StreamFor(largest.Stream), largest);
        }

        return largest is not null;
    }

    private ReceivedMessage Assemble(OpenMessage open, bool isEnd)
    {
        _fragments!.TryGetValue(Key(open, open.First), out HeldFragment first);
        ReceivedMessage message = NewMessage(open.Stream, open.Ppid, open.Mid.Ssn, first.Tsn, open.Unordered);
        message.BeginOfRecord = !open.IsInParts;
        message.EndOfRecord = isEnd;
        int count = 0;
        for (uint fsn = open.First; fsn != open.Missing; fsn = unchecked(fsn + 1))
        {
            _fragments.Remove(Key(open, fsn), out HeldFragment held);
            _charge -= held.Buffer.Capacity;
            message.Append(held.Buffer, held.Buffer.Capacity);
            count++;
        }

        open.OnDelivered(count);
        return message;
    }

    private long ChargeBefore(OpenMessage open, uint end)
    {
        long charge = 0;
        for (uint fsn = open.First; fsn != end && _fragments!.TryGetValue(Key(open, fsn), out HeldFragment held); fsn = unchecked(fsn + 1))
        {
            charge += held.Buffer.Capacity;
        }

        return charge;
    }

    [MemberNotNull(nameof(_fragments), nameof(_open))]
    private OpenMessage Open(in InterleavedDataChunk data)
    {
        if (_open is null || _fragments is null)
        {
            var comparer = new KeyedComparer(Context.Random);
            _open = new Dictionary<NumberPair, OpenMessage>(comparer);
            _fragments = new Dictionary<NumberPair, HeldFragment>(comparer);
        }

        OpenMessage open = _free is not null && _free.TryPop(out OpenMessage? used) ? used : new OpenMessage();
        open.Set(data, ++_lastNumber);
        _open.Add(Key(data.Stream, data.Unordered, data.Mid), open);
        _list ??= open;
        open.Next = _list;                                   // behind all others: before the one that is looked at next
        open.Previous = _list == open ? open : _list.Previous;
        open.Previous!.Next = open;
        _list.Previous = open;
        return open;
    }

    private void Close(OpenMessage open)
    {
        _open!.Remove(Key(open.Stream, open.Unordered, open.Mid));
        InterleavedStream stream = StreamFor(open.Stream);
        stream.Last = stream.Last == open ? null : stream.Last;
        open.Previous!.Next = open.Next;
        open.Next!.Previous = open.Previous;
        _list = _open.Count == 0 ? null : _list == open ? open.Next : _list;
        open.Next = null;
        open.Previous = null;
        _free ??= new Stack<OpenMessage>();
        if (_free.Count < MaximumFree)
        {
            _free.Push(open);
        }
    }

    private InterleavedStream StreamFor(StreamId id)
    {
        if (id.Value >= _streams.Length)
        {
            Array.Resize(ref _streams, Math.Max(id.Value + 1, Math.Min(_streams.Length * 2, ushort.MaxValue + 1)));
        }

        return _streams[id.Value] ??= new InterleavedStream();
    }
}
