using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Where SACKs go while data comes over several paths at the same time: RFC 9260 §6.4 leaves it open. They take one path, for on several they
/// would overtake each other: the shortest of those that data has just come on, so that a network that is cut is left before the peer's
/// timers expire.
/// </summary>
internal sealed class AckPath
{
    // As long as data flows, some comes in each round trip; where none was measured, less than any usual time-out.
    private static readonly TimeSpan s_leastPatience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    // So long after a packet on another path, what is missing may still come there.
    private static readonly TimeSpan s_mixed = TimeSpan.FromSeconds(1);

    private Instant[] _lastData = [];                        // of each path
    private Instant _mixedAt = Instant.Never;
    private Path? _last;

    /// <summary>A packet with data has come.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="from">Where it came from.</param>
    /// <param name="current">Where SACKs went until now; null for nowhere.</param>
    /// <param name="paths">All.</param>
    /// <returns>Where they go from now on.</returns>
    public Path Choose(Instant now, Path from, Path? current, PathSet paths)
    {
        if (_lastData.Length < paths.Count)
        {
            Array.Resize(ref _lastData, paths.Count);
        }

        _lastData[from.Index] = now;
        _mixedAt = _last is not null && from != _last ? now : _mixedAt;
        _last = from;
        Path best = current is not null && IsInUse(now, current) ? current : from;
        for (int i = 0; i < paths.Count; i++)
        {
            if (IsInUse(now, paths[i]) && IsShorter(paths[i], best))
            {
                best = paths[i];
            }
        }

        return best;
    }

    /// <summary>A path is there no longer, and those behind it have other indices.</summary>
    /// <param name="path">That path.</param>
    /// <param name="index">What its index was.</param>
    public void RemovePath(Path path, int index)
    {
        _last = _last == path ? null : _last;
        _lastData = index < _lastData.Length ? [.. _lastData[..index], .. _lastData[(index + 1)..]] : _lastData;
    }

    /// <summary>Whether data comes over several paths: then a TSN that is missing is most likely on its way on another one.</summary>
    public bool IsMixed(Instant now) => !_mixedAt.IsNever && now - _mixedAt < s_mixed;

    private bool IsInUse(Instant now, Path path) => path.State == PathState.Active && path.Index < _lastData.Length
        && _lastData[path.Index] != Instant.Zero && now - _lastData[path.Index] < Patience(path.Rto.Smoothed);

    private static TimeSpan Patience(TimeSpan roundTrip) =>
        roundTrip == TimeSpan.Zero || roundTrip > s_patience ? s_patience : roundTrip < s_leastPatience ? s_leastPatience : roundTrip;

    // By as much that it does not change with every measurement.
    private static bool IsShorter(Path path, Path than) =>
        path.Rto.Smoothed > TimeSpan.Zero && (than.Rto.Smoothed == TimeSpan.Zero || path.Rto.Smoothed < than.Rto.Smoothed * 3 / 4);
}
