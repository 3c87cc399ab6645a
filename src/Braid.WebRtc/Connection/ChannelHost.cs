using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>One data channel between the application's threads and the loop.</summary>
internal sealed class ChannelHost
{
    private readonly ConnectionHost _host;
    private readonly Lock _gate;                             // the connection's
    private Milestone _opened;
    private Milestone _closed;
    private int _state;
    private int _id;                                         // -1 while there is none

    // Guarded by the gate.
    private long _pending;                                   // bytes that were accepted and not handed over
    private long _waitingInCore;
    private int _unsent;                                     // of messages; interlocked
    private long _threshold;
    private bool _isPushing;
    private bool _isPulling;
    private bool _isDiscarding;
    private readonly List<(EventKind Kind, object? Argument)> _told = new(2);    // each of them once

    // Written only by the loop.
    private readonly MessageAssembly _incoming;
    private bool _isEnding;                                  // it is to be closed once all is handed over
    private RTCError _failure;                               // why we close it

    /// <param name="host">Its connection.</param>
    /// <param name="gate">The connection's lock.</param>
    /// <param name="options">How it is.</param>
    /// <param name="core">The channel that the peer has opened; null for one of ours, which the core does not know yet.</param>
    public ChannelHost(ConnectionHost host, Lock gate, ChannelOptions options, Channel? core = null)
    {
        _host = host;
        _gate = gate;
        Options = options;
        Core = core;
        core?.Tag = this;
        _id = options.NegotiatedId ?? core?.Id ?? -1;
        _state = (int)(core is null ? RTCDataChannelState.Connecting : RTCDataChannelState.Open);    // as it was announced: what came later is told later
        Messages = new WaitQueue<RTCMessage>(gate);
        _incoming = new MessageAssembly(host, this);
        Api = new RTCDataChannel(this);
    }

    /// <summary>What the application has.</summary>
    public RTCDataChannel Api { get; }

    public ConnectionHost Connection => _host;

    public ChannelOptions Options { get; }

    /// <summary>The core's; null before it knows of the channel. On the loop.</summary>
    public Channel? Core { get; private set; }

    public RTCDataChannelState State => (RTCDataChannelState)Volatile.Read(ref _state);

    public ushort? Id => Volatile.Read(ref _id) is >= 0 and int id ? (ushort)id : null;

    /// <summary>Messages that nobody took yet.</summary>
    public WaitQueue<RTCMessage> Messages { get; }

    public Task Opened => _opened.Task;

    public Task Closed => _closed.Task;

    /// <summary>The W3C's bufferedAmount.</summary>
    public long Buffered => Volatile.Read(ref _pending) + Volatile.Read(ref _waitingInCore);

    public long Threshold
    {
        get => Volatile.Read(ref _threshold);
        set => Volatile.Write(ref _threshold, value);
    }

    /// <summary>Bytes that the core got and that <see cref="OnBuffered"/> has not taken account of. On the loop, as is the next.</summary>
    public long HandedOver { get; private set; }

    /// <summary>Whether it is among the channels of which something may wait in the core.</summary>
    public bool IsBuffering { get; set; }

    /// <summary>What it has counted; those of sending are guarded by the gate, those of receiving are the loop's.</summary>
    public long MessagesSent { get; private set; }

    public long BytesSent { get; private set; }

    public long MessagesReceived { get; private set; }

    public long BytesReceived { get; private set; }

    /// <summary>The core knows of it, or does not want it. On the loop.</summary>
    public void OnCreated(RTCError error, Channel? core)
    {
        if (!error.IsNone)
        {
            OnClosed(error);
            return;
        }

        Core = core;
        core!.Tag = this;
        if (core.Id is { } id)
        {
            Volatile.Write(ref _id, id);
        }
    }

    /// <summary>Why a message cannot be sent; none where it can. Under the gate.</summary>
    public RTCError WhyNotSend(long length) => State != RTCDataChannelState.Open
        ? RTCError.InvalidState($"The channel \"{Options.Label}\" is {State}.")
        : length > _host.MaxMessageSize ? RTCError.Type($"The message has {length} bytes; the peer takes {_host.MaxMessageSize}.") : RTCError.None;

    /// <summary>A message was accepted. Under the gate.</summary>
    public void OnAccepted(int length)
    {
        MessagesSent++;
        BytesSent += length;
        Interlocked.Increment(ref _unsent);
        Volatile.Write(ref _pending, _pending + length);
    }

    /// <summary>The core has got a message, or it never will. On the loop.</summary>
    /// <returns>Whether it was the last one of a channel that is to be closed.</returns>
    public bool OnHandedOver(int length)
    {
        HandedOver += length;
        return Interlocked.Decrement(ref _unsent) == 0 && _isEnding;
    }

    /// <summary>The core has sent something, perhaps. On the loop, under the gate.</summary>
    /// <returns>Whether something waits in the core yet.</returns>
    public bool OnBuffered()
    {
        if (State == RTCDataChannelState.Closed)
        {
            HandedOver = 0;
            return false;                                    // W3C: stays as it was when the channel was closed
        }

        long before = Buffered;
        Volatile.Write(ref _pending, _pending - HandedOver);
        HandedOver = 0;
        Volatile.Write(ref _waitingInCore, Core?.BufferedAmount ?? 0);
        if (before > _threshold && Buffered <= _threshold)
        {
            _host.Events.Add(Api, EventKind.BufferedAmountLow);
        }

        return _waitingInCore > 0;
    }

    public void OnOpened(Channel core)
    {
        if (core.Id is { } id)
        {
            Volatile.Write(ref _id, id);
        }

        lock (_gate)
        {
            if (State == RTCDataChannelState.Closing)
            {
                return;                                      // by the application, which the core hears in a moment
            }

            Volatile.Write(ref _state, (int)RTCDataChannelState.Open);
        }

        Tell(EventKind.Open);
        _opened.Decide(null);
        _host.Sends.Reconsider();
    }

