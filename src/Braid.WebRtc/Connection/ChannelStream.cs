using System;
using System.Buffers;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc;

/// <summary>A channel as a stream of bytes.</summary>
internal sealed class ChannelStream(RTCDataChannel channel) : Stream
{
    private const int Piece = 64 * 1024;

    private RTCMessage _message;
    private ReadOnlySequence<byte> _rest;
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty && !buffer.IsEmpty)
        {
            if (_isEnded)
            {
                return 0;
            }

            try
            {
                _message = await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                _rest = _message.Data;
            }
            catch (RTCException exception) when (exception.Name == RTCErrorName.InvalidStateError)
            {
                _isEnded = true;
            }
        }

        int count = (int)Math.Min(buffer.Length, _rest.Length);
        _rest.Slice(0, count).CopyTo(buffer.Span);
        _rest = _rest.Slice(count);
        if (_rest.IsEmpty)
        {
            Return();
        }

        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await channel.Opened.WaitAsync(cancellationToken).ConfigureAwait(false);
            int count = Math.Min(buffer.Length, Math.Min(Piece, channel.MaxMessageSize));
            await channel.SendAsync(buffer[..count], cancellationToken).ConfigureAwait(false);
            buffer = buffer[count..];
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing is held back, so there is nothing to do.</summary>
    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        Return();
        await channel.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Return();
            _ = channel.DisposeAsync().AsTask();             // completes at once
        }

        base.Dispose(disposing);
    }

    private void Return()
    {
        _message.Dispose();
        _message = default;
        _rest = default;
    }
}
