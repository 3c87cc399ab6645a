using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// What a loop's transport has received and the loop has not taken yet: what it is polled for, or what a pump brings, a few batches
/// ahead of the loop.
/// </summary>
/// <param name="transport">What receives.</param>
#pragma warning disable CA1001 // The semaphore has no handle: there is nothing to dispose.
internal sealed class ReceivedBatches(IDatagramTransport transport)
#pragma warning restore CA1001
{
    /// <summary>Batches that the pump is ahead at most, and that are taken in one run.</summary>
    public const int Most = 4;

    private readonly ConcurrentQueue<(DatagramBatch Batch, bool HasSlot)> _received = new();
    private readonly SemaphoreSlim _slots = new(Most);

    /// <summary>Whether there is nothing to be taken.</summary>
    public bool IsEmpty => _received.IsEmpty;

    /// <summary>What the network says of what was sent; null where nothing of that is heard.</summary>
    public NetworkErrors? Errors => transport.Errors;

    /// <summary>Receives without waiting.</summary>
    /// <param name="most">Batches.</param>
    /// <returns>Whether there was anything.</returns>
    public bool Poll(int most)
    {
        int count = 0;
        while (count < most && transport.TryReceive() is { } batch)
        {
            _received.Enqueue((batch, HasSlot: false));
            count++;
        }

        return count > 0 || transport.Errors is { IsEmpty: false };
    }

    /// <summary>Receives until the transport is closed.</summary>
    /// <param name="onReceived">There is something to be taken.</param>
    /// <param name="onFailed">Nothing more will come.</param>
    public async Task PumpAsync(Action onReceived, Action<Exception> onFailed)
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync().ConfigureAwait(false);
                if (await transport.ReceiveAsync().ConfigureAwait(false) is not { } batch)
                {
                    return;
                }

                _received.Enqueue((batch, HasSlot: true));
                onReceived();
            }
        }
#pragma warning disable CA1031 // Nobody awaits the pump: an error that nobody foresaw ends its associations, not silently.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            onFailed(exception);
        }
    }

    /// <summary>Takes the first one, to be given back.</summary>
    public bool TryTake(out (DatagramBatch Batch, bool HasSlot) received) => _received.TryDequeue(out received);

    /// <summary>Gives one back.</summary>
    public void Return(in (DatagramBatch Batch, bool HasSlot) received)
    {
        DatagramBatch.Return(received.Batch);
        if (received.HasSlot)
        {
            _slots.Release();
        }
    }
}
