using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Our addresses in an association that changes them: which the peer may send to, and which packets may leave from (RFC 5061 §5.3 F1, F2, F4).
/// </summary>
internal sealed class OwnAddresses(IReadOnlyList<NetworkAddress> before)
{
    private readonly List<NetworkAddress> _adding = [];
    private readonly List<NetworkAddress> _removing = [];
    private readonly List<(NetworkAddress Address, Instant Until)> _gone = [];

    /// <summary>Those that the peer may send to. Replaced as a whole when they change.</summary>
    public IReadOnlyList<NetworkAddress> Known { get; private set; } = before;

    /// <summary>Those that any packet may leave from: not those that are being added or removed. Replaced as a whole, too.</summary>
    public IReadOnlyList<NetworkAddress> Sources { get; private set; } = before;

    /// <summary>Those that the peer is asked to add: nothing but ASCONF may leave from there.</summary>
    public IReadOnlyList<NetworkAddress> Adding => _adding;

    /// <summary>Whether nothing may leave but ASCONF: all that the peer knows are being removed.</summary>
    public bool IsMuted => Sources.Count == 0 && _removing.Count > 0;

    /// <summary>Whether the peer may send there, as far as it knows.</summary>
    public bool IsKnown(in NetworkAddress address) => IndexOf(Known, address) >= 0;

    /// <summary>Whether it will be there when the peer has done what it is asked for.</summary>
    public bool WillBeThere(in NetworkAddress address) => IndexOf(Sources, address) >= 0 || IndexOf(_adding, address) >= 0;

    /// <summary>Whether any packet may leave from there.</summary>
    public bool MayLeaveFrom(in NetworkAddress address) => IndexOf(Sources, address) >= 0;

    /// <summary>Whether it is being removed: an ABORT that comes there is not meant (§5.3.1).</summary>
    public bool IsBeingRemoved(in NetworkAddress address) => IndexOf(_removing, address) >= 0;

    /// <summary>Whether it was removed, and what was on its way there has come by now (§5.3 F4).</summary>
    public bool IsGone(in NetworkAddress address, Instant now)
    {
        foreach ((NetworkAddress gone, Instant until) in _gone)
        {
            if (gone.IsSameHost(address))
            {
                return now > until;
            }
        }

        return false;
    }

    /// <summary>The peer is asked to add one.</summary>
    public void BeginAdding(in NetworkAddress address)
    {
        NetworkAddress back = address;
        _gone.RemoveAll(one => one.Address.IsSameHost(back));
        _adding.Add(address);
    }

    /// <summary>The peer is asked to remove one.</summary>
    public void BeginRemoving(in NetworkAddress address)
    {
        int index = IndexOf(Known, address);
        if (index >= 0)
        {
            _removing.Add(Known[index]);
            Sources = Without(Sources, address);
        }
        else
        {
            _removing.Add(address);                          // one that is being added in the same request
        }
    }

    /// <summary>The peer has answered, or will not.</summary>
    /// <param name="address">The address.</param>
    /// <param name="isThere">Whether the peer has it.</param>
    public void EndAdding(in NetworkAddress address, bool isThere)
    {
        _adding.RemoveAll(IsSame(address));
        if (isThere && !IsKnown(address))
        {
            NetworkAddress back = address;
            _gone.RemoveAll(one => one.Address.IsSameHost(back));            // removed and added by the same request
            Known = [.. Known, address];
            Sources = IsBeingRemoved(address) ? Sources : [.. Sources, address];
        }
    }

    /// <summary>The peer has answered, or will not.</summary>
    /// <param name="address">The address.</param>
    /// <param name="isThere">Whether the peer still has it.</param>
    /// <param name="until">Until when what was sent there may come.</param>
    public void EndRemoving(in NetworkAddress address, bool isThere, Instant until)
    {
        _removing.RemoveAll(IsSame(address));
        if (!isThere)
        {
            Known = Without(Known, address);
            if (_gone.Count == PeerAddresses.Capacity)
            {
                _gone.RemoveAt(0);
            }

            _gone.Add((address, until));
        }
        else if (IsKnown(address) && !MayLeaveFrom(address))
        {
            Sources = [.. Sources, Known[IndexOf(Known, address)]];
        }
    }

    private static NetworkAddress[] Without(IReadOnlyList<NetworkAddress> addresses, NetworkAddress address)
    {
        List<NetworkAddress> rest = [.. addresses];
        rest.RemoveAll(IsSame(address));
        return [.. rest];
    }

    private static int IndexOf(IReadOnlyList<NetworkAddress> addresses, in NetworkAddress address)
    {
        for (int i = 0; i < addresses.Count; i++)
        {
            if (addresses[i].IsSameHost(address))
            {
                return i;
            }
        }

        return -1;
    }

    private static Predicate<NetworkAddress> IsSame(NetworkAddress address) => other => other.IsSameHost(address);
}
