using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// W_cubic and W_est of RFC 9438 §4: what the window becomes with the time since congestion avoidance began. Owns the epoch. Windows
/// are packets here, as they are in the RFC.
/// </summary>
internal struct CubicFunction
{
    /// <summary>β_cubic: what is left of a window after congestion (§4.6).</summary>
    public const double Beta = 0.7;

    private const double C = 0.4;                            // in packets per second cubed (§5.1)
    private const double RenoAlpha = 3 * (1 - Beta) / (1 + Beta);

    private double _origin;                                  // where the plateau lies: W_max, or the window where it was more
    private double _k;                                       // seconds from the epoch to the plateau
    private Instant _epoch;
    private double _prior;                                   // cwnd_prior: from there on W_est grows as Reno does

    /// <summary>Whether congestion avoidance has begun.</summary>
    public readonly bool HasBegun => _epoch != Instant.Zero;

    /// <summary>W_max: the window that congestion was met at last; 0 for none.</summary>
    public double Maximum { get; private set; }

    /// <summary>W_est: what Reno would have by now.</summary>
    public double RenoEstimate { get; private set; }

    /// <summary>Congestion was met.</summary>
    /// <param name="window">The window that met it.</param>
    public void OnCongestion(double window)
    {
        // §4.7 (fast convergence): who meets congestion with less than last time leaves room to others.
        Maximum = window < Maximum ? window * (1 + Beta) / 2 : window;
        _prior = window;
        End();
    }

    /// <summary>A time-out, or the end of slow start without any congestion, leaves nothing to aim at (§4.8, §4.10).</summary>
    public void Forget()
    {
        (Maximum, _prior) = (0, 0);
        End();
    }

    /// <summary>The next acknowledgement begins an epoch.</summary>
    public void End() => _epoch = Instant.Zero;

    /// <summary>Congestion avoidance begins, with this window (§4.2).</summary>
    public void Begin(Instant now, double window)
    {
        _epoch = now;
        RenoEstimate = window;
        _origin = Math.Max(Maximum, window);
        _k = CubeRoot((_origin - window) / C);
    }

    /// <summary>Time that does not count: the application was what kept the window from growing (§5.8).</summary>
    public void Shift(TimeSpan pause)
    {
        if (HasBegun)
        {
            _epoch += pause;
        }
    }

    /// <summary>W_cubic at an instant (figure 1).</summary>
    public readonly double At(Instant now)
    {
        double t = (now - _epoch).TotalSeconds - _k;
        return _origin + (C * t * t * t);
    }

    /// <summary>Lets W_est grow (§4.3).</summary>
    /// <param name="share">How much of a window was acknowledged.</param>
    public void OnAcknowledged(double share) => RenoEstimate += (RenoEstimate >= _prior ? 1 : RenoAlpha) * share;

    // By basic operations alone: the same bits on every machine.
    private static double CubeRoot(double value)
    {
        double root = Math.Max(1, Math.Sqrt(Math.Sqrt(value)));
        for (int i = 0; i < 60 && value > 0; i++)
        {
            double next = ((2 * root) + (value / (root * root))) / 3;
            if (Math.Abs(next - root) <= root * 1e-12)
            {
                return next;
            }

            root = next;
        }

        return value > 0 ? root : 0;
    }
}
