using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Which DATA chunks may go and where, and the writing of them into a packet (RFC 9260 §6.1). Owns how many packets the
/// opportunity to send has left.
/// </summary>
internal sealed class DataTransmission(
    AssociationContext context, PathSet paths, SendQueue queue, OutstandingQueue outstanding, PeerWindow window, Recovery recovery)
{
    private BurstLimit _burst;

    /// <summary>Whether there is new data, and the peer has room for it.</summary>
    public bool HasNewData => paths.MaximumPayload is var full && queue.TryPeek(full, full, out int length) && MayCut(length);

    // They own nothing.
    private RetransmissionTimer Timer => new(context, paths, outstanding, queue);

    private CongestionFeedback Feedback => new(context, outstanding);

    private PathScheduler Scheduler => new(context, paths, queue, outstanding, window);

    /// <summary>Bytes that may be in flight where new data goes.</summary>
    public long TotalWindow => Scheduler is { IsOn: true } scheduler ? scheduler.TotalWindow() : paths.ForData().Congestion.Window;

    /// <summary>A chance to send: the application sent, or a timer expired.</summary>
    public void OnOpportunity() => _burst.Renew(context.Options.MaximumBurst);

    /// <summary>Each SACK is a chance to send.</summary>
    /// <param name="sacks">How many; one that stands for several counts as them.</param>
    public void OnSacks(long sacks) => _burst.Extend(sacks, context.Options.MaximumBurst);

    /// <summary>The path that data would take now, or null when there is none to send or none may be sent.</summary>
    /// <param name="isShuttingDown">Whether nothing more will come that would be worth waiting for.</param>
    public Path? WantsPacket(bool isShuttingDown)
    {
        if (!paths.MaySend)
        {
            return null;
        }

        if (outstanding.TryPeekLost(out LostChunk lost))
        {
            Path again = PathFor(lost);
            return recovery.OwesRetransmission(again) || Scheduler.HasRoom(again) ? again : null;
        }

        if (Scheduler.IsOn && TryUnblock(isFull: false) && outstanding.TryPeekLost(out lost))
        {
            return PathFor(lost) is var other && Scheduler.HasRoom(other) ? other : null;
        }

        if (recovery.OwesNew)
        {
            return paths.ForData();
        }

        if (PathForNew() is not { } path)
        {
            return null;
        }

        // RFC 6458 §8.1.5: what is in flight will be acknowledged, at the latest after SACK.Delay, or T3-rtx expires.
        if (!context.Options.NoDelay && !isShuttingDown && outstanding.PayloadInFlight > 0 && queue.IsSmall(paths.MaximumChunk))
        {
            return null;
        }

        return HasNewData ? path
            : Scheduler.IsOn && queue.HasNext && TryUnblock(isFull: true) && outstanding.TryPeekLost(out lost) ? PathFor(lost)
            : null;
    }

    /// <summary>The key of the message that goes next; null for none.</summary>
    public ushort? NextKey => outstanding.TryPeekLost(out LostChunk lost) ? lost.KeyId : queue.NextKey;

    /// <summary>Bytes of the chunk that goes next, when no packet on that path could hold it; else 0.</summary>
    public int OversizedFor(Path path) =>
        outstanding.TryPeekLost(out LostChunk lost) && lost.WireLength > path.MaximumChunk - paths.AuthenticationRoom ? lost.WireLength : 0;

    /// <summary>Whether the next DATA chunk fits into this much of a packet.</summary>
    public bool HasDataFor(int available)
    {
        if (outstanding.TryPeekLost(out LostChunk lost))
        {
            return lost.WireLength <= available;
        }

        int full = paths.MaximumPayload;
        return queue.TryPeek(Math.Min(available - paths.DataHeader, full), full, out _);
    }

    /// <summary>Fills what is left of a packet with retransmissions, then with new data (§6.1 C, E).</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="isShuttingDown">Whether the sender gains from early acknowledgements.</param>
    /// <param name="abandonment">Says what is not sent again; null where nothing is given up.</param>
    /// <returns>What DATA chunks were written.</returns>
    public WrittenData WriteData(ref PacketWriter packet, Path path, bool isShuttingDown, Abandonment? abandonment)
    {
        long before = outstanding.TotalSentOn(path.Index);
        bool wroteLost = WriteLost(ref packet, path, abandonment);
        bool wroteNew = !outstanding.HasLost && WriteNew(ref packet, path, isShuttingDown);
        if (!wroteLost && !wroteNew)
        {
            return WrittenData.None;
        }

        if (wroteNew)
        {
            _burst.OnPacketSent();
        }

        if (recovery.OnPacketSent(path, wroteNew))
        {
            Timer.Restart(path);                             // RFC 8985 §7.3
        }

        path.OnPacketSent(outstanding.TotalSentOn(path.Index) - before);
        return wroteLost ? WrittenData.Retransmissions : WrittenData.New;
    }

    /// <summary>
    /// Nothing more can be sent now. When that is because the peer's window is closed and nothing is outstanding, no answer
    /// will come by itself: T3-rtx then times the probe.
    /// </summary>
    public void OnDrained()
    {
        _burst.Reset();
        Path path = paths.ForData();
        Path next = outstanding.TryPeekLost(out LostChunk lost) ? PathFor(lost) : path;
        bool hasNothing = !outstanding.HasLost && !queue.HasNext;
        for (int i = 0; Scheduler.IsOn && i < paths.Count; i++)
        {
            if (paths[i] != next && paths[i].State == PathState.Active)
            {
                Explain(paths[i], hasNothing);
            }
        }

        if (!Explain(next, hasNothing) && outstanding.IsEmpty && queue.HasNext)
        {
            Timer.StartIfStopped(path);
        }
    }

    private bool WriteLost(ref PacketWriter packet, Path path, Abandonment? abandonment)
    {
        bool wrote = false;
        while (TryPeekWorthy(abandonment, out LostChunk lost) && packet.Admits(lost.KeyId) && lost.WireLength <= packet.Available
            && (wrote || recovery.OwesRetransmission(path) || Scheduler.HasRoom(path)))
        {
            Feedback.OnSending(path);
            bool isAlone = outstanding.PayloadInFlight == 0 && outstanding.GapAckedCount == 0;
            OutgoingChunk chunk = outstanding.TakeLost(context.Now, path.Index, out bool isEarliest);
            Write(ref packet, chunk);
            window.OnRetransmitted(chunk.Length, isAlone);
            context.Counters.ChunksRetransmitted++;
            recovery.OnSentAgain();
            if (isEarliest)
            {
                Timer.Restart(path);                         // §6.1
            }

            Timer.StartIfStopped(path);
            wrote = true;
        }

        return wrote;
    }

    // RFC 3758 §4.1 TR4: before each retransmission. What the last one had before it may be first now.
    private bool TryPeekWorthy(Abandonment? abandonment, out LostChunk lost)
    {
        abandonment?.ReviewLost();
        return outstanding.TryPeekLost(out lost);
    }

    private bool WriteNew(ref PacketWriter packet, Path path, bool isShuttingDown)
    {
        if (!recovery.OwesNew && !(AllowsNew(path) && Scheduler.HasRoom(path)))
        {
            return false;
        }

        bool wrote = false;
        int full = paths.MaximumPayload;
        queue.BeginPacket();
        while (packet.Admits(queue.NextKey) && queue.TryPeek(Math.Min(packet.Available - paths.DataHeader, full), full, out int length) && MayCut(length))
        {
            Feedback.OnSending(path);
            Fragment fragment = queue.Cut(length, sackImmediately: isShuttingDown);
            Write(ref packet, outstanding.Add(context.Now, fragment, path.Index));
            window.OnSent(length);
            context.Counters.ChunksSent++;
            context.Counters.PayloadBytesSent += length;
            Timer.StartIfStopped(path);                      // R1
            wrote = true;
            if (queue.TryTakeLow(out AssociationEvent? low))
            {
                context.Report(low);
            }
        }

        queue.EndPacket();
        return wrote;
    }

    private static void Write(ref PacketWriter packet, in OutgoingChunk chunk)
    {
        ReadOnlySpan<byte> payload = chunk.Message.Buffer.Span.Slice(chunk.Offset, chunk.Length);
        bool fits = chunk.Fsn is { } fsn
            ? InterleavedDataChunk.Write(ref packet, chunk.InterleavedHeader(fsn), payload)
            : DataChunk.Write(ref packet, chunk.Header, payload);
        Invariant.Check(fits, "a chunk was cut larger than the packet");
    }

    // What keeps data from leaving on a path now; false for neither the application nor the pacer.
    private bool Explain(Path path, bool hasNothing)
    {
        if (hasNothing)
        {
            Feedback.OnRanOut(path);
            return true;
        }

        if (!path.MayLeave)
        {
            Feedback.OnHeldBack(path);
            return true;
        }

        if (Scheduler.IsOn)
        {
            Feedback.OnRanOut(path);                         // if there is room, it is not the path that the data waits for
        }

        return false;
    }

    private Path PathFor(in LostChunk lost) =>
        Scheduler is { IsOn: true } scheduler && !recovery.OwesOld ? scheduler.ForLost(lost) : paths.ForRetransmission(paths[lost.Path], lost.ByTimeout);

    private Path? PathForNew() => Scheduler is { IsOn: true } scheduler ? scheduler.ForNew(_burst.AllowsPacket)
        : paths.ForData() is var path && AllowsNew(path) && Scheduler.HasRoom(path) ? path
        : null;

    private bool TryUnblock(bool isFull)
    {
        int length = Scheduler.Unblock(isFull);
        window.OnMarkedLost(length);
        for (int i = 0; length > 0 && i < paths.Count; i++)
        {
            if (outstanding.InFlightOn(i) == 0)
            {
                Timer.Stop(paths[i]);                        // R2
            }
        }

        return length > 0;
    }

    // §6.1 D: bursts are bounded, by Max.Burst or by the pacer.
    private bool AllowsNew(Path path) => _burst.AllowsPacket || path.IsPaced;

    // §6.1 A: new data needs room at the peer; a probe does not, but then nothing else may be outstanding.
    // Nor may more be outstanding than a SACK can name, or serial numbers tell apart.
    private bool MayCut(int length) => outstanding.Count < TsnTracker.FarthestAhead(queue.IsInterleaved)
        && (length <= window.Available || (window.WantsProbe && outstanding.IsEmpty));
}
