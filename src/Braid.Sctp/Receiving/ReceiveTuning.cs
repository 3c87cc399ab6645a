using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// How large the receive buffer should be: twice what the application has taken in a round trip (of 2 ms at least), so that neither the window nor what waits behind
/// a loss holds up a sender that the path does not. A peer that only sends makes nothing grow. A receiver that sends no data has no
/// measurement of the round trip: what lies beyond the window cannot come before the peer has heard of the next one, and the shortest
/// time in which it did is taken for it (Fisk and Feng, "Dynamic Right-Sizing in TCP", 2001).
/// </summary>
/// <param name="announced">The window that the peer began with, in bytes.</param>
internal sealed class ReceiveTuning(long announced)
{
    // A reader that is not run for a moment must not close the window, however short the path is.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(2);

    private Instant _toldAt;
    private long _edge;                                      // what had been allowed then, counted as _farthest is; 0 when nothing is timed
    private long _farthest = announced;                      // bytes of user data that the peer was ever allowed to send
    private TimeSpan _roundTrip;                             // zero before the first measurement
    private Instant _since;
    private long _taken;                                     // until then
    private long _most;                                      // in one round trip, so far

    /// <summary>The peer is told of a window.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="received">User data received so far, in bytes.</param>
    /// <param name="window">What is advertised.</param>
    public void OnAdvertised(Instant now, long received, uint window)
    {
        _farthest = Math.Max(_farthest, received + window);
        if (_edge == 0)
        {
            _edge = _farthest;
            _toldAt = now;
        }
    }

    /// <summary>User data has come.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="received">User data received so far, in bytes.</param>
    /// <param name="taken">Memory of what the application has had so far, in bytes.</param>
    /// <param name="smoothed">SRTT of the path, where we send too; else zero.</param>
    /// <param name="isMixed">Whether data comes over several paths, of which this is the longest round trip.</param>
    /// <returns>The size that the buffer should have at least; 0 when there is nothing new to say.</returns>
    public long OnReceived(Instant now, long received, long taken, TimeSpan smoothed, bool isMixed)
    {
        if (_edge != 0 && received > _edge)
        {
            TimeSpan sample = now - _toldAt;
            _roundTrip = _roundTrip == TimeSpan.Zero || sample < _roundTrip ? sample : _roundTrip;
            _edge = 0;
        }

        // Each is too long at times: the window where it does not bound the sender, SRTT where the peer delays what it acknowledges.
        long roundTrip = (smoothed == TimeSpan.Zero || (!isMixed && _roundTrip != TimeSpan.Zero && _roundTrip < smoothed) ? _roundTrip : smoothed).Ticks;
        long passed = (now - _since).Ticks;
        if (roundTrip == 0)
        {
            return 0;
        }

        roundTrip = Math.Max(roundTrip, s_shortest.Ticks);
        if (passed < roundTrip)
        {
            return 0;
        }

        long rate = (long)((double)(taken - _taken) * roundTrip / passed);
        _taken = taken;
        _since = now;
        if (rate <= _most)
        {
            return 0;
        }

        // A sender in slow start will want twice as much by the time that it hears of this.
        long wanted = 2 * rate;
        wanted = _most == 0 ? wanted : (long)Math.Min(2.0 * wanted, wanted * ((double)rate / _most));
        _most = rate;
        return wanted;
    }
}
