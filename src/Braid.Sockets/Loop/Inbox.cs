using System;
using System.Collections.Generic;
using System.Threading;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// The receiving half between the loop and the application: who gets a message. A stream that somebody reads has a queue of
/// its own; everything else goes into one queue, the association's, or that of the one-to-many socket that it belongs to. Notifications have a
/// queue of their own, or are in that one (<see cref="SctpAssociationOptions.InBandNotifications"/>).
/// When the peer resets a stream, a new run of messages begins, for which a new object stands.
/// </summary>
internal sealed class Inbox
{
    private readonly AssociationHost _host;
    private readonly Lock _gate;                             // of its queues as well; taken before a socket's
    private WaitQueue<SctpStream>? _accepted;                // none before somebody accepts streams
    private Dictionary<ushort, SctpStream>? _streams;
    private ReceivedQueue? _all;                             // messages and notifications in one: a socket's, or its own
    private Exception? _end;
    private bool _isDiscarding;
    private Dictionary<ushort, int>? _runs;                  // of streams that were reset since all were
    private int _runOfAll;
    private int _resets;

    /// <param name="host">Whose it is.</param>
    /// <param name="socket">The one-to-many socket that gets its messages, until it is peeled off.</param>
    public Inbox(AssociationHost host, SctpSocket? socket)
    {
        _host = host;
        _all = socket?.Received ?? Own(host);
        _gate = new Lock();
        Messages = new WaitQueue<SctpMessage>(_gate);
    }

    /// <summary>Messages of all streams that nobody reads by themselves.</summary>
    public WaitQueue<SctpMessage> Messages { get; }

    /// <summary>Messages and notifications in the order in which they came; null where notifications are not in-band, or a socket has them.</summary>
    public ReceivedQueue? InBand => _all is { IsShared: false } own ? own : null;

    /// <summary>The one object that stands for a stream.</summary>
    public SctpStream GetStream(ushort id)
    {
        lock (_gate)
        {
            return StreamFor(id);
        }
    }

