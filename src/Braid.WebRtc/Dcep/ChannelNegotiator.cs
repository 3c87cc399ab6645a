using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Braid.Core;
using Braid.Sctp;

namespace Braid.WebRtc.Dcep;

/// <summary>
/// Opens and closes data channels (RFC 8832, RFC 8831) over an association that it does not know: what happens there comes in as calls, what
/// is to be done there goes out as commands, and what the application is to hear as events. After each call the owner takes commands until there
/// are none, or one cannot be done now, and then events. Messages do not pass through: it says how one is sent, and whose one is that has come.
/// </summary>
internal sealed class ChannelNegotiator
{
    /// <summary>Bytes of labels and protocols that the peer may have us hold.</summary>
    public const int MaximumNameBytes = 16 << 20;

    private readonly StreamTable _table = new();
    private readonly ChannelClosing _closing = new();
    private readonly Queue<ChannelCommand> _commands = new();
    private readonly Queue<ChannelEvent> _events = new();

    // Created before the association was up, in their order.
    private readonly List<Channel> _connecting = [];
    private ChannelCommand? _current;
    private int? _parity;
    private int _streams = ChannelArguments.MaximumId + 1;
    private long _nameBytes;
    private bool _isUp;
    private bool _isEnded;

    /// <summary>The longest message that may be sent, in bytes.</summary>
    public long MaximumMessageSize { get; set; } = 65536;

    public ChannelCounters Counters { get; } = new();

    /// <summary>Numbers in use, those of streams that are being closed among them.</summary>
    public int Count => _table.Count;

    /// <summary>The channel that has a number; null for none.</summary>
    public Channel? Find(ushort id) => _table[id] is { IsRefused: false } channel ? channel : null;

    /// <summary>Our part in the DTLS handshake is known: channels get their numbers, even ones for the client (RFC 8832 §6).</summary>
    public void OnRole(bool isDtlsClient)
    {
        _parity = isDtlsClient ? 0 : 1;
        foreach (Channel channel in _connecting)
        {
            if (channel is { Id: null, State: RTCDataChannelState.Connecting } && !TryAssign(channel))
            {
                End(channel, Failure("There is no free number for the channel."));
            }
        }
    }

    /// <summary>The association is up: channels open.</summary>
    /// <param name="outgoingStreams">Streams that we may send on.</param>
    /// <param name="incomingStreams">Streams that the peer may send on.</param>
    public void OnUp(int outgoingStreams, int incomingStreams)
    {
        Invariant.Check(_parity is not null, "The association is up before the DTLS role is known.");
        _isUp = true;
        _streams = Math.Min(Math.Min(outgoingStreams, incomingStreams), ChannelArguments.MaximumId + 1);
        foreach (Channel channel in _connecting)
        {
            if (channel.State != RTCDataChannelState.Connecting)
            {
                continue;                                                    // closed meanwhile
            }

            if (channel.Id < _streams)
            {
                Open(channel);
            }
            else
            {
                _table.Free(channel.Id!.Value);
                End(channel, Failure("The peer has no such stream."));
            }
        }

        _connecting.Clear();
    }

    /// <summary>The association has ended, and all channels with it.</summary>
    /// <param name="error">Why, when that was an error.</param>
    public void OnDown(RTCError error)
    {
        _isUp = false;
        _isEnded = true;
        _commands.Clear();
        _closing.Clear();
        _current = null;
        foreach (Channel channel in _connecting)
        {
            if (channel is { Id: null, State: RTCDataChannelState.Connecting })
            {
                End(channel, error);
            }
        }

        _connecting.Clear();
        foreach (Channel channel in _table.Channels)
        {
            End(channel, error);
        }

        _table.Clear();
    }

