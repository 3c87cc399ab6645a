using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// What a loop's transport has received and the loop has not taken yet: what it is polled for, or what a pump for each of its sockets brings, a few
/// batches ahead of the loop.
/// </summary>
/// <param name="transport">What receives.</param>
internal sealed class ReceivedBatches(IDatagramTransport transport)
{
    /// <summary>Batches that a pump is ahead at most, and that are taken in one run.</summary>
    public const int Most = 4;

    private readonly ConcurrentQueue<(DatagramBatch Batch, SemaphoreSlim? Slots)> _received = new();

    /// <summary>Whether there is nothing to be taken.</summary>
    public bool IsEmpty => _received.IsEmpty;

    /// <summary>What the network says of what was sent; null where nothing of that is heard.</summary>
    public NetworkErrors? Errors => transport.Errors;

    /// <summary>Receives without waiting.</summary>
    /// <param name="source">The transport, or one of its sockets.</param>
    /// <param name="most">Batches.</param>
    /// <returns>Whether there was anything.</returns>
    public bool Poll(IDatagramSource source, int most)
    {
        int count = 0;
        while (count < most && source.TryReceive() is { } batch)
        {
            _received.Enqueue((batch, null));
            count++;
        }

        return count > 0 || transport.Errors is { IsEmpty: false };
    }

    /// <summary>Receives until a socket is closed.</summary>
    /// <param name="source">The socket.</param>
    /// <param name="onReceived">There is something to be taken.</param>
    /// <param name="onFailed">Nothing more will come.</param>
    public async Task PumpAsync(IDatagramSource source, Action onReceived, Action<Exception> onFailed)
    {
        var slots = new SemaphoreSlim(Most);                 // its own: who has nothing to say keeps nobody waiting
        try
        {
            while (true)
            {
                await slots.WaitAsync().ConfigureAwait(false);
                if (await source.ReceiveAsync().ConfigureAwait(false) is not { } batch)
                {
                    return;
                }

                _received.Enqueue((batch, slots));
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
    public bool TryTake(out (DatagramBatch Batch, SemaphoreSlim? Slots) received) => _received.TryDequeue(out received);

    /// <summary>Gives one back.</summary>
    public static void Return(in (DatagramBatch Batch, SemaphoreSlim? Slots) received)
    {
        DatagramBatch.Return(received.Batch);
        received.Slots?.Release();
    }
}
