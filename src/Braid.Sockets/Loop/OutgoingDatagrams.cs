using System;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>Sees a datagram that has come, or that goes out.</summary>
internal delegate void PacketObserver(ReadOnlySpan<byte> packet, bool isIncoming);

/// <summary>What a machine has to send, on its way to the transport: gathered in a batch, and sent when that is full or there is no more.</summary>
/// <param name="machine">Where it comes from.</param>
/// <param name="transport">Where it goes.</param>
internal sealed class OutgoingDatagrams(IDatagramMachine machine, IDatagramTransport transport)
{
    private DatagramBatch? _batch;                           // only while there may be something in it

    /// <summary>Sees each datagram. On the loop.</summary>
    public PacketObserver? Observer { get; set; }

    /// <summary>Takes what the machine has to send now, and keeps what does not fill a batch.</summary>
    public void Take(Instant now)
    {
        _batch ??= DatagramBatch.Rent();
        while (machine.TryGetDatagram(now, _batch.Free, out OutgoingDatagram datagram))
        {
            Observer?.Invoke(_batch.Free[..datagram.Length], isIncoming: false);
            _batch.Commit(datagram.Length, datagram.Path, datagram.MayBeFragmented, datagram.Ecn);
            if (_batch.IsFull)
            {
                transport.Send(_batch);
                _batch.Clear();
            }
        }
    }

    /// <summary>Sends what was kept.</summary>
    public void Flush()
    {
        DatagramBatch? batch = _batch;
        _batch = null;
        if (batch is null)
        {
            return;
        }

        try
        {
            if (batch.Count > 0)
            {
                transport.Send(batch);
            }
        }
        finally
        {
            DatagramBatch.Return(batch);                     // what a fault kept from being sent is lost, not sent again
        }
    }
}
