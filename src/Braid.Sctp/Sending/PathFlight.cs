using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>What is in flight on one path, and the chunk whose round trip is being measured there.</summary>
internal sealed class PathFlight
{
    private Tsn _timedTsn;
    private Instant _timedSince = Instant.Never;
    private PathAck _lastAck = new() { TimedSince = Instant.Never };

    /// <summary>Bytes of DATA chunks, headers and padding included.</summary>
    public long InFlight { get; private set; }

    /// <summary>Chunks in flight.</summary>
    public int Chunks { get; private set; }

    /// <summary>All that was ever sent here, in bytes.</summary>
    public long TotalSent { get; private set; }

    /// <summary>How fast it arrives; null where nobody wants to know.</summary>
    public DeliveryRate? Rate { get; set; }

    /// <summary>Of these, the one that was sent first; the rest hangs on it (<see cref="OutstandingChunk.SentAfter"/>).</summary>
    public Tsn Oldest { get; set; }

    /// <summary>Of these, the one that was sent last.</summary>
    public Tsn Newest { get; set; }

    /// <summary>What deliveries here say about time; null before there was one that was looked at.</summary>
    public RackDetector? Rack { get; set; }

    /// <summary>Whether the last SACK has settled rule R3 for this path, which the first chunk that it acknowledged there does.</summary>
    public bool IsEarliestSeen { get; set; }

    /// <summary>What the last accepted SACK did here.</summary>
    public ref PathAck LastAck => ref _lastAck;

    /// <summary>A SACK is about to be processed.</summary>
    public void BeginSack()
    {
        _lastAck = new PathAck { FlightBefore = InFlight, TimedSince = Instant.Never };
        IsEarliestSeen = false;
        Rate?.Begin();
    }

    public void Take(int wireLength)
    {
        InFlight += wireLength;
        TotalSent += wireLength;
        Chunks++;
    }

    /// <summary>All that was ever sent here, up to a chunk, in bytes.</summary>
    public long SentUpTo(in OutstandingChunk chunk) => TotalSent - (uint)((uint)TotalSent - chunk.SentUpTo);

    /// <summary>What is sent from now on takes another way.</summary>
    public void BeginAnew()
    {
        Rate = Rate is null ? null : new DeliveryRate();
        Rack = null;
        StopTiming();
    }

    /// <summary>A chunk is newly acknowledged.</summary>
    public void OnDelivered(Instant now, in OutstandingChunk chunk)
    {
        if (chunk.TookAnotherWay)
        {
            return;
        }

        long sent = SentUpTo(chunk);
        _lastAck.Acknowledged += chunk.WireLength;
        _lastAck.NewestSent = Math.Max(_lastAck.NewestSent, sent);
        if (chunk.IsUnmeasured)
        {
            return;                                          // it was delivered before, nobody knows when
        }

        if (chunk.Transmissions == 1)
        {
            _lastAck.NewestSentAt = Instant.Max(_lastAck.NewestSentAt, chunk.SentAt);
        }

        Rate?.OnDelivered(now, chunk, sent);
    }

    /// <summary>A chunk that was in flight is lost.</summary>
    public void OnLost(in OutstandingChunk chunk)
    {
        if (chunk.TookAnotherWay)
        {
            return;
        }

        _lastAck.HasLoss = true;
        _lastAck.Lost += chunk.WireLength;
        Rate?.OnLost(chunk, SentUpTo(chunk));
    }

    public void Release(int wireLength)
    {
        InFlight -= wireLength;
        Chunks--;
        Rate?.OnFlightEnded();
        Invariant.Check(InFlight >= 0, "more was acknowledged than was in flight");
    }

    /// <summary>Measures the round trip of this chunk, unless another one is being measured.</summary>
    public void StartTiming(Instant now, Tsn tsn)
    {
        if (_timedSince.IsNever)
        {
            _timedTsn = tsn;
            _timedSince = now;
        }
    }

    /// <summary>Ends the measurement, if it is this chunk's.</summary>
    public bool TryStopTiming(Tsn tsn, out Instant since)
    {
        since = _timedSince;
        if (since.IsNever || _timedTsn != tsn)
        {
            return false;
        }

        _timedSince = Instant.Never;
        return true;
    }

    /// <summary>Gives the measurement up when a TSN not after its own is retransmitted.</summary>
    public void StopTimingFrom(Tsn retransmitted)
    {
        if (!_timedSince.IsNever && retransmitted <= _timedTsn)
        {
            _timedSince = Instant.Never;
        }
    }

    public void StopTiming() => _timedSince = Instant.Never;

    public void Clear()
    {
        InFlight = 0;
        Chunks = 0;
        _timedSince = Instant.Never;
    }
}
