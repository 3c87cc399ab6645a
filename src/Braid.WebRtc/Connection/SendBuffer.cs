using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>
/// What was sent and is not acknowledged, of all channels of a connection: a message is copied once, on the application's thread, and
/// handed over in batches. Accepts in the order of the calls; those that wait for their channel to open hold up nobody else.
/// </summary>
/// <param name="host">Whose it is.</param>
/// <param name="gate">Guards what is written by anybody.</param>
/// <param name="hardLimit">What may be in it at most, with the W3C's send, which cannot wait.</param>
internal sealed class SendBuffer(ConnectionHost host, Lock gate, long hardLimit)
{
    private const long FirstLimit = 2 << 20;                 // what an association begins with

    private readonly WaitRoom _room = new(gate);
    private Deque<OutgoingMessage> _ready;
    private long _chargeReady;                               // of messages that were accepted and not handed over
    private long _chargeInCore;
    private RTCException? _end;

    // Written only by the loop.
    private readonly List<ChannelHost> _buffering = [];      // channels of which something may wait in the core
    private Deque<OutgoingMessage> _batch;
    private long _chargeInBatch;
    private long _limit = Math.Min(FirstLimit, hardLimit);   // of calls that can wait

    /// <summary>Where messages are copied to: all connections share what is free.</summary>
    public static BufferPool Pool { get; } = new();

    /// <summary>Accepts a message if there is room for it.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="payload">The caller's until it is accepted.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <param name="isPressing">Whether it goes before calls that wait, and up to the hard limit: the W3C's send.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="RTCException">The channel is not open, or the message too long.</exception>
    public bool TryAccept(ChannelHost channel, PooledBuffer payload, bool isText, bool isPressing)
    {
        lock (gate)
        {
            ThrowIfRefused(channel, payload.Length);
            if (!HasRoom(channel, payload.Length, isPressing))
            {
                return false;
            }

            Accept(new OutgoingMessage(channel, payload, isText));
        }

        host.Wake();
        return true;
    }

    /// <summary>Whether a message would be accepted, before it is copied.</summary>
    /// <inheritdoc cref="TryAccept" path="/exception"/>
    public bool LooksRoomy(ChannelHost channel, int length, bool isPressing)
    {
        lock (gate)
        {
            ThrowIfRefused(channel, length);
            return HasRoom(channel, length, isPressing);
        }
    }

    /// <summary>Accepts a message as soon as there is room for it and its channel is open.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="memory">Copied when it is accepted.</param>
    /// <param name="copy">In place of that, a copy.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <param name="cancellationToken">Ends the waiting: the message was not accepted then.</param>
    public ValueTask SendAsync(ChannelHost channel, ReadOnlyMemory<byte> memory, PooledBuffer? copy, bool isText, CancellationToken cancellationToken)
    {
        SendWaiter waiter;
        var decided = default(DecidedWaiters);
        bool any;
        lock (gate)
        {
            waiter = _room.TryTakeSpare(out Waiter? spare) ? (SendWaiter)spare : new SendWaiter(this, _room);
            waiter.Begin(isBlocked: false);
            waiter.Channel = channel;
            waiter.Memory = memory;
            waiter.Copy = copy;
            waiter.IsText = isText;
            _room.Add(waiter);
            any = AcceptWaiters(ref decided);
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }

        waiter.CancelWith(cancellationToken);
        return waiter.PlainTask;
    }

    /// <summary>A channel has opened, or has come to its end: who waits with it goes on, or is refused.</summary>
    public void Reconsider()
    {
        var decided = default(DecidedWaiters);
        bool any;
        lock (gate)
        {
            any = AcceptWaiters(ref decided);
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }
    }

    /// <summary>Nothing is accepted any more. From any thread.</summary>
    public void Refuse(RTCException end)
    {
        var decided = default(DecidedWaiters);
        lock (gate)
        {
            _end ??= end;
            AcceptWaiters(ref decided);
        }

        decided.Complete();
    }

    /// <summary>Gives back what was accepted and never will be sent. On the loop, at the end.</summary>
    public void Discard()
    {
        while (_batch.Count > 0 || TryTakeReady())
        {
            while (_batch.TryTakeFirst(out OutgoingMessage message))
            {
                message.Payload.Dispose();
            }
        }
    }

