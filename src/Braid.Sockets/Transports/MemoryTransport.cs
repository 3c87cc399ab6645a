using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>One end point of an in-memory network.</summary>
internal sealed class MemoryTransport(SctpMemoryNetwork network, IPEndPoint local) : IDatagramTransport
{
    private const int MostWaiting = 8192;                    // datagrams; what comes on top of them is lost, as in a socket

    private readonly BufferPool _buffers = new();
    private readonly ConcurrentQueue<(PooledBuffer Bytes, NetworkPath Path)> _arrived = new();
    private readonly NetworkAddress _address = local.ToNetworkAddress();
    private Action? _onArrived;
    private int _count;
    private volatile bool _isClosed;

    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; } = [local];

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort => false;

    public NetworkFamilies Families => local.AddressFamily == AddressFamily.InterNetwork ? NetworkFamilies.IPv4 : NetworkFamilies.IPv6;

    public int EncapsulationOverhead => 8;

    public int LargestPacket => ushort.MaxValue;

    public Socket? Socket => null;

    public bool TryBePolled() => true;

    public bool TryAnnounce(Action onArrived)
    {
        Volatile.Write(ref _onArrived, onArrived);
        if (!_arrived.IsEmpty)
        {
            onArrived();                                     // nobody was told of it
        }

        return true;
    }

    public ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("It tells when there is something to be taken."));

    public DatagramBatch? TryReceive()
    {
        DatagramBatch? batch = null;
        while (batch is not { IsFull: true } && _arrived.TryDequeue(out (PooledBuffer Bytes, NetworkPath Path) datagram))
        {
            Interlocked.Decrement(ref _count);
            batch ??= DatagramBatch.Rent();
            datagram.Bytes.Span.CopyTo(batch.Free);
            batch.Commit(datagram.Bytes.Length, datagram.Path);
            datagram.Bytes.Dispose();
        }

        return batch;
    }

    public void Send(DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            for (int j = 0; j < run.Count; j++)
            {
                network.Carry(_address, run.Path.Remote, batch.Bytes(run, j));
            }
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        network.Leave(_address);
    }

    /// <summary>A datagram arrives.</summary>
    public void Deliver(in NetworkAddress from, ReadOnlySpan<byte> datagram)
    {
        if (_isClosed || Interlocked.Increment(ref _count) > MostWaiting)
        {
            Interlocked.Decrement(ref _count);
            return;
        }

        _arrived.Enqueue((_buffers.RentCopy(datagram), new NetworkPath(NetworkAddress.None, from)));
        _onArrived?.Invoke();
    }
}
