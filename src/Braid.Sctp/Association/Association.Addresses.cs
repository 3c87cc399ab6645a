using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <content>Our addresses, while the association lives (RFC 5061).</content>
public sealed partial class Association
{
    /// <summary>
    /// Our addresses that the peer may send to: those of the handshake, and what has changed since. One that is added is there when the peer
    /// has acknowledged it, one that is removed until then (RFC 5061 §5.3 F1, F4). Empty where they are not known: then the transport
    /// chooses.
    /// </summary>
    public IReadOnlyList<NetworkAddress> LocalAddresses => ChangedAddresses ?? _tcb.OwnAddresses();

    /// <summary>The same where either side has changed any; else null.</summary>
    internal IReadOnlyList<NetworkAddress>? ChangedAddresses => _tcb.Context.AddressChanges?.Own.Known;

    /// <summary>
    /// Lets the peer use one more of our addresses (RFC 5061 §4.2.1). What is asked for before the next datagram is taken goes in one request,
    /// in the order of the calls: a host whose only address changes adds the new one and then removes the old one.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address, as packets are to leave from it.</param>
    public AddressRequestResult AddLocalAddress(Instant now, in NetworkAddress address)
    {
        _tcb.Begin(now);
        return Addresses.Ask(AddressRequestKind.Add, address);
    }

    /// <summary>
    /// Lets the peer use one of our addresses no longer (RFC 5061 §4.2.2). From the request on nothing leaves from there; what is on its way
    /// there is taken until the peer has acknowledged that.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; its UDP port does not matter.</param>
    public AddressRequestResult RemoveLocalAddress(Instant now, in NetworkAddress address)
    {
        _tcb.Begin(now);
        return Addresses.Ask(AddressRequestKind.Remove, address);
    }

    /// <summary>Asks the peer to send to one of our addresses, where it can (RFC 5061 §4.2.4, RFC 6458 §8.3.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address, or one that is being added; its UDP port does not matter.</param>
    public AddressRequestResult RequestPeerPrimary(Instant now, in NetworkAddress address)
    {
        _tcb.Begin(now);
        return Addresses.Ask(AddressRequestKind.MakePrimary, address);
    }
}