    public void OnClosing()
    {
        if (TryBeginClosing())
        {
            Tell(EventKind.Closing);
        }
    }

    /// <summary>It is closed. On the loop; the first time counts.</summary>
    /// <param name="error">Why, where it was not closed as it should be.</param>
    /// <param name="isKnown">Whether the loop had heard of it; else it never will, and this is any thread.</param>
    public void OnClosed(RTCError error, bool isKnown = true)
    {
        error = error.IsNone ? _failure : error;
        lock (_gate)
        {
            if (State == RTCDataChannelState.Closed)
            {
                return;
            }

            Volatile.Write(ref _state, (int)RTCDataChannelState.Closed);
        }

        var decided = default(DecidedWaiters);
        _incoming.End(ref decided);
        decided.Complete();
        RTCException? failure = error.IsNone ? null : new RTCException(error);
        _host.Sends.Reconsider();
        _opened.Decide(failure ?? new RTCException(RTCError.InvalidState($"The channel \"{Options.Label}\" was closed before it was open.")));
        Messages.Complete(failure ?? Ended());
        if (failure is not null)
        {
            Tell(EventKind.Error, error);
        }

        Tell(EventKind.Close);
        _host.Channels.OnClosed(this, isKnown);
        _closed.Decide(failure);
    }

    /// <summary>A message, or a part of one, has come. On the loop.</summary>
    public void OnMessage(in PeerMessage message, ref DecidedWaiters decided)
    {
        BytesReceived += message.IsEmpty ? 0 : message.Source.Length;
        MessagesReceived += message.EndOfMessage ? 1 : 0;
        _incoming.Add(message, ref decided);
        if (_incoming.IsHolding)
        {
            _host.Channels.OnHolding(this);
        }
    }

    /// <summary>There is room for parts of messages again. On the loop.</summary>
    /// <returns>Whether all that was held up is taken.</returns>
    public bool Resume(ref DecidedWaiters decided)
    {
        _incoming.Resume(ref decided);
        return !_incoming.IsHolding;
    }

    /// <summary>From now on messages are raised as events, those that wait already first.</summary>
    /// <exception cref="InvalidOperationException">They are read.</exception>
    public void Push()
    {
        lock (_gate)
        {
            if (_isPulling)
            {
                throw new InvalidOperationException("Messages of this channel are read: either the event or reading, not both.");
            }

            if (_isPushing)
            {
                return;
            }

            _isPushing = true;
            _host.Events.AddMessages(Api, Messages.TakeWhere(static _ => true));
        }

        _host.Wake();                                        // where handlers run on the loop, it has to come by
    }

    /// <summary>The application hears of the channel only now: what was raised before, for nobody, is raised again. Under the gate.</summary>
    public void TellAgain()
    {
        foreach ((EventKind kind, object? argument) in _told)
        {
            _host.Events.Add(Api, kind, argument);
        }
    }

    /// <summary>From now on messages are read.</summary>
    /// <exception cref="InvalidOperationException">They are raised as events.</exception>
    public void Pull()
    {
        if (Volatile.Read(ref _isPulling))
        {
            return;
        }

        lock (_gate)
        {
            if (_isPushing)
            {
                throw new InvalidOperationException("Messages of this channel are raised as events: either the event or reading, not both.");
            }

            Volatile.Write(ref _isPulling, true);
        }
    }

    /// <summary>The W3C's close. From any thread.</summary>
    public void Close()
    {
        if (TryBeginClosing())
        {
            _host.Post(new Order((core, now) =>
            {
                _isEnding = true;
                if (Core is null)
                {
                    OnClosed(RTCError.None);                 // the core never knew of it
                }
                else if (Volatile.Read(ref _unsent) == 0)
                {
                    core.CloseChannel(now, Core);            // else when the core has got all that was sent
                }
            }));
        }
    }

    /// <summary>Nobody reads any more. From any thread.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _isDiscarding = true;
        }

        Messages.Complete(new ObjectDisposedException(nameof(RTCDataChannel)));
        foreach (RTCMessage message in Messages.Close())
        {
            message.Dispose();
        }
    }

    /// <summary>We close it for something that the peer has done. On the loop.</summary>
    public void CloseFor(RTCError error)
    {
        _failure = error;
        OnClosing();
        _host.Post(new Order((core, now) => core.CloseChannel(now, Core!)));
    }

    /// <summary>A message is whole. On the loop.</summary>
    public void Deliver(in RTCMessage message, ref DecidedWaiters decided)
    {
        bool isTaken;
        lock (_gate)
        {
            isTaken = !_isDiscarding;
            if (isTaken && _isPushing)
            {
                _host.Events.Add(Api, EventKind.Message, null, message);
            }
            else if (isTaken)
            {
                isTaken = Messages.TryEnqueue(message, ref decided);
            }
        }

        if (!isTaken)
        {
            message.Dispose();
        }
    }

    private RTCException Ended() => new(RTCError.InvalidState($"The channel \"{Options.Label}\" is closed."));

    private void Tell(EventKind kind, object? argument = null)
    {
        lock (_gate)
        {
            _told.Add((kind, argument));
            _host.Events.Add(Api, kind, argument);
        }
    }

    private bool TryBeginClosing()
    {
        lock (_gate)
        {
            if (State is RTCDataChannelState.Closing or RTCDataChannelState.Closed)
            {
                return false;
            }

            Volatile.Write(ref _state, (int)RTCDataChannelState.Closing);
        }

        _host.Sends.Reconsider();                            // who waits for room is refused
        return true;
    }
}