    /// <summary>The W3C's createDataChannel, after <see cref="ChannelArguments"/>.</summary>
    public bool TryCreate(ChannelOptions options, [NotNullWhen(true)] out Channel? channel, out RTCError error)
    {
        channel = new Channel(options, isRemote: false);
        error = _isEnded ? RTCError.InvalidState("The connection is closed.")
            : options.NegotiatedId >= _streams ? RTCError.Operation("The peer has no such stream.")
            : options.NegotiatedId is { } wanted && _table[wanted] is not null ? RTCError.Operation("The id is in use.")
            : RTCError.None;
        if (error.IsNone && options.NegotiatedId is { } id)
        {
            _table.Add(id, channel);
        }
        else if (error.IsNone && _parity is not null && !TryAssign(channel))
        {
            error = RTCError.Operation("There is no free number for the channel.");
        }

        if (!error.IsNone)
        {
            channel = null;
            return false;
        }

        if (_isUp)
        {
            Open(channel);
        }
        else
        {
            _connecting.Add(channel);
        }

        return true;
    }

    /// <summary>How a message is to be sent, or why it cannot be.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="length">Bytes of the message, from 0.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <param name="send">How.</param>
    /// <returns>An InvalidStateError where the channel is not open, a TypeError for a message that is too long, an OperationError when its OPEN still waits for room in the send buffer.</returns>
    public RTCError Prepare(Channel channel, long length, bool isText, out ChannelSend send)
    {
        send = default;
        if (channel.State != RTCDataChannelState.Open)
        {
            return RTCError.InvalidState($"The channel is {channel.State}.");
        }

        if (length > MaximumMessageSize)
        {
            return RTCError.Type($"The message is longer than {MaximumMessageSize} bytes.");
        }

        if (channel.IsOpenWaiting)
        {
            return RTCError.Operation("The send buffer is full.");
        }

        send = ChannelMessages.Describe(channel, length == 0, isText);
        return RTCError.None;
    }

    /// <summary>A message was accepted by the association.</summary>
    public static void OnAccepted(Channel channel, long length) => channel.AddBuffered(length);

    /// <summary>
    /// How much waits on a stream; the OPEN, and the byte of an empty message, may be in it.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="bytes">Bytes that were accepted and not sent yet.</param>
    public void OnWaiting(StreamId stream, long bytes)
    {
        if (Find(stream.Value) is { } channel && channel.ReduceBuffered(bytes))
        {
            _events.Enqueue(channel.Low);
        }
    }

    /// <summary>The W3C's close: what was accepted is sent, then the stream is reset, and when the peer's is too the channel is closed.</summary>
    public void Close(Channel channel)
    {
        if (channel.State is RTCDataChannelState.Closing or RTCDataChannelState.Closed)
        {
            return;
        }

        if (channel.State == RTCDataChannelState.Connecting)
        {
            // Nothing was said to the peer yet.
            if (channel.Id is { } id)
            {
                _table.Free(id);
            }

            End(channel, RTCError.None);
            return;
        }

        channel.State = RTCDataChannelState.Closing;
        _closing.Ask(channel);
    }

    /// <summary>A message, or a part of one, has come.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="ppid">What it says that it is.</param>
    /// <param name="payload">Its bytes.</param>
    /// <param name="beginsHere">Whether SCTP's message begins with it.</param>
    /// <param name="endsHere">Whether SCTP's message ends with it.</param>
    public ChannelDelivery OnMessage(StreamId stream, Ppid ppid, in ReadOnlySequence<byte> payload, bool beginsHere = true, bool endsHere = true)
    {
        if (stream.Value > ChannelArguments.MaximumId)
        {
            Counters.Count(ChannelDropReason.UnusedStream);
            return default;
        }

        Channel? channel = _table[stream.Value];
        if (ppid.Value == DataChannelPpid.Control)
        {
            OnControl(stream.Value, channel, payload, beginsHere && endsHere);
            return default;
        }

        if (ChannelMessages.Check(channel, ppid.Value) is { } reason)
        {
            Refuse(stream.Value, channel, reason);                           // RFC 8831 §6.6, RFC 8832 §6
            return default;
        }

        return ChannelMessages.Take(channel!, ppid.Value, endsHere);
    }

