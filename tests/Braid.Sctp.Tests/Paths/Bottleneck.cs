using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

/// <summary>
/// A congestion control with its pacer and its delivery rate over one bottleneck: each packet waits in a queue, is sent, and is
/// acknowledged a round trip later. What is lost is found out with the next acknowledgement.
/// </summary>
internal sealed class Bottleneck(ICongestionControl control, double bytesPerSecond, TimeSpan roundTrip, long queue = long.MaxValue)
{
    private const int Payload = 1200;

    private readonly DeliveryRate _rate = new();
    private readonly Queue<(Instant Due, OutstandingChunk Chunk, long Sent, bool IsLost)> _onTheWay = new();
    private Pacer _pacer;
    private Instant _free;
    private long _flight;
    private long _totalSent;
    private TimeSpan _smoothed;

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>Bytes of a chunk on the wire.</summary>
    public static int Chunk => new OutstandingChunk { Length = Payload }.WireLength;

    public long Delivered { get; private set; }

    public long Lost { get; private set; }

    /// <summary>The longest that a packet has waited in the queue.</summary>
    public TimeSpan LongestWait { get; set; }

    /// <summary>Loses the packet with that number.</summary>
    public Func<long, bool>? Loses { get; set; }

    /// <summary>Whether the application has something to send.</summary>
    public bool IsBusy { get; set; } = true;

    /// <summary>Called after each acknowledgement.</summary>
    public Action? Observer { get; set; }

    /// <summary>Lets time pass, with all that happens in it.</summary>
    public void Run(TimeSpan time)
    {
        Instant end = Now + time;
        while (true)
        {
            while (IsBusy && _flight < control.Window && _pacer.MayLeave(Now, control.PacingRate))
            {
                Send();
            }

            if (!IsBusy)
            {
                _rate.MarkApplicationLimited(_flight);
            }

            Instant next = _onTheWay.TryPeek(out (Instant Due, OutstandingChunk, long, bool) first) ? first.Due : Instant.Never;
            next = IsBusy && _flight < control.Window ? Instant.Min(next, Instant.Max(_pacer.DueAt(control.PacingRate), Now)) : next;
            if (next > end)
            {
                Now = end;
                return;
            }

            Now = next;
            while (_onTheWay.TryPeek(out first) && first.Due <= Now)
            {
                Arrive();
            }
        }
    }

    private void Send()
    {
        if (_flight == 0)
        {
            control.OnRestart(new RestartSample(Now, TimeSpan.Zero, TimeSpan.FromSeconds(1), _rate.IsApplicationLimited));
        }

        var chunk = new OutstandingChunk { Length = Payload, SentAt = Now, Transmissions = 1 };
        uint oldest = _onTheWay.TryPeek(out (Instant, OutstandingChunk Chunk, long, bool) first) ? first.Chunk.Record : 0;
        chunk.Record = _rate.OnSent(Now, _flight, _totalSent, oldest);
        _flight += Chunk;
        _totalSent += Chunk;
        _pacer.OnSent(Now, Chunk, control.PacingRate, Pacer.Burst(control.PacingRate, _smoothed, Chunk));
        Instant start = Instant.Max(Now, _free);
        TimeSpan wait = start - Now;
        LongestWait = wait > LongestWait ? wait : LongestWait;
        bool isLost = wait.TotalSeconds * bytesPerSecond > queue || Loses?.Invoke(_totalSent / Chunk) == true;
        Instant departure = isLost ? start : start + TimeSpan.FromSeconds(Chunk / bytesPerSecond);
        _free = departure;
        _onTheWay.Enqueue((departure + roundTrip, chunk, _totalSent, isLost));
    }

    private void Arrive()
    {
        _rate.Begin();
        long lost = 0;
        long before = _flight;
        while (_onTheWay.Peek().IsLost)
        {
            (_, OutstandingChunk gone, long sentUpTo, _) = _onTheWay.Dequeue();
            _rate.OnLost(gone, sentUpTo);
            End();
            lost += Chunk;
            if (_onTheWay.Count == 0)
            {
                return;
            }
        }

        (_, OutstandingChunk chunk, long sent, _) = _onTheWay.Dequeue();
        _rate.OnDelivered(Now, chunk, sent);
        End();
        Delivered += Chunk;
        Lost += lost;
        TimeSpan measured = Now - chunk.SentAt;
        _smoothed = _smoothed == TimeSpan.Zero ? measured : ((7 * _smoothed) + measured) / 8;
        if (lost > 0)
        {
            control.OnLost(new LossSample { Now = Now, Lost = lost, TotalSent = _totalSent, ExcessiveFlight = _rate.ExcessiveFlight, IsApplicationLimited = _rate.IsExcessLimited });
        }

        control.OnAcknowledged(new AckSample
        {
            Now = Now,
            Acknowledged = Chunk,
            FlightBefore = before,
            FlightAfter = _flight,
            IsWindowLimited = before >= control.Window,
            RoundTrip = measured,
            SmoothedRtt = _smoothed,
            NewestSent = sent,
            TotalSent = _totalSent,
            Rate = _rate.Sample(measured),
        });
        _rate.LossTolerance = control.LossTolerance;
        if (control.IsHoldingBack)
        {
            _rate.MarkApplicationLimited(_flight);
        }

        Observer?.Invoke();
    }

    private void End()
    {
        _flight -= Chunk;
        _rate.OnFlightEnded();
    }
}
