using System.Threading;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>What a loop's transport has received, on its way to the machine.</summary>
/// <param name="machine">Where it goes.</param>
/// <param name="endpoint">The endpoint: the machine itself, or what is above it.</param>
/// <param name="received">Where it comes from.</param>
/// <param name="outgoing">Takes the acknowledgements.</param>
internal sealed class IncomingDatagrams(IDatagramMachine machine, Endpoint endpoint, ReceivedBatches received, OutgoingDatagrams outgoing)
{
    /// <summary>Sees each datagram. On the loop.</summary>
    public PacketObserver? Observer { get; set; }

    /// <summary>Hands over what is there, up to a few batches.</summary>
    public void Take(Instant now)
    {
        for (int i = 0; i < ReceivedBatches.Most && received.TryTake(out (DatagramBatch Batch, SemaphoreSlim? Slots) next); i++)
        {
            try
            {
                Take(now, next.Batch);
            }
            finally
            {
                ReceivedBatches.Return(next);                   // also after a fault: else nothing more is received
            }
        }

        // After the datagrams: a peer that has said its last word and is gone is no error.
        while (received.Errors is { } errors && errors.TryTake(out NetworkError error, out byte[]? quoted))
        {
            if (machine == endpoint)                         // below DTLS there is no packet of ours to be seen
            {
                endpoint.HandleNetworkError(now, error, quoted);
            }
        }
    }

    /// <summary>The endpoint was given a packet. On the loop only.</summary>
    public void OnDelivered(Instant now) => (endpoint.PeerShutdown?.Tag as AssociationHost)?.CloseSending(now);

    private void Take(Instant now, DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            for (int j = 0; j < run.Count; j++)
            {
                Observer?.Invoke(batch.Bytes(run, j), isIncoming: true);
                machine.HandleDatagram(now, run.Path, batch.Bytes(run, j), run.Ecn);
                OnDelivered(now);
                if (endpoint.WantsDrain)
                {
                    outgoing.Take(now);
                }
            }
        }
    }
}
