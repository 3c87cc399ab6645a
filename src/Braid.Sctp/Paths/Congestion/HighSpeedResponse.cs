using System;

namespace Braid.Sctp;

/// <summary>
/// The response function of HighSpeed TCP (RFC 3649 §5): by how much a window grows in a round trip, and what it gives away. Up to 38
/// packets it is what Reno does.
/// </summary>
internal static class HighSpeedResponse
{
    private const double LowWindow = 38;                     // packets
    private const double HighWindow = 83_000;
    private const double HighDecrease = 0.1;

    /// <summary>b(w): the part of the window that goes.</summary>
    /// <param name="window">In packets.</param>
    public static double Decrease(double window) => window <= LowWindow ? 0.5
        : Math.Round(0.5 + ((HighDecrease - 0.5) * Math.Log(Math.Min(window, HighWindow) / LowWindow) / Math.Log(HighWindow / LowWindow)), 3);

    /// <summary>a(w): packets by which it grows in a round trip.</summary>
    /// <param name="window">In packets.</param>
    public static double Increase(double window)
    {
        if (window <= LowWindow)
        {
            return 1;
        }

        // p(w) = 0.078 / w^1.2 is the loss that such a window stands for.
        double used = Math.Min(window, HighWindow);
        double decrease = Decrease(used);
        double loss = 0.078 / Math.Pow(used, 1.2);
        return Math.Max(1, Math.Round(used * used * loss * 2 * decrease / (2 - decrease), 2));
    }
}
