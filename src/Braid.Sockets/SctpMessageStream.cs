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
    private bool _isBroken;                                  // bytes of a cancelled write are in it

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
    public override bool CanWrite => _isOpen && !_isBroken;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether the piece has no room left. Its size stays what it was at first: the options may change meanwhile.</summary>
    private bool IsFull => _used == _piece?.Length;

    /// <summary>Ends the message: what was written is all of it.</summary>
    /// <param name="cancellationToken">Ends the waiting; the message is not complete then.</param>
    /// <exception cref="SctpException">Nothing was written, or the association has ended.</exception>
    /// <exception cref="InvalidOperationException">A call to write was cancelled in the middle.</exception>
    /// <exception cref="ObjectDisposedException">It was completed or disposed already.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfUnusable();
        ThrowIfEmpty();
        await _host.Outbox.SendAsync(_piece.AsMemory(0, _used), _info.ToSendOptions(), _stream, this, cancellationToken).ConfigureAwait(false);
        End();
    }

    /// <summary>Ends the message, blocking the calling thread until its last piece is accepted.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="SctpException">Nothing was written, it took longer, or the association has ended.</exception>
    /// <exception cref="InvalidOperationException">A call to write was cancelled in the middle.</exception>
    /// <exception cref="ObjectDisposedException">It was completed or disposed already.</exception>
    public void Complete(TimeSpan? timeout = null)
    {
        ThrowIfUnusable();
        ThrowIfEmpty();
        _host.Loop.PrepareToBlock();
        _host.Outbox.Send(_piece.AsSpan(0, _used), _info.ToSendOptions(), _stream, this, Calls.Check(timeout));
        End();
    }

    /// <summary>Writes more of the message, as soon as the send buffer has room for it.</summary>
    /// <param name="buffer">What follows; must not change before the task completes.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. When a part of the bytes was sent already nobody could say which: the message cannot go on then, only be
    /// disposed. Otherwise nothing was written.
    /// </param>
    /// <exception cref="SctpException">The association has ended.</exception>
    /// <exception cref="InvalidOperationException">An earlier call was cancelled in the middle.</exception>
    /// <exception cref="ObjectDisposedException">It was completed or disposed already.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfUnusable();
        cancellationToken.ThrowIfCancellationRequested();
        int before = _used;
        bool hasSent = false;
        try
        {
            while (!buffer.IsEmpty)
            {
                if (IsFull)
                {
                    await _host.Outbox.SendAsync(_piece.AsMemory(0, _used), _info.ToSendOptions(moreFollows: true), _stream, this, cancellationToken)
                        .ConfigureAwait(false);
                    OnPieceSent();
                    hasSent = true;
                }

                buffer = buffer[Fill(buffer.Span)..];
            }
        }
        catch (OperationCanceledException)
        {
            _used = before;
            _isBroken = hasSent;
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfUnusable();
        while (!buffer.IsEmpty)
        {
            if (IsFull)
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
        _piece ??= new byte[Math.Min(PieceSize, _host.LongestMessage)];
        int count = Math.Min(bytes.Length, _piece.Length - _used);
        bytes[..count].CopyTo(_piece.AsSpan(_used));
        _used += count;
        return count;
    }

    private void OnPieceSent()
    {
        _hasBegun = true;
        _used = 0;
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(!_isOpen, this);
        if (_isBroken)
        {
            throw new InvalidOperationException("A write was cancelled in the middle: the message cannot go on.");
        }
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
