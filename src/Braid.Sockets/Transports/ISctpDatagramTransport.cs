using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Anything that moves datagrams between two peers: a DTLS session (RFC 8261), a pipe, a simulator. Datagrams may be lost, come
/// twice or in another order, and arrive whole or not at all. One call of <see cref="ReceiveAsync"/> and one of the sending
/// members is made at a time.
/// </summary>
public interface ISctpDatagramTransport : IAsyncDisposable
{
    /// <summary>The largest SCTP packet that it carries, in bytes, from 512. Must not change.</summary>
    int MaximumPacketSize { get; }

    /// <summary>
    /// What keeps broken datagrams away (RFC 9653): with any, packets need no checksum. Only for DTLS, or for what is as good: a
    /// datagram that was changed on its way must never arrive. Must not change. Default none.
    /// </summary>
    AlternateErrorDetection ErrorDetection => AlternateErrorDetection.None;

    /// <summary>Waits for the next datagram.</summary>
    /// <param name="buffer">Where it goes; 65,536 bytes.</param>
    /// <param name="cancellationToken">The transport is about to be disposed.</param>
    /// <returns>
    /// Its length; 0 when nothing more will ever come. That, and whatever it throws, ends the associations with
    /// <see cref="SctpError.TransportClosed"/>.
    /// </returns>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends one datagram. One that cannot be sent is lost: SCTP repairs that.</summary>
    /// <param name="packet">The datagram; not to be used after the task has completed.</param>
    /// <param name="cancellationToken">The transport is about to be disposed.</param>
    ValueTask SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken);

    /// <summary>Sends several datagrams of equal size, of which only the last may be shorter. By default one by one.</summary>
    /// <param name="packets">The datagrams, one behind the other.</param>
    /// <param name="segmentSize">Bytes in each.</param>
    /// <param name="cancellationToken">The transport is about to be disposed.</param>
    async ValueTask SendBatchAsync(ReadOnlyMemory<byte> packets, int segmentSize, CancellationToken cancellationToken)
    {
        for (; !packets.IsEmpty; packets = packets[Math.Min(segmentSize, packets.Length)..])
        {
            await SendAsync(packets[..Math.Min(segmentSize, packets.Length)], cancellationToken).ConfigureAwait(false);
        }
    }
}
