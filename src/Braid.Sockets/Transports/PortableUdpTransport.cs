using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>UDP on any system: one call for each datagram, and no ECN.</summary>
internal sealed class PortableUdpTransport : UdpTransport
{
    private readonly byte[] _arrival = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram, pinned: true);
    private readonly SocketAddress _from;
    private readonly SocketAddress _to;
    private NetworkAddress _toAddress;
    private readonly CancellationTokenSource _polling = new();
    private ValueTask<int>? _pending;
    private PolledArrival? _polled;

    /// <inheritdoc/>
    public PortableUdpTransport(Socket socket, bool hasEphemeralPort)
        : base(socket, hasEphemeralPort)
    {
        _from = new SocketAddress(socket.AddressFamily);
        _to = new SocketAddress(socket.AddressFamily);
    }

    public override bool TryBePolled()
    {
        _polling.Cancel();                                   // two that receive at once would change the order
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<DatagramBatch?> ReceiveAsync()
    {
        DatagramBatch? batch = null;
        while (!IsClosed)
        {
            try
            {
                // A receive that finds a datagram completes at once: one system call each, until none is there.
                ValueTask<int> receive = _pending ?? Socket.ReceiveFromAsync(_arrival, SocketFlags.None, _from, _polling.Token);
                _pending = null;
                if (!receive.IsCompleted && batch is not null)
                {
                    _pending = receive;
                    return batch;
                }

                int length = await receive.ConfigureAwait(false);
                batch ??= DatagramBatch.Rent();
                Add(batch, length, _arrival, _from);
                if (batch.IsFull)
                {
                    return batch;
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
            {
                return batch;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket)
            {
                return batch;
            }
            catch (SocketException)
            {
                // An ICMP error of some earlier datagram (RFC 6951 §5.5): the association's timers notice what matters.
            }
        }

        return batch;
    }

    public override DatagramBatch? TryReceive()
    {
        DatagramBatch? batch = null;
        _polled ??= new PolledArrival(Socket.AddressFamily);
        while (!IsClosed && batch is not { IsFull: true })
        {
            try
            {
                // Not Available, which counts bytes: a datagram of none would keep all others from being seen.
                if (!Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                {
                    break;
                }

                int length = Socket.ReceiveFrom(_polled.Buffer, SocketFlags.None, _polled.From);
                batch ??= DatagramBatch.Rent();
                Add(batch, length, _polled.Buffer, _polled.From);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                break;                                       // the pending receive was faster
            }
            catch (SocketException)
            {
                break;
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }

        return batch;
    }

    public override void Send(DatagramBatch batch, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            if (run.Path.Remote != _toAddress)
            {
                _toAddress = run.Path.Remote;
                _to.Set(_toAddress);
            }

            for (int j = 0; j < run.Count && !IsClosed; j++)
            {
                try
                {
                    SetMayBeFragmented(run.MayBeFragmented);
                    Send(batch.Bytes(run, j));
                }
                catch (SocketException)
                {
                    SendFailures++;
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        while (true)
        {
            try
            {
                Socket.SendTo(datagram, SocketFlags.None, _to);
                OnSent();
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock && WaitForRoom())
            {
                // Now it should fit.
            }
        }
    }

    private void Add(DatagramBatch batch, int length, byte[] bytes, SocketAddress from)
    {
        bytes.AsSpan(0, length).CopyTo(batch.Free);
        batch.Commit(length, new NetworkPath(Local, from.ToNetworkAddress()));
    }

    /// <summary>Where a poll receives: the pending receive has its own.</summary>
    private sealed class PolledArrival(AddressFamily family)
    {
        public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram, pinned: true);

        public SocketAddress From { get; } = new(family);
    }
}
