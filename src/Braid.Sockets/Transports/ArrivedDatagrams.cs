using System;
using System.Collections.Concurrent;
using System.Threading;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>Datagrams that somebody has handed over and the loop has not taken yet. For anybody.</summary>
internal sealed class ArrivedDatagrams
{
    private const int MostWaiting = 8192;                    // what comes on top of them is lost, as in a socket

    private readonly BufferPool _buffers = new();
    private readonly ConcurrentQueue<(PooledBuffer Bytes, NetworkPath Path, EcnCodepoint Ecn)> _waiting = new();
    private Action? _onArrived;
    private int _count;
    private volatile bool _isClosed;

    /// <inheritdoc cref="IDatagramTransport.TryAnnounce"/>
    public void Announce(Action onArrived)
    {
        Volatile.Write(ref _onArrived, onArrived);
        if (!_waiting.IsEmpty)
        {
            onArrived();                                     // nobody was told of it
        }
    }

    /// <summary>A datagram arrives; it is copied.</summary>
    public void Add(ReadOnlySpan<byte> datagram, in NetworkPath path, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        if (_isClosed)
        {
            return;
        }

        if (Interlocked.Increment(ref _count) > MostWaiting)
        {
            Interlocked.Decrement(ref _count);
            return;
        }

        _waiting.Enqueue((_buffers.RentCopy(datagram), path, ecn));
        Volatile.Read(ref _onArrived)?.Invoke();
    }

    /// <inheritdoc cref="IDatagramSource.TryReceive"/>
    public DatagramBatch? TryReceive()
    {
        DatagramBatch? batch = null;
        while (batch is not { IsFull: true } && _waiting.TryDequeue(out (PooledBuffer Bytes, NetworkPath Path, EcnCodepoint Ecn) datagram))
        {
            Interlocked.Decrement(ref _count);
            batch ??= DatagramBatch.Rent();
            datagram.Bytes.Span.CopyTo(batch.Free);
            batch.Commit(datagram.Bytes.Length, datagram.Path, ecn: datagram.Ecn);
            datagram.Bytes.Dispose();
        }

        return batch;
    }

    /// <summary>Nothing is taken any more.</summary>
    public void Close() => _isClosed = true;
}
