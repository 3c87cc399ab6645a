using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// The sending half between the application and the loop: what was accepted and not yet handed to the protocol, how much of
/// the send buffer is taken, and the calls that wait for room in it. Accepts in the order of the calls.
/// </summary>
/// <param name="host">Whose it is; woken, without a lock, when there is something to take.</param>
/// <param name="limit">Size of the send buffer at first, as <see cref="AssociationOptions.SendBufferSize"/> counts.</param>
internal sealed class Outbox(AssociationHost host, long limit)
{
    // Who only asks for room gets that of messages that are too old, and nobody else's.
    private static readonly SendOptions s_leastWanted = new(Reliability: Reliability.Priority(uint.MaxValue));

    private readonly WaitRoom _room = new(new Lock());

    // A message that is sent in pieces blocks all streams until it ends (RFC 9260 §6.9), or its own one where messages are
    // interleaved (RFC 8260 §2.2.2). What is sent meanwhile waits here and not in the protocol: a full send buffer behind an
    // open message would leave no room to finish it.
    private OpenMessage[] _open = [];
    private Deque<OutboundItem> _ready;
    private long _limit = limit;
    private long _charge;
    private long _chargeBehind;                              // of all open messages
    private long _chargeHeld;                                // of messages that the protocol keeps until a reset of their streams is done
    private long _bytes;
    private SendPattern _pattern;
    private bool _hasUnreliable;                             // something was accepted that may make room for something else
    private SendOptions? _refused;                           // the last message that had no room and nobody waits with
    private Exception? _end;

    /// <summary>Bytes of messages accepted and not acknowledged yet.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Whether the next message would have to wait.</summary>
    public bool IsFull => Volatile.Read(ref _charge) >= _limit;

    /// <summary>What the send buffer has room for, as it counts messages.</summary>
    public long Left => Math.Max(0, Volatile.Read(ref _limit) - Volatile.Read(ref _charge));

    /// <summary>Size of the send buffer. On the loop.</summary>
    public long Limit => _limit;

    /// <summary>Whether a message is being written in pieces.</summary>
    public bool HasOpenMessage
    {
        get
        {
            lock (_room.Gate)
            {
                return _open.Length > 0;
            }
        }
    }

    /// <summary>Accepts a copy of a message if there is room and nobody waits for it.</summary>
    /// <exception cref="Exception">What sending ended with.</exception>
    public bool TrySend(ReadOnlySpan<byte> payload, in SendOptions options, SctpStream? stream)
    {
        if (!LooksRoomy() && !TryFindRoom(options))
        {
            return false;
        }

        PooledBuffer? copy = Buffers.RentCopy(payload);      // not under the lock: it may be long
        bool isAlone = false;
        lock (_room.Gate)
        {
            if (_end is null && HasRoom())
            {
                isAlone = Accept(copy, options, stream);
                copy = null;
            }
        }

        if (copy is not null)
        {
            copy.Dispose();                                  // somebody was faster, or it has ended meanwhile
            return false;
        }

        if (isAlone)
        {
            host.RunOrWake();
        }
        else
        {
            host.Wake();
        }

        return true;
    }

    /// <summary>Accepts a message, as soon as there is room for it.</summary>
    /// <param name="payload">Copied when it is accepted.</param>
    /// <param name="options">How it is sent.</param>
    /// <param name="stream">Whose backlog it counts for, if anybody asked.</param>
    /// <param name="writer">The writer whose piece it is.</param>
    /// <param name="cancellationToken">Ends the waiting: the message was not accepted then.</param>
    public ValueTask SendAsync(
        ReadOnlyMemory<byte> payload, in SendOptions options, SctpStream? stream, SctpMessageStream? writer, CancellationToken cancellationToken)
    {
        SendWaiter waiter = Wait(isBlocked: false, options, stream, writer);
        waiter.Memory = payload;
        waiter.Bytes = payload.Length;
        Line(waiter);
        waiter.CancelWith(cancellationToken);
        return waiter.PlainTask;
    }

    /// <summary>Accepts a message, or blocks the calling thread until there is room for it.</summary>
    /// <exception cref="SctpException">It took longer than <paramref name="timeout"/>, or sending has ended.</exception>
    public void Send(ReadOnlySpan<byte> payload, in SendOptions options, SctpStream? stream, SctpMessageStream? writer, TimeSpan timeout)
    {
        SendWaiter waiter = Wait(isBlocked: true, options, stream, writer);
        waiter.Copy = Buffers.RentCopy(payload);
        waiter.Bytes = payload.Length;
        Line(waiter);
        waiter.Wait(timeout);
    }

    /// <summary>Waits until a message of a length would be accepted at once.</summary>
    /// <returns>False when nothing will be any more.</returns>
    public ValueTask<bool> WaitForRoomAsync(int bytes, CancellationToken cancellationToken)
    {
        SendWaiter waiter = Wait(isBlocked: false, default, null, null);
        waiter.Bytes = bytes;
        waiter.IsOnlyAsking = true;
        Line(waiter);
        waiter.CancelWith(cancellationToken);
        return waiter.Task;
    }

