using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
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

    /// <summary>Its flags or numbers contradict its neighbours'.</summary>
    Violation,
}

/// <summary>
/// From DATA chunks to messages in the order that they may be delivered in (RFC 9260 §6.6, §6.9). Owns the fragments, the
/// messages that wait for their turn and the ones that are ready; the memory of those in the application's hands is still
/// charged until they are disposed.
/// </summary>
internal sealed class ReassemblyQueue(AssociationContext context, ReceiveWindow window) : IReceivedMessageOwner
{
    private const int MaximumFreeMessages = 4096;

    private readonly Stack<ReceivedMessage> _free = new();
    private readonly FragmentRing _fragments = new();
    private InboundStream?[] _streams = [];
    private ReceivedMessage? _firstReady;
    private ReceivedMessage? _lastReady;
    private bool _isAbandoned;

    /// <summary>Messages that were completed, delivered or not.</summary>
    public long MessagesCompleted { get; private set; }

    /// <summary>Whether a message can be taken.</summary>
    public bool HasReady => _firstReady is not null;

    /// <summary>Takes in a DATA chunk with a new TSN and a valid stream: the one copy on the way in.</summary>
    public ReassemblyVerdict Add(in DataChunk data)
    {
        bool isWhole = data.Beginning && data.Ending;
        if (!_fragments.FitsNeighbours(data, out bool hasNeighbours))
        {
            return ReassemblyVerdict.Violation;
        }

        if (isWhole && !data.Unordered && StreamFor(data.Stream).Next.DistanceFrom(data.Ssn) > 0)
        {
            return ReassemblyVerdict.Violation;
        }

        PooledBuffer buffer = context.Buffers.Rent(data.Payload.Length);
        if (!window.TryCharge(buffer.Capacity))
        {
            buffer.Dispose();
            return ReassemblyVerdict.NoMemory;
        }

        data.Payload.CopyTo(buffer.Span);
        if (isWhole)
        {
            ReceivedMessage message = NewMessage(data.Stream, data.Ppid, data.Ssn, data.Tsn, data.Unordered);
            message.Append(buffer, buffer.Capacity);
            return Complete(message);
        }

        (Tsn First, int Count) run = _fragments.Insert(data, buffer, hasNeighbours);
        return _fragments.IsComplete(run) ? Assemble(run.First, run.Count) : ReassemblyVerdict.Held;
    }

    /// <summary>Takes the next message that may be delivered.</summary>
    public bool TryTake([NotNullWhen(true)] out ReceivedMessage? message)
    {
        message = _firstReady;
        if (message is null)
        {
            return false;
        }

        _firstReady = message.NextInQueue;
        if (_firstReady is null)
        {
            _lastReady = null;
        }

        message.NextInQueue = null;
        return true;
    }

    /// <summary>Another association with the same peer comes before this one: what it has ready is read first.</summary>
    public void TakeOver(ReassemblyQueue? earlier)
    {
        if (earlier is null)
        {
            return;
        }

        earlier.DiscardIncomplete();
        while (earlier.TryTake(out ReceivedMessage? message))
        {
            Append(message);
        }
    }

    /// <summary>Lets go of what can never be delivered. Complete messages stay to be read.</summary>
    public void DiscardIncomplete()
    {
        while (_fragments.TryRemoveAny(out PooledBuffer? buffer))
        {
            window.Credit(buffer.Capacity);
            buffer.Dispose();
        }

        foreach (InboundStream? stream in _streams)
        {
            while (stream is not null && stream.TryTakeFirst(out ReceivedMessage? message))
            {
                message!.Dispose();
            }
        }

        _isAbandoned = true;
    }

    void IReceivedMessageOwner.OnDisposed(ReceivedMessage message)
    {
        window.Credit(message.Charge);
        if (window.WantsUpdate)
        {
            context.Activity.Signal();                       // no input will come: the peer waits for the window
        }

        if (!_isAbandoned && _free.Count < MaximumFreeMessages)
        {
            _free.Push(message);
        }
    }

    private ReassemblyVerdict Assemble(Tsn first, int count)
    {
        ref readonly FragmentRing.Slot beginning = ref _fragments.Get(first);
        ReceivedMessage message = NewMessage(beginning.Stream, beginning.Ppid, beginning.Ssn, first, beginning.IsUnordered);
        for (int i = 0; i < count; i++)
        {
            PooledBuffer buffer = _fragments.Remove(first + i);
            message.Append(buffer, buffer.Capacity);
        }

        return Complete(message);
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
        if (distance > 0)
        {
            return stream.Hold(message) ? ReassemblyVerdict.Held : Refuse(message);
        }

        if (distance < 0)
        {
            return Refuse(message);
        }

        MakeReady(message);
        stream.Advance();
        while (stream.TryTakeNext(out ReceivedMessage? next))
        {
            MakeReady(next!);
            stream.Advance();
        }

        return ReassemblyVerdict.Held;
    }

    private static ReassemblyVerdict Refuse(ReceivedMessage message)
    {
        message.Dispose();
        return ReassemblyVerdict.Violation;
    }

    private void MakeReady(ReceivedMessage message)
    {
        MessagesCompleted++;
        Append(message);
    }

    private void Append(ReceivedMessage message)
    {
        if (_lastReady is null)
        {
            _firstReady = message;
        }
        else
        {
            _lastReady.NextInQueue = message;
        }

        _lastReady = message;
    }

    private ReceivedMessage NewMessage(StreamId stream, Ppid ppid, Ssn ssn, Tsn tsn, bool unordered)
    {
        ReceivedMessage message = _free.TryPop(out ReceivedMessage? used) ? used : new ReceivedMessage();
        message.Set(this, stream, ppid, ssn, tsn, unordered);
        return message;
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
