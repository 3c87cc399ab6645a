using System;
using System.Buffers;
using Braid.Core;
using Braid.Dtls;
using Braid.Ice;

namespace Braid.WebRtc.Peer;

/// <summary>
/// Turns packets of SCTP into batches: seals one record behind the other into the caller's buffer as long as they have one size, and wraps
/// them where they go through TURN. Owns the packet that was made and did not fit into the batch.
/// </summary>
internal sealed class PeerSender : IDisposable
{
    private const int MostSegments = 64;                     // UDP_MAX_SEGMENTS of Linux
    private const int LongestBatch = 65_507;                 // what UDP takes at once
    private const int MostWrapping = 36;                     // of TURN, without a channel

    private byte[]? _packet;                                 // rented only while something is in it: most peers wait
    private OutgoingDatagram _held;

    /// <summary>Writes the next batch.</summary>
    public bool TryGetBatch(
        Instant now, IceAgent agent, ISecureDatagramSession session, PeerAssociation association, Span<byte> destination, out OutgoingBatch batch)
    {
        batch = default;
        if (agent.SelectedPair is not { } pair)
        {
            return false;                                    // nothing is taken from SCTP that could not be sent
        }

        destination = destination[..Math.Min(destination.Length, LongestBatch)];
        int wrapping = pair.IsRelayed ? MostWrapping : 0;
        int length = 0;
        int first = 0;                                       // bytes of the first record, before it is wrapped
        for (int count = 0; count < MostSegments && (_held.Length > 0 || TryHold(now, association)); count++)
        {
            int record = _held.Length + session.Overhead;
            if (count > 0 && (length + record + wrapping > destination.Length || !IsLike(batch, record, first)))
            {
                break;
            }

            first = count == 0 ? record : first;
            int written = Write(now, agent, session, pair, destination[length..], ref batch);
            batch = count == 0 ? batch with { SegmentLength = written } : batch;
            length += written;
            if (written < batch.SegmentLength || written == 0)
            {
                break;                                       // only the last one may be shorter
            }
        }

        Release();
        batch = batch with { Length = length };
        return length > 0;
    }

    /// <summary>Takes the next datagram that is no packet of SCTP: of the handshake, or an alert.</summary>
    public static bool TryGetHandshake(Instant now, IceAgent agent, PeerSecurity security, Span<byte> destination, out OutgoingBatch batch)
    {
        batch = default;
        byte[] record = ArrayPool<byte>.Shared.Rent(PeerCore.LongestDatagram + DtlsSession.MaximumOverhead);
        bool isThere = false;
        while (!isThere && agent.SelectedPair is not null && security.TryGetDatagram(record, out int length))
        {
            isThere = agent.TryWrap(now, record.AsSpan(0, length), destination, out OutgoingDatagram datagram, out IceTransport transport);
            batch = new OutgoingBatch(datagram.Length, datagram.Length, datagram.Path, transport);
        }

        ArrayPool<byte>.Shared.Return(record);
        return isThere;
    }

    /// <summary>What was made for an association that is over is not sent.</summary>
    public void Forget()
    {
        _held = default;
        Release();
    }

    public void Dispose() => Forget();

    private bool IsLike(in OutgoingBatch batch, int record, int first) =>
        record <= first && _held.MayBeFragmented == batch.MayBeFragmented && _held.Ecn == batch.Ecn;

    private bool TryHold(Instant now, PeerAssociation association)
    {
        _packet ??= ArrayPool<byte>.Shared.Rent(PeerCore.LongestDatagram);
        if (!association.TryGetPacket(now, _packet, out OutgoingDatagram packet))
        {
            return false;
        }

        _held = packet;
        return true;
    }

    // Takes the packet that is held. Nothing is written when the session or the relay do not take it: a packet is lost.
    private int Write(Instant now, IceAgent agent, ISecureDatagramSession session, IceSelectedPair pair, Span<byte> destination, ref OutgoingBatch batch)
    {
        OutgoingDatagram packet = _held;
        _held = default;
        ReadOnlySpan<byte> bytes = _packet.AsSpan(0, packet.Length);
        if (!pair.IsRelayed)
        {
            batch = batch with { Path = pair.Path, Transport = pair.Transport, MayBeFragmented = packet.MayBeFragmented, Ecn = packet.Ecn };
            return session.TrySeal(bytes, destination, out int direct) ? direct : 0;
        }

        byte[] record = ArrayPool<byte>.Shared.Rent(packet.Length + DtlsSession.MaximumOverhead);
        OutgoingDatagram wrapped = default;
        IceTransport transport = default;
        bool isWrapped = session.TrySeal(bytes, record, out int length)
            && agent.TryWrap(now, record.AsSpan(0, length), destination, out wrapped, out transport);
        ArrayPool<byte>.Shared.Return(record);
        batch = batch with { Path = wrapped.Path, Transport = transport, MayBeFragmented = packet.MayBeFragmented, Ecn = packet.Ecn };
        return isWrapped ? wrapped.Length : 0;
    }

    private void Release()
    {
        if (_packet is not null && _held.Length == 0)
        {
            ArrayPool<byte>.Shared.Return(_packet);
            _packet = null;
        }
    }
}