    /// <summary>What came of resets, ours or the peer's.</summary>
    /// <param name="isIncoming">Whether the peer's streams were reset.</param>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="isDone">Whether they are reset now.</param>
    /// <param name="context">Of our request.</param>
    public void OnStreamsReset(bool isIncoming, IReadOnlyList<StreamId> streams, bool isDone, uint context)
    {
        if (isIncoming && !isDone)
        {
            return;
        }

        if (streams.Count == 0)
        {
            foreach (Channel channel in new List<Channel>(_table.Channels))
            {
                OnReset(channel, isIncoming, isDone, context);
            }

            return;
        }

        foreach (StreamId stream in streams)
        {
            if (stream.Value <= ChannelArguments.MaximumId && _table[stream.Value] is { } channel)
            {
                OnReset(channel, isIncoming, isDone, context);
            }
        }
    }

    /// <summary>The next command: the same one until it was done.</summary>
    public bool TryPeekCommand([NotNullWhen(true)] out ChannelCommand? command)
    {
        _current ??= _commands.Count > 0 ? _commands.Peek() : _closing.IsEmpty ? null : _closing.Take();
        command = _current;
        return command is not null;
    }

    /// <summary>The command was done. A reset that cannot even be asked for is told as one that has failed.</summary>
    public void OnCommandDone()
    {
        if (_current is ChannelCommand.ResetStreams reset)
        {
            ChannelClosing.OnAsked(reset, _table);
        }
        else if (_current is not null)
        {
            _commands.Dequeue();
        }

        if (_current is ChannelCommand.Send send)
        {
            _table[send.Options.Stream.Value]?.IsOpenWaiting = false;
        }

        _current = null;
    }

    public bool TryGetEvent([NotNullWhen(true)] out ChannelEvent? channelEvent) => _events.TryDequeue(out channelEvent);

    private static RTCError Failure(string message) => new(RTCErrorName.OperationError, message, RTCErrorDetail.DataChannelFailure);

    private bool TryAssign(Channel channel)
    {
        if (!_table.TryFindFree(_parity!.Value, _streams, out ushort id))
        {
            return false;
        }

        _table.Add(id, channel);
        return true;
    }

    private void Open(Channel channel)
    {
        StreamId stream = channel.Id!.Value;
        _commands.Enqueue(new ChannelCommand.SetWeight(stream, channel.Options.Priority));
        if (!channel.Options.IsNegotiated)
        {
            // RFC 8832 §6: reliable and ordered, whatever the channel is; and messages may follow at once.
            ReadOnlyMemory<byte> message = channel.IsRemote ? AckMessage.Bytes : OpenMessage.Write(channel.Options);
            _commands.Enqueue(new ChannelCommand.Send(new SendOptions(stream, DataChannelPpid.Control), message));
            channel.IsOpenWaiting = !channel.IsRemote;
        }

        channel.State = RTCDataChannelState.Open;
        Counters.Opened++;
        _events.Enqueue(new ChannelEvent.Opened(channel));
    }

    private void OnControl(ushort id, Channel? channel, in ReadOnlySequence<byte> payload, bool isWhole)
    {
        if (!isWhole || payload.Length > OpenMessage.MaximumLength)
        {
            Refuse(id, channel, ChannelDropReason.MalformedControl);
            return;
        }

        ReadOnlySpan<byte> message = payload.IsSingleSegment ? payload.FirstSpan : payload.ToArray();
        if (AckMessage.IsAck(message))
        {
            OnAck(channel);
        }
        else if (OpenMessage.TryRead(message, out OpenMessage open))
        {
            OnOpen(id, channel, open);
        }
        else
        {
            Refuse(id, channel, ChannelDropReason.MalformedControl);
        }
    }

    private void OnAck(Channel? channel)
    {
        if (channel is { IsRemote: false, IsRefused: false, Options.IsNegotiated: false })
        {
            channel.IsHeardOf = true;
        }
        else
        {
            Counters.Count(ChannelDropReason.UnexpectedAck);
        }
    }

