using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>The user's transport as the loop wants it: the loop never waits, so what cannot be sent at once is copied and queued.</summary>
internal sealed class PointToPointTransport : IDatagramTransport
{
    private const int MostWaiting = 64;                      // batches; what comes on top of them is lost

    private readonly ISctpDatagramTransport _inner;
    private readonly Channel<DatagramBatch> _waiting = Channel.CreateBounded<DatagramBatch>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly byte[] _arrival = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram);
    private readonly CancellationToken _closed;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PointToPointTransport(ISctpDatagramTransport inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inner.MaximumPacketSize, 512, nameof(inner.MaximumPacketSize));
        _inner = inner;
        _closed = _closing.Token;
        LargestPacket = Math.Min(inner.MaximumPacketSize, ushort.MaxValue);
        _ = SendAllAsync();
    }

    public IReadOnlyList<IPEndPoint> LocalEndPoints => [];

    public bool IsPointToPoint => true;

    public bool HasEphemeralPort => true;

    public NetworkFamilies Families => NetworkFamilies.All;

    public int EncapsulationOverhead => 0;

    public AlternateErrorDetection ErrorDetection => _inner.ErrorDetection;

    public int LargestPacket { get; }

    public Socket? Socket => null;

    public Task Disposed => _disposed.Task;

    public async ValueTask<DatagramBatch?> ReceiveAsync()
    {
        try
        {
            int length;
            do
            {
                length = await _inner.ReceiveAsync(_arrival, _closed).ConfigureAwait(false);
            }
            while (length < 0 || length > _arrival.Length);
            if (length == 0)
            {
                return _closed.IsCancellationRequested ? null : throw Ended(null);
            }

            DatagramBatch batch = DatagramBatch.Rent();
            _arrival.AsSpan(0, length).CopyTo(batch.Free);
            batch.Commit(length, NetworkPath.None);
            return batch;
        }
#pragma warning disable CA1031 // The user's code: whatever it throws, it will bring no more datagrams.
        catch (Exception exception) when (exception is not SctpException { Error: SctpError.TransportClosed })
#pragma warning restore CA1031
        {
            return _closed.IsCancellationRequested ? null : throw Ended(exception);
        }

        static SctpException Ended(Exception? cause) =>
            new(SctpError.TransportClosed, "The transport has ended: nothing more will come.", cause);
    }

    public bool TryBePolled() => false;

    public DatagramBatch? TryReceive() => null;

    public void Send(DatagramBatch batch)
    {
        DatagramBatch copy = DatagramBatch.Rent();
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            for (int j = 0; j < run.Count; j++)
            {
                ReadOnlySpan<byte> datagram = batch.Bytes(run, j);
                datagram.CopyTo(copy.Free);
                copy.Commit(datagram.Length, run.Path);
            }
        }

        if (!_waiting.Writer.TryWrite(copy))
        {
            DatagramBatch.Return(copy);
        }
    }

    public void Dispose()
    {
        if (_waiting.Writer.TryComplete())
        {
            _ = CloseAsync();
        }
    }

    private async Task SendAllAsync()
    {
        await foreach (DatagramBatch batch in _waiting.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            try
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    await SendRunAsync(batch.Memory(batch[i]), batch[i].Size).ConfigureAwait(false);
                }
            }
#pragma warning disable CA1031 // The user's code: what it could not send is lost.
            catch (Exception)
#pragma warning restore CA1031
            {
            }

            DatagramBatch.Return(batch);
        }
    }

    private ValueTask SendRunAsync(ReadOnlyMemory<byte> packets, int size) => packets.Length == size
        ? _inner.SendAsync(packets, _closed)
        : _inner.SendBatchAsync(packets, size, _closed);

    // What is queued, an ABORT or a SHUTDOWN COMPLETE, still goes out; but a transport that hangs does not keep us.
    private async Task CloseAsync()
    {
        try
        {
            await _waiting.Reader.Completion.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _closing.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // his callbacks' own affair
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The user's code: there is nothing left to fail.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            _closing.Dispose();
            _disposed.SetResult();
        }
    }
}
