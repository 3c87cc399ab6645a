using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that knows when chunks were sent: what is in flight on a path hangs together in the order in which it
/// was sent, so that who looks for what is late looks at nothing else (RFC 8985 §6.2 step 5).
/// </summary>
internal sealed partial class OutstandingQueue
{
    /// <summary>What deliveries on a path say about time; null before there was one that was looked at.</summary>
    public RackDetector? RackOn(int path) => path < _paths.Length ? _paths[path].Rack : null;

    /// <summary>When the chunk was sent that is in flight on a path for the longest time. There must be one.</summary>
    public Instant OldestOn(int path) => At(OffsetOf(_paths[path].Oldest)).SentAt;

    /// <summary>Whether what is in flight on a path was, as far as one can tell, a single packet.</summary>
    /// <param name="path">The path.</param>
    /// <param name="maximumChunk">The largest DATA chunk that fits into one, in bytes.</param>
    public bool IsOnePacket(int path, int maximumChunk) =>
        _paths[path].InFlight <= maximumChunk && OldestOn(path) == At(OffsetOf(_paths[path].Newest)).SentAt;

    /// <summary>Marks what is lost because something that was sent later has arrived, and reordering would be over (RFC 8985 §6.2 step 5).</summary>
    /// <param name="path">The path. It must have a detector.</param>
    /// <param name="now">The current instant.</param>
    /// <param name="reorderingWindow">RACK.reo_wnd.</param>
    /// <returns>User data that is in flight no more, in bytes.</returns>
    public long DetectLosses(int path, Instant now, TimeSpan reorderingWindow)
    {
        PathFlight flight = _paths[path];
        RackDetector rack = flight.Rack!;
        rack.ReviewAt = Instant.Never;
        long bytes = 0;
        while (flight.Chunks > 0)
        {
            Tsn tsn = flight.Oldest;
            int offset = OffsetOf(tsn);
            ref OutstandingChunk chunk = ref At(offset);
            if (!rack.IsOvertaken(chunk.SentAt, tsn))
            {
                break;
            }

            Instant due = chunk.SentAt + rack.RoundTrip + reorderingWindow;
            if (due > now)
            {
                rack.ReviewAt = due;                         // what was sent later is due later
                break;
            }

            bytes += chunk.Length;
            if (offset > _knownEnd)
            {
                SetOvertaken(ref chunk, tsn, offset);
            }
            else
            {
                SetLostByTime(ref chunk, offset);
            }
        }

        return bytes;
    }

    /// <summary>All that was ever sent on a path, in bytes.</summary>
    public long TotalSentOn(int path) => path < _paths.Length ? _paths[path].TotalSent : 0;

    /// <summary>How fast a path delivers; null where it is not measured.</summary>
    public DeliveryRate? RateOn(int path) => path < _paths.Length ? _paths[path].Rate : null;

    /// <summary>Measures how fast a path delivers, from now on, or does so no more.</summary>
    public void MeasureRate(int path, bool isWanted)
    {
        PathFlight flight = FlightOf(path);
        if (isWanted != flight.Rate is not null)
        {
            flight.Rate = isWanted ? new DeliveryRate() : null;
        }
    }

    /// <summary>What a timer finds on a path will be counted for itself.</summary>
    public void BeginTimer(int path)
    {
        ref PathAck ack = ref FlightOf(path).LastAck;
        (ack.Lost, ack.HasLostAgain) = (0, false);
        _paths[path].Rate?.Begin();
    }

    /// <summary>
    /// What is sent on a path from now on takes another way than what is in flight there: of that nothing is measured, and its loss makes
    /// nothing slower (as RFC 9000 §9.4 has it).
    /// </summary>
    public void BeginAnew(int path)
    {
        FlightOf(path).BeginAnew();
        for (int offset = 0; offset < _count; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            if (chunk.Path == path)
            {
                (chunk.TookAnotherWay, chunk.Record) = (true, 0);
            }
        }
    }

    /// <summary>A path is there no longer; nothing is in flight there.</summary>
    /// <param name="path">Its index.</param>
    /// <param name="heir">The index, as it is now, of the path that stands for it.</param>
    public void RemovePath(int path, int heir)
    {
        for (int offset = 0; offset < _count; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            if (chunk.Path == path)
            {
                (chunk.Path, chunk.WasSentElsewhere, chunk.TookAnotherWay, chunk.Record) = ((short)heir, true, true, 0);
                FlightOf(heir + (heir >= path ? 1 : 0));     // it may stand for a chunk that nothing was sent with there
            }
            else if (chunk.Path > path)
            {
                chunk.Path--;
            }
        }

        if (path < _paths.Length)
        {
            _paths = [.. _paths[..path], .. _paths[(path + 1)..]];
        }
    }

