using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>Our own addresses change while the association lives (RFC 5061).</content>
public sealed partial class SctpAssociation
{
    /// <summary>
    /// Lets the peer use one more of this host's addresses (sctp_bindx with SCTP_BINDX_ADD_ADDR, RFC 6458 §9.1; RFC 5061 §4.2.1). Where it takes a
    /// socket, that is opened at the port of the others, and closed when the last association of its stack that uses it has ended or removed it.
    /// Completes when the peer has acknowledged it. Both sides must offer <see cref="Extensions.AddressReconfiguration"/>.
    /// </summary>
    /// <param name="address">An address of this host, no wildcard.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <exception cref="SctpException">
    /// The address cannot be used here, the peer does not allow it or does not know how, or the association has ended or is shutting down.
    /// </exception>
    /// <exception cref="ArgumentException">It is one of ours already, or means nothing to the peer.</exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public ValueTask AddLocalAddressAsync(IPAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ThrowIfDisposed();
        return _host.Addresses.AddAsync(address, cancellationToken);
    }

    /// <summary>
    /// Lets the peer use one of our addresses no longer (sctp_bindx with SCTP_BINDX_REM_ADDR, RFC 6458 §9.1; RFC 5061 §4.2.2). Nothing leaves from
    /// there any more; what comes there is taken until the peer has acknowledged it, which completes the call.
    /// </summary>
    /// <param name="address">One of our addresses, not the last one.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <exception cref="SctpException">The peer does not allow it or does not know how, or the association has ended or is shutting down.</exception>
    /// <exception cref="ArgumentException">It is none of ours, or the last one.</exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public ValueTask RemoveLocalAddressAsync(IPAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ThrowIfDisposed();
        return _host.Addresses.RemoveAsync(address, cancellationToken);
    }

    /// <summary>
    /// Asks the peer to send to one of our addresses, where it can (SCTP_SET_PEER_PRIMARY_ADDR, RFC 6458 §8.3.1; RFC 5061 §4.2.4). Completes when
    /// the peer has acknowledged that; whether it follows, it does not say.
    /// </summary>
    /// <param name="address">One of our addresses.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <exception cref="SctpException">The peer does not allow it or does not know how, or the association has ended or is shutting down.</exception>
    /// <exception cref="ArgumentException">It is none of ours.</exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public ValueTask RequestPeerPrimaryAsync(IPAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ThrowIfDisposed();
        return _host.Addresses.RequestPrimaryAsync(address, cancellationToken);
    }

    /// <summary>
    /// Our addresses that the peer may send to (sctp_getladdrs, RFC 6458 §9.5), with the UDP port. Empty where they are not known: bound to a
    /// wildcard, the system chooses.
    /// </summary>
    public ValueTask<IReadOnlyList<IPEndPoint>> GetLocalAddressesAsync() => new(_host.AskAsync<IReadOnlyList<IPEndPoint>>(
        static (core, _) => [.. core.LocalAddresses.Select(static local => local.ToIPEndPoint())]));
}