    /// <summary>Gives the core everything that was accepted, as far as it has room. On the loop.</summary>
    public void HandOver(PeerCore core, Instant now)
    {
        while (_batch.Count > 0 || TryTakeReady())
        {
            while (_batch.TryTakeFirst(out OutgoingMessage message))
            {
                ChannelHost channel = message.Channel;
                int length = message.Payload.Length;
                RTCError error = channel.Core is { } known ? core.Send(now, known, message.Payload, message.IsText) : RTCError.InvalidState("");
                if (error.Name == RTCErrorName.OperationError)
                {
                    _batch.AddFirst(message);                // no room: it goes with one of the next runs
                    return;
                }

                _chargeInBatch -= OutgoingMessage.Charge(length);
                bool isLast = channel.OnHandedOver(length);
                if (!channel.IsBuffering)
                {
                    channel.IsBuffering = true;
                    _buffering.Add(channel);
                }

                if (!error.IsNone)
                {
                    message.Payload.Dispose();               // the channel has been closed meanwhile, by the peer
                }

                if (isLast)
                {
                    core.CloseChannel(now, channel.Core!);
                }
            }
        }
    }

    /// <summary>Looks at what the core has sent: there may be room, and amounts may have fallen. On the loop, after each run.</summary>
    public void Collect(PeerCore core)
    {
        Association? association = core.Association;
        long charge = (association?.BufferedCharge ?? 0) + _chargeInBatch;
        if (_buffering.Count == 0 && charge == _chargeInCore)
        {
            return;
        }

        var decided = default(DecidedWaiters);
        bool any;
        lock (gate)
        {
            for (int i = _buffering.Count - 1; i >= 0; i--)
            {
                if (!_buffering[i].OnBuffered())
                {
                    _buffering[i].IsBuffering = false;
                    _buffering[i] = _buffering[^1];
                    _buffering.RemoveAt(_buffering.Count - 1);
                }
            }

            _chargeInCore = charge;
            _limit = Math.Min(association?.SendBufferSize ?? FirstLimit, hardLimit);
            any = AcceptWaiters(ref decided);
        }

        decided.Complete();
        if (any)
        {
            host.Wake();
        }
    }

    private bool TryTakeReady()
    {
        lock (gate)
        {
            (_batch, _ready) = (_ready, _batch);
            _chargeInCore += _chargeReady;                   // until the core says it better
            _chargeInBatch += _chargeReady;
            _chargeReady = 0;
            return _batch.Count > 0;
        }
    }

    // Under the lock, as are all below. The last message may reach over the limit: one that is longer than the buffer can be sent.
    private bool HasRoom(ChannelHost channel, int length, bool isPressing)
    {
        long charge = _chargeReady + _chargeInCore;
        return isPressing ? channel.Buffered + length <= hardLimit || channel.Buffered == 0 : _room.IsEmpty && charge < _limit;
    }

    private void ThrowIfRefused(ChannelHost channel, int length)
    {
        if (_end is not null)
        {
            throw SctpException.Again(_end);
        }

        if (channel.WhyNotSend(length) is { IsNone: false } error)
        {
            throw new RTCException(error);
        }
    }

    // Whether anything was accepted.
    private bool AcceptWaiters(ref DecidedWaiters decided)
    {
        bool any = false;
        Waiter? next;
        for (Waiter? waiter = _room.First; waiter is not null; waiter = next)
        {
            next = waiter.Next;
            var send = (SendWaiter)waiter;
            ChannelHost channel = send.Channel!;
            if (_end is null && channel.State == RTCDataChannelState.Connecting)
            {
                continue;
            }

            RTCError error = _end?.Error ?? channel.WhyNotSend(send.Length);
            if (error.IsNone && _chargeReady + _chargeInCore >= _limit)
            {
                continue;                                    // and nobody behind it, but for those that are refused
            }

            _room.Remove(send);
            decided.Add(send);
            if (!error.IsNone)
            {
                send.Error = new RTCException(error);
                continue;
            }

            try
            {
                Accept(new OutgoingMessage(channel, send.TakePayload(), send.IsText));
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

    private void Accept(in OutgoingMessage message)
    {
        _chargeReady += OutgoingMessage.Charge(message.Payload.Length);
        message.Channel.OnAccepted(message.Payload.Length);
        _ready.AddLast(message);
    }
}
