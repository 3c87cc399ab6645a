using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Sending;

/// <summary>The delivery rate of draft-ietf-ccwg-bbr-06 §4.1, by hand.</summary>
public sealed class DeliveryRateTests
{
    private readonly DeliveryRate _rate = new();
    private long _flight;
    private long _total;
    private uint _oldest;

    [Fact]
    public void It_is_what_was_delivered_since_a_chunk_was_sent_over_the_longer_of_two_times()
    {
        // Ten chunks at once, acknowledged one by one from 100 ms on, one each millisecond.
        OutstandingChunk[] chunks = new OutstandingChunk[10];
        for (int i = 0; i < 10; i++)
        {
            chunks[i] = Send(At(0));
        }

        long first = Deliver(At(100), chunks[0], 1);
        RateSample sample = _rate.Sample(TimeSpan.FromMilliseconds(100));
        Assert.Equal((first, 10 * first, false), (sample.Delivered, SentInFlight(chunks[9]), sample.IsApplicationLimited));
        Assert.Equal(first / 0.1, sample.BytesPerSecond, 3);
        OutstandingChunk next = Send(At(100));               // the acknowledgement lets another one leave
        for (int i = 1; i < 10; i++)
        {
            Deliver(At(100 + i), chunks[i], i + 1);
            _rate.Sample(TimeSpan.FromMilliseconds(100 + i));
        }

        Deliver(At(200), next, 11);
        sample = _rate.Sample(TimeSpan.FromMilliseconds(100));
        Assert.Equal(10 * first, sample.Delivered);          // nine of before, and itself
        Assert.Equal(10 * first / 0.1, sample.BytesPerSecond, 3);
    }

    [Fact]
    public void A_sample_of_an_application_that_had_too_little_to_send_says_so_until_the_bubble_is_through()
    {
        OutstandingChunk first = Send(At(0));
        _rate.MarkApplicationLimited(_flight);
        OutstandingChunk second = Send(At(50));
        Deliver(At(100), first, 1);
        Assert.False(_rate.Sample(TimeSpan.FromMilliseconds(100)).IsApplicationLimited);
        Deliver(At(150), second, 2);
        Assert.True(_rate.Sample(TimeSpan.FromMilliseconds(100)).IsApplicationLimited);
        OutstandingChunk third = Send(At(150));
        Assert.False(_rate.IsApplicationLimited);
        Deliver(At(250), third, 3);
        Assert.False(_rate.Sample(TimeSpan.FromMilliseconds(100)).IsApplicationLimited);
    }

    [Fact]
    public void Losses_beyond_what_is_tolerated_name_what_was_in_flight()
    {
        _rate.LossTolerance = 0.1;
        OutstandingChunk[] chunks = new OutstandingChunk[20];
        for (int i = 0; i < 20; i++)
        {
            chunks[i] = Send(At(0));
        }

        long size = chunks[0].WireLength;
        _rate.Begin();
        _rate.OnLost(chunks[18], 19 * size);
        Assert.Equal(0, _rate.ExcessiveFlight);              // 1 of 19
        _rate.OnLost(chunks[19], 20 * size);
        Assert.Equal(0, _rate.ExcessiveFlight);              // 2 of 20 is not more than a tenth
        _rate.OnLost(chunks[17], 18 * size);
        Assert.InRange(_rate.ExcessiveFlight, 16 * size, 18 * size);
    }

    [Fact]
    public void Records_are_kept_for_what_is_in_flight_and_no_more()
    {
        OutstandingChunk before = Send(At(0));
        int sent = 1;
        Run();
        Assert.Equal(0, Allocations.Of(Run));

        void Run()
        {
            for (int end = sent + 10_000; sent < end; sent++)
            {
                OutstandingChunk next = Send(At(sent));
                Deliver(At(sent), before, sent);
                (before, _oldest) = (next, next.Record);
            }
        }
    }

    private static Instant At(int milliseconds) => new((1000 + milliseconds) * TimeSpan.TicksPerMillisecond);

    private static long SentInFlight(in OutstandingChunk chunk) => 10 * chunk.WireLength;

    private OutstandingChunk Send(Instant now)
    {
        var chunk = new OutstandingChunk { Length = 984, SentAt = now, Transmissions = 1 };
        chunk.Record = _rate.OnSent(now, _flight, _total, _oldest);
        _flight += chunk.WireLength;
        _total += chunk.WireLength;
        return chunk;
    }

    private long Deliver(Instant now, in OutstandingChunk chunk, int number)
    {
        _rate.Begin();
        _rate.OnDelivered(now, chunk, (long)number * chunk.WireLength);
        _flight -= chunk.WireLength;
        _rate.OnFlightEnded();
        return chunk.WireLength;
    }
}
