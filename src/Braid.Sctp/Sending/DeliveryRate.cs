using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// How fast one path delivers (draft-ietf-ccwg-bbr §4.1): from how much was acknowledged between the sending of a chunk and its
/// acknowledgement. What the draft keeps with each packet is the same for all that leave between two acknowledgements, so it is kept
/// once for them: a chunk knows the number of its record only. Owns these records, C.delivered, C.lost and C.app_limited.
/// </summary>
internal sealed class DeliveryRate
{
    private Record[] _records = new Record[1];               // a ring; its length is a power of two, and small where little is sent
    private uint _next = 1;                                  // the number of the record that would be made next
    private uint _oldest = 1;                                // the oldest one that may still be asked for
    private bool _isStale = true;                            // something has changed since the last one was made
    private long _delivered;                                 // C.delivered
    private long _lost;                                      // C.lost
    private long _limitedUntil;                              // C.app_limited: what must be delivered before it is over; 0 for not
    private Instant _deliveredAt;                            // C.delivered_time
    private Instant _firstSentAt;                            // C.first_send_time
    private TimeSpan _minimum = TimeSpan.MaxValue;           // C.min_rtt
    private Newest _newest;

    /// <inheritdoc cref="ICongestionControl.LossTolerance"/>
    public double LossTolerance { get; set; } = 1;

    /// <summary>What was in flight when the chunk was sent with whose loss losses became too many; 0 when they did not since <see cref="Begin"/>.</summary>
    public long ExcessiveFlight { get; private set; }

    /// <summary>Whether that chunk was sent while the application had too little to send.</summary>
    public bool IsExcessLimited { get; private set; }

    /// <summary>Whether the application has too little to send, or has had in the last round trip.</summary>
    public bool IsApplicationLimited => _limitedUntil != 0;

    /// <summary>A SACK, or a timer, is about to be dealt with.</summary>
    public void Begin()
    {
        _newest = default;
        (ExcessiveFlight, IsExcessLimited) = (0, false);
    }

    /// <summary>A chunk is sent (§4.1.2.2).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="flight">What is in flight before it.</param>
    /// <param name="totalSent">All that was ever sent before it.</param>
    /// <param name="oldest">The record of what is in flight for the longest time; 0 for none.</param>
    /// <returns>The number of its record, which is not 0.</returns>
    public uint OnSent(Instant now, long flight, long totalSent, uint oldest)
    {
        if (flight == 0 || _next == 1)
        {
            (_firstSentAt, _deliveredAt, _oldest, _isStale) = (now, now, _next, true);
        }
        else if (oldest != 0)
        {
            _oldest = oldest;
        }

        if (_isStale)
        {
            if (_next - _oldest >= (uint)_records.Length)
            {
                Grow();
            }

            At(_next++) = new Record(_delivered, _lost, _deliveredAt, _firstSentAt, flight, totalSent, IsApplicationLimited);
            _isStale = false;
        }

        return _next - 1;
    }

    /// <summary>Something in flight is not any more: what is sent from now on has another record.</summary>
    public void OnFlightEnded() => _isStale = true;

    /// <summary>A chunk was delivered (§4.1.2.3).</summary>
    /// <param name="now">When its SACK came.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="sent">All that was ever sent up to it.</param>
    public void OnDelivered(Instant now, in OutstandingChunk chunk, long sent)
    {
        _delivered += chunk.WireLength;
        _deliveredAt = now;
        _isStale = true;
        if (sent > _newest.Sent && IsKnown(chunk.Record))
        {
            ref Record record = ref At(chunk.Record);
            _newest = new Newest(record, sent, chunk.SentAt - record.FirstSentAt, now - record.DeliveredAt);
            _firstSentAt = chunk.SentAt;
        }
    }

    /// <summary>A chunk was found to be lost (§5.5.10.2).</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="sent">All that was ever sent up to it.</param>
    public void OnLost(in OutstandingChunk chunk, long sent)
    {
        _lost += chunk.WireLength;
        _isStale = true;
        if (ExcessiveFlight != 0 || !IsKnown(chunk.Record))
        {
            return;
        }

        // lost / inflight >= tolerance: how much of this chunk would just have been too much?
        ref Record record = ref At(chunk.Record);
        long flight = record.FlightAt(sent);
        long lost = _lost - record.Lost;
        if (lost <= flight * LossTolerance)
        {
            return;
        }

        long flightBefore = flight - chunk.WireLength;
        long lostBefore = lost - chunk.WireLength;
        double prefix = ((LossTolerance * flightBefore) - lostBefore) / (1 - LossTolerance);
        ExcessiveFlight = Math.Max(1, flightBefore + (long)prefix);
        IsExcessLimited = record.IsLimited;
    }

    /// <summary>The application has less to send than may be sent (§4.1.2.4), or the sender holds itself back.</summary>
    /// <param name="flight">What is in flight.</param>
    public void MarkApplicationLimited(long flight)
    {
        _limitedUntil = Math.Max(_delivered + flight, 1);
        _isStale = true;
    }

    /// <summary>The SACK is dealt with: what it says of the rate.</summary>
    /// <param name="roundTrip">The round trip that was measured with it; zero for none.</param>
    public RateSample Sample(TimeSpan roundTrip)
    {
        if (roundTrip > TimeSpan.Zero && roundTrip < _minimum)
        {
            _minimum = roundTrip;
        }

        if (_limitedUntil != 0 && _delivered > _limitedUntil)
        {
            (_limitedUntil, _isStale) = (0, true);           // the bubble has left the pipe
        }

        if (_newest.Sent == 0)
        {
            return default;
        }

        TimeSpan interval = _newest.SendElapsed > _newest.AckElapsed ? _newest.SendElapsed : _newest.AckElapsed;
        long delivered = _delivered - _newest.Record.Delivered;

        // Faster than any round trip ever was: it answers the copy before.
        bool isReliable = interval > TimeSpan.Zero && interval >= _minimum;
        return new RateSample
        {
            BytesPerSecond = isReliable ? delivered / interval.TotalSeconds : 0,
            Delivered = delivered,
            Lost = _lost - _newest.Record.Lost,
            FlightAtSend = _newest.Record.FlightAt(_newest.Sent),
            IsApplicationLimited = _newest.Record.IsLimited,
        };
    }

    private bool IsKnown(uint number) => _next - number - 1 < _next - _oldest;

    private ref Record At(uint number) => ref _records[number & (_records.Length - 1)];

    private void Grow()
    {
        var larger = new Record[_records.Length * 2];
        for (uint number = _oldest; number != _next; number++)
        {
            larger[number & (larger.Length - 1)] = At(number);
        }

        _records = larger;
    }

    /// <summary>What P.delivered and its like were for all that left at a time.</summary>
    private readonly record struct Record(
        long Delivered, long Lost, Instant DeliveredAt, Instant FirstSentAt, long Flight, long TotalSent, bool IsLimited)
    {
        /// <summary>P.tx_in_flight of the chunk up to which so much was sent.</summary>
        public long FlightAt(long sent) => Flight + (sent - TotalSent);
    }

    private readonly record struct Newest(Record Record, long Sent, TimeSpan SendElapsed, TimeSpan AckElapsed);
}
