using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <content>What is asked of the peer's addresses.</content>
public sealed partial class SctpAssociation
{
    /// <summary>How each of the peer's addresses stands (SCTP_GET_PEER_ADDR_INFO, RFC 6458 §8.2.2).</summary>
    public ValueTask<IReadOnlyList<PathStatistics>> GetPathsAsync() => new(_host.AskAsync(static (core, _) => core.GetPaths()));

    /// <summary>Makes one of the peer's addresses the one that new data goes to (SCTP_PRIMARY_ADDR, RFC 6458 §8.1.9).</summary>
    /// <param name="remote">The address; its UDP port does not matter.</param>
    /// <returns>False when it is none of the peer's, or is not confirmed (RFC 9260 §5.4).</returns>
    public ValueTask<bool> SetPrimaryAddressAsync(IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        NetworkAddress address = remote.ToNetworkAddress();
        return new ValueTask<bool>(_host.AskAsync((core, now) => core.SetPrimaryPath(now, address)));
    }

    /// <summary>Sets heartbeats and limits of one of the peer's addresses (SCTP_PEER_ADDR_PARAMS, RFC 6458 §8.1.12).</summary>
    /// <param name="remote">The address; its UDP port does not matter.</param>
    /// <param name="options">What to set.</param>
    /// <returns>False when it is none of the peer's.</returns>
    public ValueTask<bool> ConfigurePathAsync(IPEndPoint remote, PathOptions options)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        NetworkAddress address = remote.ToNetworkAddress();
        return new ValueTask<bool>(_host.AskAsync((core, now) => core.ConfigurePath(now, address, options)));
    }

    /// <summary>Asks an address of the peer for a sign of life now (RFC 9260 §11.1.8).</summary>
    /// <param name="remote">The address, whose UDP port does not matter; null, the default, for the primary one.</param>
    /// <returns>False when it is none of the peer's.</returns>
    public ValueTask<bool> RequestHeartbeatAsync(IPEndPoint? remote = null)
    {
        NetworkAddress? address = remote?.ToNetworkAddress();
        return new ValueTask<bool>(_host.AskAsync((core, now) => core.RequestHeartbeat(now, address)));
    }
}