    /// <summary>The object of a stream, if anybody ever asked for it.</summary>
    public SctpStream? FindStream(ushort id)
    {
        if (_streams is null)
        {
            return null;
        }

        lock (_gate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    /// <summary>Objects of streams, to look through.</summary>
    public SctpStream[] Streams()
    {
        lock (_gate)
        {
            return _streams is null ? [] : [.. _streams.Values];
        }
    }

    /// <summary>The peer has reset streams: their readers come to an end. On the loop.</summary>
    /// <param name="streams">Which; none for all.</param>
    public void OnReset(IReadOnlyList<StreamId> streams)
    {
        List<SctpStream> ended = [];
        lock (_gate)
        {
            _resets++;
            if (streams.Count == 0)
            {
                _runOfAll = _resets;
                _runs = null;
                if (_streams is not null)
                {
                    ended.AddRange(_streams.Values);
                }
            }

            foreach (StreamId id in streams)
            {
                (_runs ??= [])[id.Value] = _resets;
                if (_streams is not null && _streams.TryGetValue(id.Value, out SctpStream? stream))
                {
                    ended.Add(stream);
                }
            }

            foreach (SctpStream stream in ended)
            {
                _streams!.Remove(stream.Id);
                stream.IsReset = true;
            }
        }

        foreach (SctpStream stream in ended)
        {
            stream.Reads?.Complete(SctpException.StreamEnded());
        }
    }

    /// <summary>Hands out what has come from the peer, and lets those go on who waited for it once all of it is there. On the loop.</summary>
    /// <param name="core">Where it comes from.</param>
    /// <param name="returned">Keeps count of what the application has.</param>
    public void Deliver(Association core, ref ReturnedMessages returned)
    {
        List<SctpMessage>? refused = null;
        var decided = default(DecidedWaiters);
        lock (_gate)
        {
            while (core.TryReceive(out ReceivedMessage? received))
            {
                returned.OnDelivered(received);
                var message = new SctpMessage(_host, received, _resets == 0 ? 0 : RunOf(received.Stream.Value));
                if (_isDiscarding || !Hand(message, ref decided))
                {
                    (refused ??= []).Add(message);
                }
            }
        }

        decided.Complete(_host.Loop.RunsContinuations);
        refused?.ForEach(static message => message.Dispose());
    }

    /// <summary>From now on the stream's messages go to its own queue, those that wait already included.</summary>
    public WaitQueue<SctpMessage> Claim(SctpStream stream)
    {
        lock (_gate)
        {
            return ClaimNow(stream);
        }
    }

    /// <summary>Takes the stream of the first message that nobody took, or waits for one.</summary>
    public Taking<SctpStream> Accept(bool isBlocked)
    {
        lock (_gate)
        {
            if (Messages.TryPeek(out SctpMessage message))
            {
                SctpStream stream = message.Run == RunOf(message.StreamId)
                    ? StreamFor(message.StreamId)
                    : new SctpStream(_host, message.StreamId, message.Run) { IsReset = true };
                ClaimNow(stream);
                return new Taking<SctpStream>(stream);
            }

            if (_accepted is null)
            {
                _accepted = new WaitQueue<SctpStream>(_gate);
                if (_end is not null)
                {
                    _accepted.Complete(_end);
                }
            }

            return _accepted.TakeOrWait(isBlocked);
        }
    }

    /// <summary>From now on its messages are its own, not a one-to-many socket's.</summary>
    public void PeelOff()
    {
        var decided = default(DecidedWaiters);
        List<SctpReceived> unwanted = [];
        lock (_gate)
        {
            if (_all is { IsShared: true } left)
            {
                _all = Own(_host);
                foreach (SctpReceived received in left.TakeOf(_host, ref decided))
                {
                    // Also when the association has ended meanwhile: it had come before.
                    if (!TryKeep(received))
                    {
                        unwanted.Add(received);
                    }
                }

                if (_end is not null)
                {
                    _all?.Items.Complete(_end);
                }
            }
        }

        decided.Complete();
        unwanted.ForEach(static received => received.Dispose());
    }

    /// <summary>Something to know about the association.</summary>
    public void Notify(SctpNotification notification)
    {
        var decided = default(DecidedWaiters);
        lock (_gate)
        {
            if (_all is null)
            {
                _host.Notifications.Add(notification, ref decided);
            }
            else
            {
                _all.Add(notification, ref decided);
            }
        }

        decided.Complete();
    }

    /// <summary>Nothing more will come. What has come stays to be read.</summary>
    public void End(Exception end)
    {
        SctpStream[] streams;
        WaitQueue<SctpStream>? accepted;
        bool isDiscarding;
        lock (_gate)
        {
            isDiscarding = _isDiscarding && _end is null;
            _end ??= end;
            end = _end;
            streams = Streams();
            accepted = _accepted;
        }

        Messages.Complete(end);
        InBand?.Items.Complete(end);
        accepted?.Complete(end);
        foreach (SctpStream stream in streams)
        {
            stream.OnEnded(end, isSending: isDiscarding);
        }
    }

    /// <summary>The application reads no more: what waits is given back, and whatever comes, at once.</summary>
    public void Discard(Exception end)
    {
        lock (_gate)
        {
            _isDiscarding = true;
        }

        End(end);
        DisposeAll(Messages);
        InBand?.Close(end);
        foreach (SctpStream stream in Streams())
        {
            if (stream.Reads is { } reads)
            {
                DisposeAll(reads);
            }
        }
    }

    private static ReceivedQueue? Own(AssociationHost host) =>
        host.Options.InBandNotifications ? new ReceivedQueue(interleavesParts: true, isShared: false) : null;

    // Under the lock.
    private bool TryKeep(in SctpReceived received)
    {
        if (_all is not null)
        {
            return !_isDiscarding && _all.Items.TryKeep(received);
        }

        if (received.Notification is { } notification)
        {
            return _host.Notifications.Items.TryKeep(notification);
        }

        return !_isDiscarding && Messages.TryKeep(received.Message);
    }

    private static void DisposeAll(WaitQueue<SctpMessage> messages)
    {
        foreach (SctpMessage message in messages.Close())
        {
            message.Dispose();
        }
    }

    // Under the lock.
    private bool Hand(in SctpMessage message, ref DecidedWaiters decided)
    {
        if (_streams is not null && _streams.TryGetValue(message.StreamId, out SctpStream? stream) && stream.Reads is { } reads)
        {
            return reads.TryEnqueue(message, ref decided);
        }

        if (_all is not null)
        {
            return _all.TryEnqueue(new SctpReceived(message), ref decided);
        }

        if (_accepted is null)
        {
            return Messages.TryEnqueue(message, ref decided);
        }

        // Looking for a call that waits and handing over is one step: either may be cancelled this moment.
        if (Messages.TryHand(message, ref decided))
        {
            return true;
        }

        if (_accepted.HasWaiters && _accepted.TryHand(stream = StreamFor(message.StreamId), ref decided))
        {
            return ClaimNow(stream).TryEnqueue(message, ref decided);
        }

        return Messages.TryEnqueue(message, ref decided);
    }

    private SctpStream StreamFor(ushort id)
    {
        _streams ??= [];
        if (!_streams.TryGetValue(id, out SctpStream? stream))
        {
            stream = new SctpStream(_host, id, RunOf(id));
            _streams.Add(id, stream);
            if (_end is not null)
            {
                stream.OnEnded(_end, isSending: false);      // nothing was ever sent on it
            }
        }

        return stream;
    }

    // The loop alone writes what this reads.
    private int RunOf(ushort id) => _runs is not null && _runs.TryGetValue(id, out int run) ? run : _runOfAll;

    private WaitQueue<SctpMessage> ClaimNow(SctpStream stream)
    {
        if (stream.Reads is { } claimed)
        {
            return claimed;
        }

        var reads = new WaitQueue<SctpMessage>(_gate);
        foreach (SctpMessage message in Messages.TakeWhere(message => message.StreamId == stream.Id && message.Run == stream.Run))
        {
            reads.TryEnqueue(message);
        }

        if (stream.IsReset)
        {
            reads.Complete(SctpException.StreamEnded());
        }
        else if (_end is not null)
        {
            reads.Complete(_end);
        }

        stream.Reads = reads;
        return reads;
    }
}
