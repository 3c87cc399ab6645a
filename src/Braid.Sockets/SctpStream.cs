using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// One stream of an association: a sequence of messages each way that waits for no other stream. It costs nothing until it is
/// used, and need not be closed; <see cref="CompleteWritesAsync"/> tells the peer that a sequence has come to its end. From the first call that reads it, its messages come to it alone
/// and no longer to <see cref="SctpAssociation.ReceiveAsync(CancellationToken)"/>.
/// </summary>
/// <remarks>
/// All streams share the association's windows: a stream that is read by nobody holds up the others once its messages fill
/// the receive buffer. When the peer resets the stream (RFC 6525), the object has come to its end for reading, and only for that:
/// what the peer sends from then on comes on a new object with the same number, from <see cref="SctpAssociation.GetStream"/> or
/// <see cref="SctpAssociation.AcceptStreamAsync"/>.
/// </remarks>
public sealed class SctpStream
{
    private readonly AssociationHost _host;
    private readonly WaitRoom _room = new(new Lock());
    private SctpSendInfo _sendInfo;
    private long _accepted;                                  // in the outbox
    private long _handedOver;                                // in the protocol, not sent yet
    private long _lowThreshold;
    private int _schedulerValue;
    private Exception? _end;

    internal SctpStream(AssociationHost host, ushort id, int run)
    {
        _host = host;
        Id = id;
        Run = run;
        _sendInfo = host.Options.DefaultSendInfo with { StreamId = id };
    }

    /// <summary>Its number; the streams of either direction with the same number belong together.</summary>
    public ushort Id { get; }

    /// <summary>How messages are sent on it when nothing else is said: PPID, order, context. The stream identifier is always its own.</summary>
    public SctpSendInfo SendInfo
    {
        get => _sendInfo;
        set => _sendInfo = value with { StreamId = Id };
    }

