using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Which path the next packet takes where data goes over all of them at the same time (draft-tuexen-tsvwg-sctp-multipath): of the active ones
/// that have room in their windows, the one with the shortest round trip. Owns nothing.
/// </summary>
internal readonly struct PathScheduler(AssociationContext context, PathSet paths, SendQueue queue, OutstandingQueue outstanding, PeerWindow window)
{
    /// <summary>Whether new data takes more than one path.</summary>
    public bool IsOn => context.Options.ConcurrentMultipath;

    /// <summary>
    /// Whether the window of a path has room for a packet, and its pacer lets it leave (RFC 9260 §6.1 B): below cwnd a whole packet may go,
    /// even if it reaches over.
    /// </summary>
    public bool HasRoom(Path path)
    {
        long inFlight = outstanding.InFlightOn(path.Index);
        return path.MayLeave && (inFlight == 0 || (inFlight < path.Congestion.Window && !path.Congestion.IsLimitedToOnePacket));
    }

    /// <summary>Where new data goes; null where all that may be used are full, or where it is better to wait for a faster one.</summary>
    /// <param name="mayBurst">Whether packets may leave that no pacer counts.</param>
    public Path? ForNew(bool mayBurst)
    {
        Path? fastest = null;
        bool isAnyActive = false;
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            if (path.State != PathState.Active)
            {
                continue;
            }

            isAnyActive = true;
            if ((mayBurst || path.IsPaced) && HasRoom(path) && (fastest is null || IsFaster(path, fastest)))
            {
                fastest = path;
            }
        }

        if (!isAnyActive && paths.ForData() is var last && (mayBurst || last.IsPaced) && HasRoom(last))
        {
            return last;
        }

        return fastest is not null && FitsBeside(fastest) ? fastest : null;
    }

    /// <summary>
    /// Where data goes that was lost: to whatever path can take it first, but after a time-out to another one than before (§6.4.1). What
    /// holds up the Cumulative TSN Ack Point holds up all paths.
    /// </summary>
    /// <param name="lost">What was lost.</param>
    public Path ForLost(in LostChunk lost)
    {
        Path last = paths[lost.Path];
        Path? fastest = null;
        bool isElsewhere = lost.ByTimeout && paths.HasAlternativeTo(last);
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            if (path.State == PathState.Active && !(isElsewhere && path == last) && HasRoom(path) && (fastest is null || IsFaster(path, fastest)))
            {
                fastest = path;
            }
        }

        return fastest ?? paths.ForRetransmission(last, lost.ByTimeout);
    }

    /// <summary>
    /// A full receive buffer holds up all paths when what it waits for is on its way on a slow one: then that is sent on a faster one as
    /// well, once (opportunistic retransmission; Raiciu et al., "How Hard Can It Be?", NSDI 2012).
    /// </summary>
    /// <param name="isFull">Whether the buffer is full. If not, only what is on its way on a path that may have failed is sent again.</param>
    /// <returns>User data that is to be sent again, in bytes; 0 for none.</returns>
    public int Unblock(bool isFull)
    {
        if (outstanding.HasLost || !outstanding.TryPeekHead(out int index, out Instant sentAt, out int transmissions))
        {
            return 0;
        }

        Path slow = paths[index];
        bool isStranded = slow.State != PathState.Active;
        if (!isStranded && (!isFull || transmissions > 1 || outstanding.GapAckedCount == 0 || slow.Rto.Smoothed == TimeSpan.Zero))
        {
            return 0;
        }

        Instant due = sentAt + slow.Rto.Smoothed;
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            bool isSooner = IsFaster(path, slow) && (due < context.Now || due > context.Now + path.Rto.Smoothed);
            if (path != slow && path.State == PathState.Active && (isStranded || isSooner) && HasRoom(path))
            {
                return outstanding.MarkHead();
            }
        }

        return 0;
    }

    /// <summary>Bytes that all paths together send until something is acknowledged on the slowest: so much may wait for it.</summary>
    public long TotalWindow()
    {
        double total = 0;
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i] is { State: PathState.Active, Rto.Smoothed.Ticks: > 0 } path)
            {
                total += path.Congestion.Window / path.Rto.Smoothed.TotalSeconds;
                longest = path.Rto.Smoothed > longest ? path.Rto.Smoothed : longest;
            }
        }

        return Math.Max((long)(total * longest.TotalSeconds), paths.ForData().Congestion.Window);
    }

    // What has no measurement comes last: it is tried when the others are full.
    private static bool IsFaster(Path path, Path than) =>
        path.Rto.Smoothed > TimeSpan.Zero && (than.Rto.Smoothed == TimeSpan.Zero || path.Rto.Smoothed < than.Rto.Smoothed);

    // Until a packet is acknowledged on this path, the faster ones would send so much that has to wait behind it. Where the peer's buffer, or
    // ours, has no room for that, the packet would not add to the others but stop them.
    private bool FitsBeside(Path path)
    {
        double wanted = 0;
        for (int i = 0; i < paths.Count; i++)
        {
            Path faster = paths[i];
            if (faster != path && faster.State == PathState.Active && IsFaster(faster, path))
            {
                // A window grows by a packet in each round trip of its own (Ferlin et al., "BLEST", 2016).
                double roundTrips = path.Rto.Smoothed / faster.Rto.Smoothed;
                wanted -= outstanding.InFlightOn(i);
                wanted += faster.Congestion.PacingRate > 0 ? faster.Congestion.PacingRate * path.Rto.Smoothed.TotalSeconds
                    : roundTrips * (faster.Congestion.Window + (faster.MaximumChunk * (roundTrips - 1) / 2));
            }
        }

        if (wanted <= 0)
        {
            return true;
        }

        long held = outstanding.HeldByPeer;
        double perByte = queue.IsEmpty ? 1 : (double)queue.BufferedBytes / queue.BufferedCharge;
        double ours = (perByte * context.Sizes.Send) - outstanding.PayloadInFlight - held;
        return wanted + paths.MaximumPayload <= Math.Min(window.Available, ours) + held;
    }
}
