using System;
using Braid.Core;

namespace Braid.Sctp;

/// <content>What may be changed while it lives.</content>
public sealed partial class Association
{
    /// <summary>
    /// Replaces the options (§11.1.13, RFC 6458 §8.1). They count from now on: a timer that runs keeps its deadline, except
    /// for heartbeats, acknowledgements and <see cref="AssociationOptions.IdleTimeout"/>; a receive window that was advertised
    /// is not taken back.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="options">All options, those that stay the same included.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    /// <exception cref="ArgumentException">One of <see cref="AssociationOptions.FixedProperties"/> is not what it was.</exception>
    public void Reconfigure(Instant now, AssociationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (Options.FirstFixedChange(options) is { } name)
        {
            throw new ArgumentException($"{name} cannot change while an association lives.", name);
        }

        Begin(now);
        _options.Reconfigure(options);
    }

    /// <summary>Sets what differs for one address of the peer (§11.1.9, §11.1.12, RFC 6458 §8.1.12), until a restart of the peer.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; its UDP port does not matter.</param>
    /// <param name="options">All that differs.</param>
    /// <returns>False when the peer does not have that address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    public bool ConfigurePath(Instant now, in NetworkAddress address, PathOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Begin(now);
        return _options.ConfigurePath(address, options);
    }

    /// <summary>
    /// Sends a HEARTBEAT now (§11.1.10), unless one is on its way there already. What comes of it shows in
    /// <see cref="GetPaths"/>, and as <see cref="AssociationEvent.PathChanged"/>.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; null for the primary path.</param>
    /// <returns>False when the peer does not have that address, before the handshake is done, or once SHUTDOWN was sent (§8.3).</returns>
    public bool RequestHeartbeat(Instant now, NetworkAddress? address = null)
    {
        Begin(now);
        return _options.RequestHeartbeat(address);
    }

    /// <summary>Makes an address the one that new data takes (§11.1.6), as long as it is active (§6.4.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; its UDP port does not matter.</param>
    /// <returns>
    /// False when the peer does not have that address or it was not verified yet (§5.4), before the handshake is done, or once
    /// SHUTDOWN was sent.
    /// </returns>
    public bool SetPrimaryPath(Instant now, in NetworkAddress address)
    {
        Begin(now);
        return _options.SetPrimaryPath(address);
    }
}