    /// <summary>From now on one message is written in pieces.</summary>
    /// <param name="writer">Who writes it.</param>
    /// <param name="isInterleaved">Whether other streams go on meanwhile.</param>
    /// <exception cref="InvalidOperationException">Another one is, and holds it up.</exception>
    public void Open(SctpMessageStream writer, bool isInterleaved)
    {
        lock (_room.Gate)
        {
            if (_end is not null)
            {
                throw SctpException.Again(_end);
            }

            if (InTheWayOf(writer.StreamId) is not null || (!isInterleaved && _open.Length > 0))
            {
                throw new InvalidOperationException("Another message is being written: one at a time, as it holds up its stream, and every stream where messages are not interleaved.");
            }

            // What was there before, on other streams, may have to wait for the end of it.
            _open = [.. _open, new OpenMessage(writer, isInterleaved, isInterleaved ? 0 : _charge)];
        }
    }

    /// <summary>Its last piece was accepted, or none ever was: everybody else may send.</summary>
    public void Close(SctpMessageStream writer)
    {
        lock (_room.Gate)
        {
            if (Find(writer) is not { } open)
            {
                return;
            }

            _open = Array.FindAll(_open, other => other != open);
            while (open.Behind.TryTakeFirst(out OutboundItem item))
            {
                _chargeBehind -= item.Charge;
                _ready.AddLast(item);
            }
        }

        host.Wake();
    }

    /// <summary>Nothing is accepted any more; who waits gets the exception.</summary>
    /// <param name="end">The first one stays, unless it is replaced.</param>
    /// <param name="replaces">Whether a later call gets this one: the association has ended, and nothing is on its way any more.</param>
    public void End(Exception end, bool replaces)
    {
        var decided = default(DecidedWaiters);
        lock (_room.Gate)
        {
            _end = replaces ? end : _end ?? end;
            if (replaces)
            {
                _charge = 0;
                _chargeBehind = 0;
                _chargeHeld = 0;
                _bytes = 0;
                Array.ForEach(_open, static open => open.ChargeBefore = 0);
            }

            while (_room.TryTake(out Waiter? waiter))
            {
                Refuse((SendWaiter)waiter);
                decided.Add(waiter);
            }
        }

        decided.Complete();
    }

    /// <summary>The send buffer has another size.</summary>
    public void SetLimit(long limit)
    {
        var decided = default(DecidedWaiters);
        lock (_room.Gate)
        {
            _limit = limit;
            AcceptWaiters(ref decided);
        }

        decided.Complete();
        host.Wake();
    }

    /// <summary>The message for which there is no room, where others might make some (RFC 7496 §3.2). On the loop.</summary>
    public bool TryGetWaiting(out SendOptions options)
    {
        lock (_room.Gate)
        {
            var first = _open.Length == 0 && _hasUnreliable ? (SendWaiter?)_room.First : null;
            options = first is { IsOnlyAsking: true } ? s_leastWanted : first?.Options ?? _refused ?? default;
            bool isThere = first is not null || (_refused is not null && _open.Length == 0);
            _refused = null;
            return isThere;
        }
    }

    /// <summary>Takes all messages that may go to the protocol. On the loop.</summary>
    /// <param name="batch">Empty; gets them.</param>
    public bool TryTakeReady(ref Deque<OutboundItem> batch)
    {
        lock (_room.Gate)
        {
            (batch, _ready) = (_ready, batch);
            return batch.Count > 0;
        }
    }

