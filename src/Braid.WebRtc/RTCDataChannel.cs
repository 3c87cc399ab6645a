using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc;

/// <summary>
/// Messages to and from a peer (W3C RTCDataChannel; RFC 8831). Made by <see cref="RTCPeerConnection.CreateDataChannel"/>, or by the peer. All
/// members may be called from any thread. Messages are raised by <see cref="Message"/> or read, not both; as long as nobody takes them they
/// hold the receive buffer, which all channels of the connection share, and the peer can send no more once it is full.
/// </summary>
public sealed class RTCDataChannel : IAsyncDisposable, IEventTarget
{
    private readonly ChannelHost _host;
    private EventHandler<RTCMessage>? _message;

    internal RTCDataChannel(ChannelHost host) => _host = host;

    /// <summary>Messages can be sent (W3C open). Raised on the thread pool, as are all events here, one after the other.</summary>
    public event EventHandler? Open;

    /// <summary>The peer closes the channel (W3C closing).</summary>
    public event EventHandler? Closing;

    /// <summary>The channel is closed (W3C close): the last event.</summary>
    public event EventHandler? Close;

    /// <summary>The channel could not be opened, or was closed by an error (W3C error). <see cref="Close"/> comes after it.</summary>
    public event EventHandler<RTCErrorEventArgs>? Error;

    /// <summary><see cref="BufferedAmount"/> has fallen to <see cref="BufferedAmountLowThreshold"/> (W3C bufferedamountlow).</summary>
    public event EventHandler? BufferedAmountLow;

    /// <summary>
    /// A message has come (W3C message). It is disposed when the handlers return: who keeps it makes a copy. Messages that come before there
    /// is a handler are raised once there is one.
    /// </summary>
    /// <exception cref="InvalidOperationException">Messages of this channel are read.</exception>
    public event EventHandler<RTCMessage>? Message
    {
        add
        {
            _message += value;
            try
            {
                _host.Push();
            }
            catch (InvalidOperationException)
            {
                _message -= value;
                throw;
            }
        }
        remove => _message -= value;
    }

    internal ChannelHost Host => _host;

    /// <summary>What it is called, as its creator said; need not be unique.</summary>
    public string Label => _host.Options.Label;

    /// <summary>Name of its subprotocol; empty for none.</summary>
    public string Protocol => _host.Options.Protocol;

    /// <summary>Its number, 0 to 65534; null until our part in the DTLS handshake is known (RFC 8832 §6).</summary>
    public ushort? Id => _host.Id;

    /// <summary>Whether messages arrive in the order in which they were sent.</summary>
    public bool Ordered => _host.Options.IsOrdered;

    /// <summary>For how many milliseconds a message may be sent; null for ever.</summary>
    public ushort? MaxPacketLifeTime => Clamp(_host.Options.LifetimeMilliseconds);

    /// <summary>How often a message may be sent again; null for any number.</summary>
    public ushort? MaxRetransmits => Clamp(_host.Options.MaximumRetransmissions);

    /// <summary>Whether the applications agreed on it by themselves.</summary>
    public bool Negotiated => _host.Options.IsNegotiated;

    /// <summary>How much it matters beside the others.</summary>
    public RTCPriorityType Priority => ChannelPriority.FromWeight(_host.Options.Priority);

    /// <summary>Where it stands.</summary>
    public RTCDataChannelState ReadyState => _host.State;

    /// <summary>
    /// Bytes of messages that were accepted and not yet handed to the network, without what frames them (W3C bufferedAmount). It stays as it
    /// is when the channel is closed.
    /// </summary>
    public long BufferedAmount => _host.Buffered;

