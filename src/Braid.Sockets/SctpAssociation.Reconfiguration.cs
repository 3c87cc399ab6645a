using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>Streams are reset and added, and all begin anew (RFC 6525).</content>
public sealed partial class SctpAssociation
{
    /// <summary>
    /// Resets streams (SCTP_RESET_STREAMS, RFC 6525 §6.3.2): their sequence numbers begin anew, and the <see cref="SctpStream"/> that
    /// reads one comes to a clean end. Completes when it is done: after what was sent before has been delivered. What is sent meanwhile
    /// waits, and is sent afterwards. The peer must allow it (<see cref="AssociationOptions.AllowedReconfiguration"/>).
    /// </summary>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="direction">Ours, the peer's, or both; the peer's are reset by the peer, at our request.</param>
    /// <param name="cancellationToken">Ends the waiting, not the reset.</param>
    /// <exception cref="SctpException">The peer does not allow it or does not know how, the same is under way, or the association has ended or is shutting down.</exception>
    /// <exception cref="ArgumentException">There is no such stream, or there are too many for one request.</exception>
    /// <exception cref="InvalidOperationException">A message is being written and not completed.</exception>
    public ValueTask ResetStreamsAsync(ReadOnlyMemory<ushort> streams, ResetDirection direction, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _host.Reconfiguration.ResetStreamsAsync(streams.ToArray(), direction, cancellationToken);
    }

    /// <summary>
    /// Lets TSNs and all streams begin anew, both ways (SCTP_RESET_ASSOC, RFC 6525 §6.3.3); at most once in 30 s. Completes when it is done:
    /// after what was sent before has been acknowledged.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the reset.</param>
    /// <inheritdoc cref="ResetStreamsAsync" path="/exception"/>
    public ValueTask ResetAssociationAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _host.Reconfiguration.ResetAssociationAsync(cancellationToken);
    }

    /// <summary>Adds streams (SCTP_ADD_STREAMS, RFC 6525 §6.3.4); <see cref="StreamCounts"/> says how many there are then.</summary>
    /// <param name="outgoing">How many more we want to send on, from 0.</param>
    /// <param name="incoming">How many more the peer shall send on, from 0.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <exception cref="SctpException">The peer does not allow it or does not know how, the same is under way, or the association has ended or is shutting down.</exception>
    /// <exception cref="ArgumentException">There would be more than 65535, or none is asked for.</exception>
    public ValueTask AddStreamsAsync(int outgoing, int incoming = 0, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _host.Reconfiguration.AddStreamsAsync(outgoing, incoming, cancellationToken);
    }
}