    /// <summary>Takes whatever is there, also what waits behind an open message. On the loop, at the end.</summary>
    public bool TryTakeAny(out OutboundItem item)
    {
        lock (_room.Gate)
        {
            if (_ready.TryTakeFirst(out item))
            {
                return true;
            }

            foreach (OpenMessage open in _open)
            {
                if (open.Behind.TryTakeFirst(out item))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Messages were acknowledged, or dropped: there is room again. On the loop.</summary>
    /// <param name="charge">What they counted.</param>
    /// <param name="bytes">Their user data.</param>
    public void OnReleased(long charge, long bytes) => OnReleased(charge, bytes, _chargeHeld);

    /// <inheritdoc cref="OnReleased(long, long)"/>
    /// <param name="charge">What they counted.</param>
    /// <param name="bytes">Their user data.</param>
    /// <param name="held">What those count that wait in the protocol until a reset of their streams is done.</param>
    public void OnReleased(long charge, long bytes, long held)
    {
        var decided = default(DecidedWaiters);
        bool any;
        lock (_room.Gate)
        {
            _charge -= charge;
            _bytes -= bytes;
            _chargeHeld = held;
            any = AcceptWaiters(ref decided);
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }
    }

    private BufferPool Buffers => host.Loop.Endpoint.Buffers;

    // Without the lock: whoever finds nobody in the way need not ask twice.
    private bool LooksRoomy() => Volatile.Read(ref _end) is null && _room.IsEmpty && Volatile.Read(ref _charge) < _limit;

    private bool TryFindRoom(in SendOptions options)
    {
        bool hasRoom;
        bool mayHaveRoom;
        lock (_room.Gate)
        {
            hasRoom = HasRoom();
            mayHaveRoom = !hasRoom && _hasUnreliable;
            _refused = mayHaveRoom ? options : null;
        }

        if (mayHaveRoom)
        {
            host.Wake();                                     // for the next call
        }

        return hasRoom;
    }

    private SendWaiter Wait(bool isBlocked, in SendOptions options, SctpStream? stream, SctpMessageStream? writer)
    {
        lock (_room.Gate)
        {
            SendWaiter waiter = _room.TryTakeSpare(out Waiter? spare) ? (SendWaiter)spare : new SendWaiter(this, _room);
            waiter.Begin(isBlocked);
            waiter.Options = options;
            waiter.Stream = stream;
            waiter.Writer = writer;
            return waiter;
        }
    }

    private void Line(SendWaiter waiter)
    {
        var decided = default(DecidedWaiters);
        bool any = false;
        lock (_room.Gate)
        {
            if (_end is not null)
            {
                Refuse(waiter);
                decided.Add(waiter);
            }
            else
            {
                _room.Add(waiter);
                any = AcceptWaiters(ref decided) || _hasUnreliable;      // what was accepted before may make room
            }
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }
    }

    // Under the lock.
    private void Refuse(SendWaiter waiter)
    {
        if (waiter.IsOnlyAsking)
        {
            waiter.Result = false;
        }
        else
        {
            waiter.Error = SctpException.Again(_end!);
        }
    }

    // Under the lock. Whether anything was accepted.
    private bool AcceptWaiters(ref DecidedWaiters decided)
    {
        bool any = false;
        Waiter? next;
        for (Waiter? waiter = _room.First; waiter is not null; waiter = next)
        {
            next = waiter.Next;
            var send = (SendWaiter)waiter;
            OpenMessage? open = Find(send.Writer);
            if (!IsRoomFor(open, send.IsOnlyAsking ? send.Bytes : 0))
            {
                if (_open.Length == 0)
                {
                    break;                                   // the order of the calls
                }

                continue;                                    // but for a piece of an open message, which others wait for
            }

            _room.Remove(send);
            send.Result = true;
            decided.Add(send);
            if (send.IsOnlyAsking)
            {
                continue;
            }

            try
            {
                Accept(send.TakePayload(Buffers), send.Options, send.Stream, open);
                any = true;
            }
#pragma warning disable CA1031 // Memory of the user's own kind, taken back too early: his call fails, nobody else's.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                send.Error = exception;
            }
        }

        return any;
    }

    private bool HasRoom()
    {
        if (_end is not null)
        {
            throw SctpException.Again(_end);
        }

        return _room.IsEmpty && IsRoomFor(null, 0);
    }

    // The last message may reach over the limit, so that one longer than the buffer can be sent at all. A piece does not count
    // what waits for the end of its message, or of another one: that may not end before this one does. Nor does it count what
    // waits for a reset of streams, which may itself wait for the end of this message (RFC 6525 §5.1.2).
    private bool IsRoomFor(OpenMessage? pieceOf, int bytes) =>
        pieceOf is not null ? _charge - pieceOf.ChargeBefore - _chargeBehind - (pieceOf.IsInterleaved ? _chargeHeld : 0) < _limit
        : bytes == 0 ? _charge < _limit
        : _charge == 0 || _charge + bytes + AssociationOptions.MessageOverhead <= _limit;

    private OpenMessage? Find(SctpMessageStream? writer)
    {
        foreach (OpenMessage open in _open)
        {
            if (open.Writer == writer)
            {
                return open;
            }
        }

        return null;
    }

    private OpenMessage? InTheWayOf(ushort stream)
    {
        foreach (OpenMessage open in _open)
        {
            if (open.HoldsUp(stream))
            {
                return open;
            }
        }

        return null;
    }

    // Under the lock. Whether it is likely to be alone for a while.
    private bool Accept(PooledBuffer payload, in SendOptions options, SctpStream? stream, OpenMessage? pieceOf = null)
    {
        var item = new OutboundItem(payload, options, stream);
        bool isAlone = _pattern.OnAccepted(wasEmpty: _charge == 0);
        _charge += item.Charge;
        _bytes += payload.Length;
        _hasUnreliable |= options.Reliability.Policy is ReliabilityPolicy.Priority or ReliabilityPolicy.Lifetime;
        stream?.OnAccepted(payload.Length);
        if (pieceOf is null && InTheWayOf(options.Stream.Value) is { } open)
        {
            _chargeBehind += item.Charge;
            open.Behind.AddLast(item);
        }
        else
        {
            _ready.AddLast(item);
        }

        return isAlone;
    }

    /// <summary>Somebody waits no longer: who asks for much room holds up who asks for less.</summary>
    public void Reconsider()
    {
        var decided = default(DecidedWaiters);
        bool any;
        lock (_room.Gate)
        {
            any = AcceptWaiters(ref decided);
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }
    }
}
