using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>The destination addresses of the peer and the one that new data takes (RFC 9260 §6.4).</summary>
internal sealed class PathSet(AssociationOptions options, int encapsulationOverhead)
{
    private readonly List<Path> _paths = [];

    /// <summary>The primary path.</summary>
    public Path Primary => _paths[0];

    /// <summary>How many there are; at least one once the association exists.</summary>
    public int Count => _paths.Count;

    public Path this[int index] => _paths[index];

    /// <summary>Adds an address.</summary>
    public Path Add(in NetworkPath address, PathState state)
    {
        var path = new Path(_paths.Count, address, state, options, encapsulationOverhead);
        _paths.Add(path);
        return path;
    }

    /// <summary>Forgets all that was learnt about the paths; the addresses stay (§5.2.4 action A, §7.2.5).</summary>
    public void Reset()
    {
        for (int i = 0; i < _paths.Count; i++)
        {
            _paths[i] = new Path(i, _paths[i].Address, _paths[i].State, options, encapsulationOverhead);
        }
    }

    /// <summary>The path to a peer's address, whatever UDP port it comes from (RFC 6951 §5.4).</summary>
    public Path? Find(in NetworkAddress remote)
    {
        foreach (Path path in _paths)
        {
            if (path.Address.Remote.IsSameHost(remote))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Where data goes: the primary path, or one that still works when it does not (§6.4.1).</summary>
    public Path ForData()
    {
        foreach (Path path in _paths)
        {
            if (path.State == PathState.Active)
            {
                return path;
            }
        }

        return Primary;
    }
}
