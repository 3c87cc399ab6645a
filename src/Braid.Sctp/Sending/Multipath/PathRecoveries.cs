using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Fast recovery of each path by itself, where data takes all of them at the same time: a loss on one says nothing of another one, and ends
/// when what was outstanding there is acknowledged, whatever the Cumulative TSN Ack Point waits for elsewhere (the pseudo-cumulative ack of
/// Iyengar et al., "Concurrent Multipath Transfer Using SCTP Multihoming", 2006).
/// </summary>
internal sealed class PathRecoveries
{
    private FastRecovery[] _fast = [];
    private EcnResponse[] _ecn = [];
    private Tsn[] _earliest = [];

    /// <summary>Whether any goes on.</summary>
    public bool IsAnyActive
    {
        get
        {
            foreach (ref FastRecovery fast in _fast.AsSpan())
            {
                if (fast.IsActive)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>That of one path.</summary>
    public ref FastRecovery Fast(int path)
    {
        Reserve(path);
        return ref _fast[path];
    }

    /// <summary>What marks have done to one path.</summary>
    public ref EcnResponse Ecn(int path)
    {
        Reserve(path);
        return ref _ecn[path];
    }

    /// <summary>Something was acknowledged: ends the recovery of a path when all is that was outstanding there when it began.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool OnAcknowledged(int path, OutstandingQueue outstanding)
    {
        if (path >= _fast.Length || !_fast[path].IsRepairing)
        {
            return false;
        }

        return _fast[path].OnCumulativeAck(outstanding.AcknowledgedUpTo(path, _fast[path].Exit, ref _earliest[path]));
    }

    /// <summary>A loss was found on a path: recovery begins there.</summary>
    public void Enter(int path, Instant now, OutstandingQueue outstanding)
    {
        Fast(path).Enter(now, outstanding.HighestTsn);
        Begin(path, outstanding.CumulativeAck);
    }

    /// <summary>What is outstanding on a path is looked at from the beginning.</summary>
    public void Begin(int path, Tsn cumulativeAck)
    {
        Reserve(path);
        _earliest[path] = cumulativeAck;
    }

    /// <summary>A path is there no longer, and those behind it have other indices.</summary>
    public void RemovePath(int path)
    {
        if (path < _fast.Length)
        {
            (_fast, _ecn, _earliest) = ([.. _fast[..path], .. _fast[(path + 1)..]], [.. _ecn[..path], .. _ecn[(path + 1)..]], [.. _earliest[..path], .. _earliest[(path + 1)..]]);
        }
    }

    /// <summary>Ends all of them.</summary>
    public void Clear() => (_fast, _ecn, _earliest) = ([], [], []);

    private void Reserve(int path)
    {
        if (path >= _fast.Length)
        {
            Array.Resize(ref _fast, path + 1);
            Array.Resize(ref _ecn, path + 1);
            Array.Resize(ref _earliest, path + 1);
        }
    }
}
