using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>A peer's part in a shared port: owns what it is known by there. On the peer's loop only.</summary>
internal sealed class MuxMembership(PeerHost host, MuxShard shard, MuxTable table)
{
    private const int MostClaims = 128;                      // more pairs than an agent checks
    private const int MostFragments = 4;                     // of the present session, and of those that it may go back to

    private readonly List<string> _fragments = [];           // the newest last, as in the next ones
    private readonly List<NetworkPath> _order = [];
    private readonly HashSet<NetworkPath> _claims = [];
    private NetworkPath _chosen;

    /// <summary>Where it lives.</summary>
    public MuxShard Shard => shard;

    /// <summary>Checks that name this fragment are for the peer.</summary>
    /// <exception cref="InvalidOperationException">Another peer of the port has it: which random ones never do.</exception>
    public void AddFragment(string fragment)
    {
        bool isKnown = _fragments.Remove(fragment);          // a restart of ICE was taken back
        if (!isKnown && !table.TryAddUser(fragment, host))
        {
            throw new InvalidOperationException("Two peers of one port have the same username fragment.");
        }

        _fragments.Add(fragment);
        if (_fragments.Count > MostFragments)
        {
            table.RemoveUser(_fragments[0]);
            _fragments.RemoveAt(0);
        }
    }

    /// <summary>Something goes out: who asks an address gets what comes from it, where nobody else does.</summary>
    public void OnSending(in NetworkBatch batch, ReadOnlySpan<byte> bytes)
    {
        // A Binding request; all else goes to who has answered one.
        if (bytes[0] == 0 && bytes[1] == 1 && TryAdd(batch.Path))
        {
            table.Claim(batch.Path, host);
        }
    }

    /// <summary>The peer has chosen a pair.</summary>
    public void Choose(in NetworkPath path)
    {
        if (shard.IsAt(path.Local))
        {
            TryAdd(path);
            _chosen = path;
            table.Choose(path, host);
        }
    }

    /// <summary>The peer leaves.</summary>
    public void Leave()
    {
        _fragments.ForEach(table.RemoveUser);
        foreach (NetworkPath path in _claims)
        {
            table.Release(path, host);
        }

        shard.OnLeft();
    }

    // A peer that lives long has had many restarts, and each has new addresses to ask: the oldest ones go.
    private bool TryAdd(in NetworkPath path)
    {
        if (!_claims.Add(path))
        {
            return false;
        }

        _order.Add(path);
        if (_order.Count > MostClaims)
        {
            int oldest = _order[0] == _chosen ? 1 : 0;
            table.Release(_order[oldest], host);
            _claims.Remove(_order[oldest]);
            _order.RemoveAt(oldest);
        }

        return true;
    }
}
