using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <content>Its addresses, which come and go (RFC 5061).</content>
internal sealed partial class SwarmPeer
{
    /// <summary>Changes of addresses that were asked for and not answered.</summary>
    public int OpenRequests { get; private set; }

    /// <summary>Removes addresses that are there, and adds those that are not; those that are added first, so that the only one may change.</summary>
    /// <param name="networks">The networks of which it is.</param>
    /// <param name="prefers">Whether the other side is asked to send to the last one.</param>
    public void Renumber(int[] networks, bool prefers)
    {
        // Who is still being set up takes no ASCONF (§4.1): the address that it was told to go to has to stay.
        if (Association is not { } association || Other.Association?.State is null or AssociationState.CookieWait or AssociationState.CookieEchoed)
        {
            return;
        }

        NetworkAddress AddressIn(int network) => NetworksOf()[network];
        foreach (int network in Array.FindAll(networks, network => !Has(association, AddressIn(network))))
        {
            Count(association.AddLocalAddress(_world.Now, AddressIn(network)));
        }

        foreach (int network in Array.FindAll(networks, network => Has(association, AddressIn(network))))
        {
            Count(association.RemoveLocalAddress(_world.Now, AddressIn(network)));
        }

        if (prefers && networks.Length > 0)
        {
            Count(association.RequestPeerPrimary(_world.Now, AddressIn(networks[^1])));
        }
    }

    /// <summary>Whether both sides know the same of its addresses, as they must when nothing is asked for any more.</summary>
    public string? CheckAddresses()
    {
        if (Association is not { } association || Other.Association is not { } other || _run.Options.Clients[0].Networks == 1)
        {
            return null;
        }

        NetworkAddress[] known = [.. other.GetPaths().Select(path => path.Path.Remote)];
        return association.LocalAddresses.Count == known.Length && association.LocalAddresses.All(own => known.Any(one => one.IsSameHost(own))) ? null
            : $"{Name} has {string.Join(", ", association.LocalAddresses)}, and {Other.Name} knows {string.Join(", ", known)}";
    }

    private IReadOnlyList<NetworkAddress> NetworksOf() => ((Endpoint)Node.Machine).Options.LocalAddresses;

    private static bool Has(Association association, NetworkAddress address) => association.LocalAddresses.Any(own => own.IsSameHost(address));

    private void Count(AddressRequestResult result) => OpenRequests += result.Status == AddressRequestStatus.Accepted ? 1 : 0;
}
