using System;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>
/// Controlled delay (RFC 8289 §5): says which packets to drop, from how long each has waited. Asked in the order in which
/// packets leave the queue.
/// </summary>
internal sealed class CoDel
{
    private static readonly TimeSpan s_target = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private Instant _firstAbove = Instant.Never;
    private Instant _dropNext;
    private bool _isDropping;
    private int _count;

    /// <param name="leaves">When the packet would be sent.</param>
    /// <param name="waited">How long it has waited by then.</param>
    public bool MustDrop(Instant leaves, TimeSpan waited)
    {
        bool isAbove = IsAboveForAnInterval(leaves, waited);
        if (!_isDropping)
        {
            if (!isAbove)
            {
                return false;
            }

            // Soon after the last time, it begins where it was.
            _isDropping = true;
            _count = leaves - _dropNext < 16 * s_interval && _count > 2 ? _count - 2 : 1;
            _dropNext = leaves + Pause();
            return true;
        }

        if (!isAbove)
        {
            _isDropping = false;
            return false;
        }

        if (leaves < _dropNext)
        {
            return false;
        }

        _count++;
        _dropNext += Pause();
        return true;
    }

    private bool IsAboveForAnInterval(Instant leaves, TimeSpan waited)
    {
        if (waited < s_target)
        {
            _firstAbove = Instant.Never;
            return false;
        }

        if (_firstAbove.IsNever)
        {
            _firstAbove = leaves + s_interval;
        }

        return leaves >= _firstAbove;
    }

    private TimeSpan Pause() => s_interval / Math.Sqrt(_count);
}
