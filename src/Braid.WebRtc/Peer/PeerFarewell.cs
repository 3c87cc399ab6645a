using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls;
using Braid.Ice;

namespace Braid.WebRtc.Peer;

/// <summary>
/// What a peer says last: SCTP's ABORT and DTLS's close_notify. They are made while there still is a way to the peer, and wait here until
/// they are sent.
/// </summary>
internal sealed class PeerFarewell
{
    private const int MostBatches = 8;

    private readonly Queue<(byte[] Bytes, OutgoingBatch Batch)> _batches = new();

    /// <summary>Ends everything that is above ICE.</summary>
    public void Say(Instant now, IceAgent agent, PeerSecurity security, PeerSender sender, PeerAssociation? association)
    {
        if (agent.SelectedPair is null)
        {
            security.Close(now);
            return;
        }

        var buffer = new byte[PeerCore.LongestDatagram];
        association?.Association.Abort(now);
        while (association is not null && security.State == DtlsState.Connected && _batches.Count < MostBatches
            && sender.TryGetBatch(now, agent, security.Session!, association, buffer, out OutgoingBatch batch))
        {
            _batches.Enqueue((buffer[..batch.Length], batch));
        }

        security.Close(now);
        while (PeerSender.TryGetHandshake(now, agent, security, buffer, out OutgoingBatch batch))
        {
            _batches.Enqueue((buffer[..batch.Length], batch));
        }
    }

    public bool TryTake(Span<byte> destination, out OutgoingBatch batch)
    {
        batch = default;
        if (!_batches.TryDequeue(out (byte[] Bytes, OutgoingBatch Batch) next))
        {
            return false;
        }

        next.Bytes.CopyTo(destination);
        batch = next.Batch;
        return true;
    }
}
