using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>Who the peer of an association is, and what is asked of its addresses.</content>
public sealed partial class SctpSocket
{
    /// <summary>Binds the socket to several addresses (bindx, RFC 6458 §9.1). Only before it is used otherwise.</summary>
    /// <param name="locals">Addresses and a UDP port, 1 to 8, all at one port; UDP port 0 lets the system choose.</param>
    /// <param name="port">The SCTP port; 0 picks one.</param>
    /// <exception cref="ArgumentException">The addresses do not go together.</exception>
    /// <exception cref="InvalidOperationException">It is bound already, or lives on a stack.</exception>
    /// <exception cref="SctpException">An address, or the SCTP port, cannot be used.</exception>
    public void Bind(IReadOnlyList<IPEndPoint> locals, ushort port = 0)
    {
        _binding.Place(locals, port);
        Open();
    }

    /// <summary>The primary address and UDP port of an association's peer, as last seen: who a message came from.</summary>
    /// <param name="id">Which association.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public IPEndPoint GetRemoteEndPoint(SctpAssociationId id) => Of(id).RemoteEndPoint;

    /// <summary>How each address of an association's peer stands (SCTP_GET_PEER_ADDR_INFO, RFC 6458 §8.2.2; sctp_getpaddrs, §9.3).</summary>
    /// <param name="id">Which association.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<IReadOnlyList<PathStatistics>> GetPathsAsync(SctpAssociationId id) => Of(id).GetPathsAsync();

    /// <summary>Makes one of the addresses of an association's peer the one that new data goes to (SCTP_PRIMARY_ADDR, RFC 6458 §8.1.9).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="remote">The address; its UDP port does not matter.</param>
    /// <returns>False when it is none of the peer's, or is not confirmed (RFC 9260 §5.4).</returns>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<bool> SetPrimaryAddressAsync(SctpAssociationId id, IPEndPoint remote) => Of(id).SetPrimaryAddressAsync(remote);

    /// <summary>Sets heartbeats and limits of one of the addresses of an association's peer (SCTP_PEER_ADDR_PARAMS, RFC 6458 §8.1.12).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="remote">The address; its UDP port does not matter.</param>
    /// <param name="options">What to set.</param>
    /// <returns>False when it is none of the peer's.</returns>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<bool> ConfigurePathAsync(SctpAssociationId id, IPEndPoint remote, PathOptions options) => Of(id).ConfigurePathAsync(remote, options);

    /// <summary>Asks an address of an association's peer for a sign of life now (RFC 9260 §11.1.8).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="remote">The address, whose UDP port does not matter; null, the default, for the primary one.</param>
    /// <returns>False when it is none of the peer's.</returns>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<bool> RequestHeartbeatAsync(SctpAssociationId id, IPEndPoint? remote = null) => Of(id).RequestHeartbeatAsync(remote);

    /// <summary>Lets an association's peer use one more of this host's addresses (sctp_bindx with SCTP_BINDX_ADD_ADDR, RFC 6458 §9.1).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="address">An address of this host, no wildcard.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <inheritdoc cref="SctpAssociation.AddLocalAddressAsync" path="/exception"/>
    public ValueTask AddLocalAddressAsync(SctpAssociationId id, IPAddress address, CancellationToken cancellationToken = default) =>
        Of(id).AddLocalAddressAsync(address, cancellationToken);

    /// <summary>Lets an association's peer use one of our addresses no longer (sctp_bindx with SCTP_BINDX_REM_ADDR, RFC 6458 §9.1).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="address">One of our addresses, not the last one.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <inheritdoc cref="SctpAssociation.RemoveLocalAddressAsync" path="/exception"/>
    public ValueTask RemoveLocalAddressAsync(SctpAssociationId id, IPAddress address, CancellationToken cancellationToken = default) =>
        Of(id).RemoveLocalAddressAsync(address, cancellationToken);

    /// <summary>Asks an association's peer to send to one of our addresses, where it can (SCTP_SET_PEER_PRIMARY_ADDR, RFC 6458 §8.3.1).</summary>
    /// <param name="id">Which association.</param>
    /// <param name="address">One of our addresses.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <inheritdoc cref="SctpAssociation.RequestPeerPrimaryAsync" path="/exception"/>
    public ValueTask RequestPeerPrimaryAsync(SctpAssociationId id, IPAddress address, CancellationToken cancellationToken = default) =>
        Of(id).RequestPeerPrimaryAsync(address, cancellationToken);

    // As its owner would see it; nobody keeps it.
}
