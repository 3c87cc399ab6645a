using System;

namespace Braid.Sctp;

/// <summary>
/// What links the windows of several paths (RFC 6356 §3): together they grow no faster than one flow would on the best of the paths, so that
/// where they share a bottleneck they take the place of one flow there.
/// </summary>
internal static class LinkedIncreases
{
    /// <summary>
    /// alpha / cwnd_total: by how many packets the windows may grow for each byte that is acknowledged. 0 for no limit, as where one path
    /// is all there is or no round trip was measured.
    /// </summary>
    public static double Limit(PathSet paths)
    {
        // alpha = cwnd_total · max(cwnd_i / rtt_i²) / (Σ cwnd_i / rtt_i)²
        double best = 0;
        double sum = 0;
        int count = 0;
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            if (path.State == PathState.Active && path.LastData != Core.Instant.Zero && path.Rto.Smoothed > TimeSpan.Zero)
            {
                double roundTrip = path.Rto.Smoothed.TotalSeconds;
                best = Math.Max(best, path.Congestion.Window / (roundTrip * roundTrip));
                sum += path.Congestion.Window / roundTrip;
                count++;
            }
        }

        return count < 2 ? 0 : best / (sum * sum);
    }
}