    /// <summary>What <see cref="BufferedAmount"/> has to fall to for <see cref="BufferedAmountLow"/>, in bytes, from 0. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public long BufferedAmountLowThreshold
    {
        get => _host.Threshold;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _host.Threshold = value;
        }
    }

    /// <summary>The longest message that may be sent, in bytes: the lesser of ours and the peer's <c>a=max-message-size</c> (RFC 8841 §6); 65,536 before that is known.</summary>
    public int MaxMessageSize => (int)Math.Min(_host.Connection.MaxMessageSize, int.MaxValue);

    /// <summary>Completes when messages can be sent; faults when the channel was closed before.</summary>
    public Task Opened => _host.Opened;

    /// <summary>Completes when the channel is closed; faults with an <see cref="RTCException"/> where that was by an error.</summary>
    public Task Closed => _host.Closed;

    /// <summary>Sends a message and never waits (W3C send). It overtakes calls of <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/> that wait.</summary>
    /// <param name="data">The message, 0 to <see cref="MaxMessageSize"/> bytes; copied.</param>
    /// <exception cref="RTCException">
    /// InvalidStateError: the channel is not open. TypeError: the message is too long. OperationError: more than
    /// <see cref="RTCConfiguration.SendBufferSize"/> would wait.
    /// </exception>
    public void Send(ReadOnlySpan<byte> data)
    {
        if (!TrySend(data, isText: false, isPressing: true))
        {
            throw Full();
        }
    }

    /// <summary>Sends a text and never waits (W3C send).</summary>
    /// <param name="text">The text; its UTF-8 counts. What is no text in it, a lone surrogate, becomes U+FFFD.</param>
    /// <inheritdoc cref="Send(ReadOnlySpan{byte})" path="/exception"/>
    public void Send(string text)
    {
        PooledBuffer payload = Encode(text);
        if (!TryAccept(payload, isText: true, isPressing: true))
        {
            throw Full();
        }
    }

    /// <summary>Sends a message if nobody waits to send and there is room: for what is of no use later.</summary>
    /// <param name="data">The message, 0 to <see cref="MaxMessageSize"/> bytes; copied. Of a text, its UTF-8.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <returns>False when there is no room: the message was not sent.</returns>
    /// <exception cref="RTCException">InvalidStateError: the channel is not open. TypeError: the message is too long.</exception>
    public bool TrySend(ReadOnlySpan<byte> data, bool isText = false) => TrySend(data, isText, isPressing: false);

    /// <summary>Sends a message, as soon as the channel is open and the send buffer has room: that is the back-pressure.</summary>
    /// <param name="data">The message, 0 to <see cref="MaxMessageSize"/> bytes; must not change before the task completes.</param>
    /// <param name="cancellationToken">Ends the waiting; the message was not sent.</param>
    /// <exception cref="RTCException">InvalidStateError: the channel is closing or closed. TypeError: the message is too long.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => SendAsync(data, isText: false, cancellationToken);

    /// <summary>The same for who has a text in UTF-8 already.</summary>
    /// <param name="data">The message, 0 to <see cref="MaxMessageSize"/> bytes; must not change before the task completes.</param>
    /// <param name="isText">Whether it is a text.</param>
    /// <param name="cancellationToken">Ends the waiting; the message was not sent.</param>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)" path="/exception"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> data, bool isText, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : _host.Connection.Sends.SendAsync(_host, data, null, isText, cancellationToken);

    /// <summary>Sends a text, as soon as the channel is open and the send buffer has room.</summary>
    /// <param name="text">The text; its UTF-8 counts.</param>
    /// <param name="cancellationToken">Ends the waiting; the text was not sent.</param>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)" path="/exception"/>
    public ValueTask SendAsync(string text, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : _host.Connection.Sends.SendAsync(_host, default, Encode(text), isText: true, cancellationToken);

    /// <summary>Takes the next message. What came before the end stays readable after it.</summary>
    /// <param name="cancellationToken">Ends the waiting; no message is lost.</param>
    /// <returns>The message, to be disposed.</returns>
    /// <exception cref="RTCException">The channel is closed and everything was read.</exception>
    /// <exception cref="InvalidOperationException">Messages of this channel are raised as events.</exception>
    /// <exception cref="ObjectDisposedException">The channel was disposed.</exception>
    public ValueTask<RTCMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        _host.Pull();
        return _host.Messages.DequeueAsync(cancellationToken);
    }

    /// <summary>Takes the next message if it is there.</summary>
    /// <param name="message">The message, to be disposed.</param>
    /// <returns>False when none is there, also after the end.</returns>
    /// <exception cref="InvalidOperationException">Messages of this channel are raised as events.</exception>
    public bool TryReceive(out RTCMessage message)
    {
        _host.Pull();
        return _host.Messages.TryDequeue(out message);
    }

    /// <summary>All messages until the channel is closed. Each is good until the next one is asked for, and disposed then.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RTCException">The channel was closed by an error.</exception>
    /// <exception cref="InvalidOperationException">Messages of this channel are raised as events.</exception>
    public IAsyncEnumerable<RTCMessage> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        _host.Pull();
        return ReadAll(cancellationToken);
    }

    /// <summary>
    /// The channel as a stream of bytes: what is written goes in messages, and borders of messages mean nothing to who reads. For one reader
    /// and one writer. Disposing it closes the channel.
    /// </summary>
    /// <exception cref="InvalidOperationException">The channel is not ordered and reliable, or its messages are raised as events.</exception>
    public Stream AsStream()
    {
        if (!Ordered || MaxRetransmits is not null || MaxPacketLifeTime is not null)
        {
            throw new InvalidOperationException("A stream of bytes needs an ordered and reliable channel.");
        }

        _host.Pull();
        return new ChannelStream(this);
    }

    /// <summary>
    /// Closes the channel (W3C close, RFC 8831 §6.7): what was sent before is delivered, then both directions are reset and the number is
    /// free again. Calls that wait to send are refused.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the closing.</param>
    /// <returns>Completes when the channel is closed.</returns>
    public async ValueTask CloseAsync(CancellationToken cancellationToken = default)
    {
        _host.Close();
        await ((Task)_host.Closed).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Begins to close the channel and reads no more. What was sent before is still delivered as long as the connection lives; that is not waited for.</summary>
    public ValueTask DisposeAsync()
    {
        _host.Close();
        _host.Discard();
        return default;
    }

    /// <summary>Label and state.</summary>
    public override string ToString() => $"{Label} ({ReadyState})";

    void IEventTarget.Raise(EventKind kind, object? argument, in RTCMessage message)
    {
        switch (kind)
        {
            case EventKind.Message:
                try
                {
                    _message?.Invoke(this, message);
                }
                finally
                {
                    message.Dispose();
                }

                break;
            case EventKind.Open:
                Open?.Invoke(this, EventArgs.Empty);
                break;
            case EventKind.BufferedAmountLow:
                BufferedAmountLow?.Invoke(this, EventArgs.Empty);
                break;
            case EventKind.Closing:
                Closing?.Invoke(this, EventArgs.Empty);
                break;
            case EventKind.Error:
                Error?.Invoke(this, new RTCErrorEventArgs((RTCError)argument!));
                break;
            default:
                Close?.Invoke(this, EventArgs.Empty);
                break;
        }
    }

    private static ushort? Clamp(uint? value) => value is { } number ? (ushort)Math.Min(number, ushort.MaxValue) : null;

    private static RTCException Full() => new(RTCError.Operation("The send buffer is full."));

    private static PooledBuffer Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        PooledBuffer payload = SendBuffer.Pool.Rent(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, payload.Span);
        return payload;
    }

    private bool TrySend(ReadOnlySpan<byte> data, bool isText, bool isPressing) =>
        _host.Connection.Sends.LooksRoomy(_host, data.Length, isPressing)
        && TryAccept(SendBuffer.Pool.RentCopy(data), isText, isPressing);    // not under the lock: it may be long

    private bool TryAccept(PooledBuffer payload, bool isText, bool isPressing)
    {
        bool isAccepted = false;
        try
        {
            isAccepted = _host.Connection.Sends.TryAccept(_host, payload, isText, isPressing);
        }
        finally
        {
            if (!isAccepted)
            {
                payload.Dispose();
            }
        }

        return isAccepted;
    }

    private async IAsyncEnumerable<RTCMessage> ReadAll([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            RTCMessage message;
            try
            {
                message = await _host.Messages.DequeueAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RTCException exception) when (exception.Error.Name == RTCErrorName.InvalidStateError)
            {
                yield break;                                 // closed as it should be
            }

            using (message)
            {
                yield return message;
            }
        }
    }
}