    private void OnOpen(ushort id, Channel? channel, in OpenMessage open)
    {
        if (channel is { State: RTCDataChannelState.Closing, IsIncomingReset: true, IsResetAsked: true })
        {
            // The peer uses the number again: so our reset is done, and only the news of it was lost.
            Finish(channel);
            channel = null;
        }

        int names = open.Label.Length + open.Protocol.Length;
        ChannelDropReason? reason = channel is not null ? ChannelDropReason.StreamInUse
            : !_isUp || id >= _streams || (id & 1) == _parity ? ChannelDropReason.WrongParity
            : _nameBytes + names > MaximumNameBytes ? ChannelDropReason.TooManyNames
            : null;
        if (reason is { } refusal)
        {
            Refuse(id, channel, refusal);
            return;
        }

        _nameBytes += names;
        var opened = new Channel(open.ToOptions(), isRemote: true) { IsHeardOf = true };
        _table.Add(id, opened);
        _events.Enqueue(new ChannelEvent.Announced(opened));
        Open(opened);
    }

    // What breaks the rules closes its channel; where there is none, the stream is reset all the same (RFC 8832 §6).
    private void Refuse(ushort id, Channel? channel, ChannelDropReason reason)
    {
        Counters.Count(reason);
        if (channel is null && _isUp && id < _streams)
        {
            channel = new Channel(new ChannelOptions(), isRemote: true) { IsRefused = true, State = RTCDataChannelState.Closing };
            _table.Add(id, channel);
            _closing.Ask(channel);
        }
        else if (channel is { State: RTCDataChannelState.Open })
        {
            channel.Failure = Failure($"The peer has broken the rules of data channels: {reason}.");
            BeginClosing(channel);
        }
    }

    private void BeginClosing(Channel channel)
    {
        channel.State = RTCDataChannelState.Closing;
        _events.Enqueue(new ChannelEvent.Closing(channel));
        _closing.Ask(channel);
    }

    private void OnReset(Channel channel, bool isIncoming, bool isDone, uint context)
    {
        if (isIncoming)
        {
            OnPeerReset(channel);
        }
        else if (ChannelClosing.OnAnswered(channel, isDone, context) && !isDone)
        {
            Retire(channel);
        }

        if (channel is { IsOutgoingReset: true, IsIncomingReset: true })
        {
            Finish(channel);
        }
    }

    // RFC 8831 §6.7: we reset ours in turn. RFC 8832 §6: before any answer, that is a refusal.
    private void OnPeerReset(Channel channel)
    {
        if (channel.State == RTCDataChannelState.Connecting)
        {
            return;                                                          // nothing has come on it since the association is up
        }

        channel.IsIncomingReset = true;
        if (channel.State == RTCDataChannelState.Open)
        {
            if (channel is { IsRemote: false, IsHeardOf: false, Options.IsNegotiated: false })
            {
                channel.Failure = Failure("The peer has refused the channel.");
            }

            BeginClosing(channel);
        }
    }

    private void Finish(Channel channel)
    {
        _table.Free(channel.Id!.Value);
        End(channel, channel.Failure);
    }

    // A stream that cannot be reset is not used again: its number stays taken.
    private void Retire(Channel channel)
    {
        ushort id = channel.Id!.Value;
        _table.Free(id);
        End(channel, Failure("The stream could not be reset."));
        _table.Add(id, new Channel(new ChannelOptions(), isRemote: true) { IsRefused = true, State = RTCDataChannelState.Closing, ResetContext = 0 });
    }

    private void End(Channel channel, RTCError error)
    {
        bool wasOpened = channel.State is RTCDataChannelState.Open or RTCDataChannelState.Closing;
        channel.State = RTCDataChannelState.Closed;
        if (channel.IsRefused)
        {
            return;
        }

        Counters.Closed += wasOpened ? 1 : 0;
        if (channel.IsRemote)
        {
            _nameBytes -= Encoding.UTF8.GetByteCount(channel.Options.Label) + Encoding.UTF8.GetByteCount(channel.Options.Protocol);
        }

        _events.Enqueue(new ChannelEvent.Closed(channel, error));
    }
}
