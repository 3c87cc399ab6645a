using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// Writes one message in pieces (explicit end of record, RFC 6458 §8.1.26). <see cref="CompleteAsync"/> ends it. A message that was
/// begun and is disposed without that cannot be taken back, and its peer could not tell: the association is aborted then.
/// One call at a time.
/// </summary>
public sealed class SctpMessageStream : Stream
{
    private const int PieceSize = 64 * 1024;

    private readonly AssociationHost _host;
    private readonly SctpStream _stream;
    private readonly SctpSendInfo _info;
    private byte[]? _piece;                                  // the last byte is always in here: only it can end the message
    private int _used;
    private bool _hasBegun;
    private bool _isOpen = true;

    internal SctpMessageStream(AssociationHost host, SctpStream stream, in SctpSendInfo info)
    {
        _host = host;
        _stream = stream;
        _info = info;
    }

    /// <summary>The stream that it is sent on.</summary>
    public ushort StreamId => _info.StreamId;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => _isOpen;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes that may be in one piece.</summary>
    private int Most => Math.Min(PieceSize, _host.Options.MaximumMessageSize);

    /// <summary>Ends the message: what was written is all of it.</summary>
    /// <param name="cancellationToken">Ends the waiting; the message is not complete then.</param>
    /// <exception cref="SctpException">Nothing was written, or the association has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was completed or disposed already.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        ThrowIfEmpty();
        await _host.Outbox.SendAsync(_piece.AsMemory(0, _used), _info.ToSendOptions(), _stream, this, cancellationToken).ConfigureAwait(false);
        End();
    }

    /// <summary>Ends the message, blocking the calling thread until its last piece is accepted.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="SctpException">Nothing was written, it took longer, or the association has ended.</exception>
    /// <exception cref="ObjectDisposedException">It was completed or disposed already.</exception>
    public void Complete(TimeSpan? timeout = null)
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        ThrowIfEmpty();
        _host.Loop.PrepareToBlock();
        _host.Outbox.Send(_piece.AsSpan(0, _used), _info.ToSendOptions(), _stream, this, timeout ?? Timeout.InfiniteTimeSpan);
        End();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        while (!buffer.IsEmpty)
        {
            if (_used == Most)
            {
                await _host.Outbox.SendAsync(_piece.AsMemory(0, _used), _info.ToSendOptions(moreFollows: true), _stream, this, cancellationToken)
                    .ConfigureAwait(false);
                OnPieceSent();
            }

            buffer = buffer[Fill(buffer.Span)..];
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        while (!buffer.IsEmpty)
        {
            if (_used == Most)
            {
                _host.Loop.PrepareToBlock();
                _host.Outbox.Send(_piece.AsSpan(0, _used), _info.ToSendOptions(moreFollows: true), _stream, this, Timeout.InfiniteTimeSpan);
                OnPieceSent();
            }

            buffer = buffer[Fill(buffer)..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Does nothing: the last piece is held back until it is known whether more follows.</summary>
    public override void Flush()
    {
    }

    /// <summary>Not supported.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isOpen && disposing)
        {
            if (_hasBegun)
            {
                _host.RequestAbort("a message was begun and not completed");
            }

            End();
        }

        base.Dispose(disposing);
    }

    private int Fill(ReadOnlySpan<byte> bytes)
    {
        _piece ??= new byte[Most];
        int count = Math.Min(bytes.Length, Most - _used);
        bytes[..count].CopyTo(_piece.AsSpan(_used));
        _used += count;
        return count;
    }

    private void OnPieceSent()
    {
        _hasBegun = true;
        _used = 0;
    }

    private void ThrowIfEmpty()
    {
        if (_used == 0)
        {
            throw new SctpException(SctpError.InvalidMessageLength, "A message of 0 bytes cannot be sent.");
        }
    }

    private void End()
    {
        _isOpen = false;
        _host.Outbox.Close(this);
    }
}