    /// <summary>Whether all that is in flight on a path was sent before it last began anew.</summary>
    public bool IsFlightOfBefore(int path) => InFlightOn(path) > 0 && At(OffsetOf(_paths[path].Newest)).TookAnotherWay;

    /// <summary>What was found on a path was dealt with.</summary>
    public void ForgetLosses(int path) => FlightOf(path).LastAck.HasLostAgain = false;

    /// <summary>Marks the chunk for a probe that was sent last on a path (RFC 8985 §7.3).</summary>
    /// <param name="path">The path. Something is in flight there.</param>
    /// <param name="tsn">Its TSN.</param>
    /// <param name="bytes">Its user data.</param>
    /// <returns>False when it must not be sent once more (RFC 7496 §3.1): a probe is no reason to give it up.</returns>
    public bool TryMarkNewest(int path, out Tsn tsn, out int bytes)
    {
        tsn = _paths[path].Newest;
        int offset = OffsetOf(tsn);
        ref OutstandingChunk chunk = ref At(offset);
        bytes = chunk.Length;
        Reliability reliability = chunk.Message.Options.Reliability;
        if (reliability.Policy == ReliabilityPolicy.Retransmissions && chunk.Transmissions > reliability.Value)
        {
            return false;
        }

        chunk.WasFastRetransmitted = true;                   // it takes the same path again
        chunk.Flags |= Wire.DataFlags.SackImmediately;       // the answer is all that is wanted
        SetLost(ref chunk, offset);
        return true;
    }

    private void SetLostByTime(ref OutstandingChunk chunk, int offset)
    {
        PathFlight flight = _paths[chunk.Path];
        chunk.WasFastRetransmitted = true;
        flight.OnLost(chunk);
        flight.LastAck.LossSentAt = Instant.Max(flight.LastAck.LossSentAt, chunk.SentAt);
        flight.LastAck.HasLostAgain |= offset == 0 && chunk.Transmissions > 1 && !chunk.TookAnotherWay;
        flight.Rack?.OnLost();                               // none where the path has begun anew since
        SetLost(ref chunk, offset);
    }

    private int OffsetOf(Tsn tsn) => tsn.DistanceFrom(_cumulativeAck) - 1;

    /// <summary>A chunk is on its way from now on.</summary>
    private void BeginFlight(ref OutstandingChunk chunk, Tsn tsn, Instant now)
    {
        PathFlight flight = FlightOf(chunk.Path);
        chunk.State = ChunkState.InFlight;
        chunk.SentAt = now;
        if (flight.Chunks == 0)
        {
            flight.Oldest = tsn;
        }
        else
        {
            At(OffsetOf(flight.Newest)).SentAfter = tsn;
            chunk.SentBefore = flight.Newest;
        }

        chunk.Record = flight.Rate?.OnSent(now, flight.InFlight, flight.TotalSent, flight.Chunks == 0 ? 0 : At(OffsetOf(flight.Oldest)).Record) ?? 0;
        flight.Newest = tsn;
        flight.Take(chunk.WireLength);
        chunk.SentUpTo = (uint)flight.TotalSent;
        PayloadInFlight += chunk.Length;
    }

    /// <summary>It is not any more: it has arrived, was lost or was given up.</summary>
    private void EndFlight(ref OutstandingChunk chunk, Tsn tsn)
    {
        PathFlight flight = _paths[chunk.Path];
        bool isOldest = tsn == flight.Oldest;
        bool isNewest = tsn == flight.Newest;
        if (isOldest)
        {
            flight.Oldest = chunk.SentAfter;
        }
        else
        {
            At(OffsetOf(chunk.SentBefore)).SentAfter = chunk.SentAfter;
        }

        if (isNewest)
        {
            flight.Newest = chunk.SentBefore;
        }
        else
        {
            At(OffsetOf(chunk.SentAfter)).SentBefore = chunk.SentBefore;
        }

        flight.Release(chunk.WireLength);
        PayloadInFlight -= chunk.Length;
    }

    private void ObserveDelivery(PathFlight flight, in OutstandingChunk chunk, Tsn tsn)
    {
        if ((_reading & SackReading.Timed) == 0 || chunk.IsUnmeasured || chunk.TookAnotherWay)
        {
            return;
        }

        (flight.Rack ??= new RackDetector()).OnDelivered(_now, chunk.SentAt, tsn, chunk.Transmissions > 1);
    }
}