    /// <summary>
    /// Its priority or its weight, for a scheduler that asks for one (SCTP_STREAM_SCHEDULER_VALUE, RFC 8260 §4.3.3); what it
    /// means, <see cref="Sctp.StreamScheduler"/> says. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing can be sent on the stream: it was not negotiated.</exception>
    public ushort SchedulerValue
    {
        get => (ushort)Volatile.Read(ref _schedulerValue);
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((int)Id, _host.Streams.Outgoing, nameof(Id));
            Volatile.Write(ref _schedulerValue, value);
            _host.SetSchedulerValue(Id, value);
        }
    }

    /// <summary>
    /// Bytes accepted for this stream and not yet sent for the first time. Counts what was accepted since
    /// <see cref="SctpAssociation.GetStream"/> was first called for it.
    /// </summary>
    public long BufferedAmount => Volatile.Read(ref _accepted) + Volatile.Read(ref _handedOver);

    /// <summary>What <see cref="WaitForLowBufferAsync"/> waits for, in bytes. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public long BufferedAmountLowThreshold
    {
        get => Volatile.Read(ref _lowThreshold);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref _lowThreshold, value);
            CheckLow();
        }
    }

    /// <summary>Its own queue, once somebody reads it; set by the <see cref="Inbox"/>.</summary>
    internal WaitQueue<SctpMessage>? Reads { get; set; }

    /// <summary>Which reset by the peer it came after.</summary>
    internal int Run { get; }

    /// <summary>Whether the peer has reset it since; set by the <see cref="Inbox"/>, under its lock.</summary>
    internal bool IsReset { get; set; }

    /// <inheritdoc cref="AssociationHost.LongestMessage"/>
    internal int LongestMessage => _host.LongestMessage;

    private WaitQueue<SctpMessage> Queue => Reads ?? _host.Inbox.Claim(this);

    /// <inheritdoc cref="SctpAssociation.SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        SendAsync(payload, _sendInfo, cancellationToken);

    /// <summary>Sends a message, as soon as the send buffer has room for it.</summary>
    /// <param name="payload">User data, from 1 byte; must not change before the task completes.</param>
    /// <param name="info">PPID, order, context; its stream identifier is not looked at.</param>
    /// <param name="cancellationToken">Ends the waiting; the message was not sent then.</param>
    /// <inheritdoc cref="SctpAssociation.SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)" path="/exception"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, SctpSendInfo info, CancellationToken cancellationToken = default) =>
        Calls.SendAsync(_host, payload, info with { StreamId = Id }, this, cancellationToken);

    /// <inheritdoc cref="SctpAssociation.SendWithReceiptAsync"/>
    public ValueTask<SctpDeliveryResult> SendWithReceiptAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        Calls.SendWithReceiptAsync(_host, payload, _sendInfo, this, cancellationToken);

    /// <inheritdoc cref="SctpAssociation.SendWithReceiptAsync"/>
    public ValueTask<SctpDeliveryResult> SendWithReceiptAsync(
        ReadOnlyMemory<byte> payload, SctpSendInfo info, CancellationToken cancellationToken = default) =>
        Calls.SendWithReceiptAsync(_host, payload, info with { StreamId = Id }, this, cancellationToken);

    /// <inheritdoc cref="SctpAssociation.TrySend(ReadOnlySpan{byte}, in SctpSendInfo)"/>
    public bool TrySend(ReadOnlySpan<byte> payload) => Calls.TrySend(_host, payload, _sendInfo, this);

    /// <inheritdoc cref="SctpAssociation.TrySend(ReadOnlySpan{byte}, in SctpSendInfo)"/>
    public bool TrySend(ReadOnlySpan<byte> payload, in SctpSendInfo info) =>
        Calls.TrySend(_host, payload, info with { StreamId = Id }, this);

    /// <inheritdoc cref="SctpAssociation.Send(ReadOnlySpan{byte}, SctpSendInfo?, TimeSpan?)"/>
    public void Send(ReadOnlySpan<byte> payload, TimeSpan? timeout = null) =>
        Calls.Send(_host, payload, _sendInfo, this, timeout);

    /// <inheritdoc cref="SctpAssociation.WaitToSendAsync"/>
    public ValueTask<bool> WaitToSendAsync(int bytes = 1, CancellationToken cancellationToken = default) =>
        Calls.WaitToSendAsync(_host, bytes, cancellationToken);

    /// <summary>Waits until <see cref="BufferedAmount"/> is at or below <see cref="BufferedAmountLowThreshold"/>.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when the association has ended meanwhile.</returns>
    public ValueTask<bool> WaitForLowBufferAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        Waiter<bool> waiter;
        lock (_room.Gate)
        {
            if (_end is not null)
            {
                return new ValueTask<bool>(false);
            }

            if (BufferedAmount <= BufferedAmountLowThreshold)
            {
                return new ValueTask<bool>(true);
            }

            waiter = _room.Join<bool>(isBlocked: false);
        }

        CheckLow();                                          // it may have fallen before the waiter was there
        waiter.CancelWith(cancellationToken);
        return waiter.Task;
    }

    /// <summary>
    /// Opens a message that is written in pieces: of any length, without being held in memory as a whole. It ends with
    /// <see cref="SctpMessageStream.CompleteAsync"/>. What is sent meanwhile on the same stream waits in the send buffer. Where messages
    /// are not interleaved (<see cref="SctpAssociation.Extensions"/>), its pieces follow one another on the wire (RFC 9260 §6.9), and
    /// all other streams wait too.
    /// </summary>
    /// <param name="info">PPID, order, context; by default <see cref="SendInfo"/>.</param>
    /// <exception cref="InvalidOperationException">Another message of the stream is being written, or of the association where messages are not interleaved.</exception>
    /// <exception cref="SctpException">The association has ended or is shutting down.</exception>
    public SctpMessageStream OpenMessageWriter(SctpSendInfo? info = null)
    {
        SctpSendInfo with = (info ?? _sendInfo) with { StreamId = Id };
        Calls.CheckStream(_host.Streams.Outgoing, with);
        var writer = new SctpMessageStream(_host, this, with);
        _host.Outbox.Open(writer, (_host.Core.Extensions & Sctp.Extensions.Interleaving) != 0);
        return writer;
    }

    /// <summary>
    /// Tells the peer that nothing more comes: when what was sent so far was delivered, our direction of the stream is reset (RFC 6525),
    /// and who reads it at the peer comes to a clean end there. What is sent afterwards begins anew, on a new object at the peer.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the reset.</param>
    /// <inheritdoc cref="SctpAssociation.ResetStreamsAsync" path="/exception"/>
    public ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) =>
        _host.Reconfiguration.ResetStreamsAsync([Id], ResetDirection.Outgoing, cancellationToken);

    /// <summary>Takes the next message of this stream.</summary>
    /// <inheritdoc cref="SctpAssociation.ReceiveAsync(CancellationToken)"/>
    public ValueTask<SctpMessage> ReceiveAsync(CancellationToken cancellationToken = default) => Queue.DequeueAsync(cancellationToken);

    /// <summary>Copies the next message of this stream, or as much of it as fits.</summary>
    /// <inheritdoc cref="SctpAssociation.ReceiveAsync(Memory{byte}, CancellationToken)"/>
    public ValueTask<SctpReceiveResult> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken = default) =>
        Calls.CopyAsync(Queue, destination, cancellationToken);

    /// <summary>Takes the next message of this stream if it is there.</summary>
    /// <param name="message">The message, to be disposed.</param>
    /// <returns>False when none is there, also after the end.</returns>
    public bool TryReceive(out SctpMessage message) => Queue.TryDequeue(out message);

    /// <summary>Takes the next message of this stream, blocking the calling thread.</summary>
    /// <inheritdoc cref="SctpAssociation.Receive(TimeSpan?)"/>
    public SctpMessage Receive(TimeSpan? timeout = null) => Calls.Receive(_host, Queue, timeout);

    /// <summary>Copies the next message of this stream, or as much of it as fits, blocking the calling thread.</summary>
    /// <param name="destination">Where to, from 1 byte.</param>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <inheritdoc cref="SctpAssociation.ReceiveAsync(CancellationToken)" path="/exception"/>
    public SctpReceiveResult Receive(Span<byte> destination, TimeSpan? timeout = null)
    {
        Calls.ThrowIfNoRoom(destination);
        return Calls.Copy(Queue, Calls.Receive(_host, Queue, timeout), destination);
    }

    /// <summary>All messages of this stream until the peer resets it, or the end of the association.</summary>
    /// <inheritdoc cref="SctpAssociation.ReadAllAsync"/>
    public IAsyncEnumerable<SctpMessage> ReadAllAsync(CancellationToken cancellationToken = default) =>
        Calls.ReadAllAsync(Queue, cancellationToken);

    /// <summary>
    /// The stream as bytes: what is written is cut into messages, what is read is the messages one behind the other, and none is
    /// cut off. Borders of messages and PPIDs are lost. A read gives 0 once the peer has reset the stream, or the association was closed gracefully.
    /// Disposing it leaves the stream and the association as they are.
    /// </summary>
    /// <param name="maximumMessageSize">
    /// The longest message that is sent, from 1 byte; where <see cref="Sctp.AssociationOptions.MaximumMessageSize"/> allows less, that
    /// holds. Default 16 KiB.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public Stream AsStream(int maximumMessageSize = 16 * 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumMessageSize);
        return new ByteStream(this, maximumMessageSize);
    }

    /// <summary>The stream as a pipe of bytes; see <see cref="AsStream"/>.</summary>
    /// <param name="readerOptions">Of the reading half.</param>
    /// <param name="writerOptions">Of the writing half.</param>
    public IDuplexPipe AsPipe(StreamPipeReaderOptions? readerOptions = null, StreamPipeWriterOptions? writerOptions = null)
    {
        Stream bytes = AsStream();
        return new DuplexPipe(PipeReader.Create(bytes, readerOptions), PipeWriter.Create(bytes, writerOptions));
    }

    /// <summary>A message was accepted for it.</summary>
    internal void OnAccepted(int bytes) => Interlocked.Add(ref _accepted, bytes);

    /// <summary>A message goes to the protocol. On the loop.</summary>
    internal void OnHandedOver(int bytes)
    {
        Interlocked.Add(ref _handedOver, bytes);             // first this, lest it seem to fall
        Interlocked.Add(ref _accepted, -bytes);
    }

    /// <summary>The protocol has sent. On the loop.</summary>
    /// <param name="left">Bytes that it has not sent yet.</param>
    /// <returns>Whether nothing is left.</returns>
    internal bool OnSent(long left)
    {
        if (left != Interlocked.Exchange(ref _handedOver, left))
        {
            CheckLow();
        }

        return left == 0;
    }

    /// <summary>The association has ended, or was disposed.</summary>
    /// <param name="end">What whoever reads it gets.</param>
    /// <param name="isSending">Whether what was accepted is still to be sent.</param>
    internal void OnEnded(Exception end, bool isSending)
    {
        var decided = default(DecidedWaiters);
        lock (_room.Gate)
        {
            _end = end;
            if (!isSending)
            {
                Volatile.Write(ref _accepted, 0);
                Volatile.Write(ref _handedOver, 0);
            }

            TakeWaiters(ref decided, result: false);
        }

        decided.Complete();
        Reads?.Complete(end);
    }

    private void CheckLow()
    {
        var decided = default(DecidedWaiters);
        lock (_room.Gate)
        {
            if (BufferedAmount <= BufferedAmountLowThreshold)
            {
                TakeWaiters(ref decided, result: true);
            }
        }

        decided.Complete();
    }

    // Under the lock.
    private void TakeWaiters(ref DecidedWaiters decided, bool result)
    {
        while (_room.TryTake(out Waiter? waiter))
        {
            ((Waiter<bool>)waiter).Result = result;
            decided.Add(waiter);
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
