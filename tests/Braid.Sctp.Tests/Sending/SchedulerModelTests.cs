using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Braid.Core;

namespace Braid.Sctp.Tests.Sending;

/// <summary>Each scheduler does what a list that is searched from one end to the other says.</summary>
public sealed class SchedulerModelTests
{
    private const int Streams = 12;

    [Theory]
    [InlineData(StreamScheduler.FirstComeFirstServed), Rfc(8260, "3.1")]
    [InlineData(StreamScheduler.RoundRobin), Rfc(8260, "3.2")]
    [InlineData(StreamScheduler.RoundRobinPerPacket), Rfc(8260, "3.3")]
    [InlineData(StreamScheduler.Priority), Rfc(8260, "3.4")]
    [InlineData(StreamScheduler.FairCapacity), Rfc(8260, "3.5")]
    [InlineData(StreamScheduler.WeightedFairQueueing), Rfc(8260, "3.6")]
    public void A_scheduler_agrees_with_its_model_over_200_seeds(StreamScheduler scheduler)
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            Check(scheduler, seed);
        }
    }

    [Fact, Rfc(8260, "3.6")]
    public void Ranks_may_wrap()
    {
        var heap = new StreamHeap();
        OutboundStream early = new(1);
        OutboundStream late = new(2);
        heap.Add(late, long.MinValue + 5);
        heap.Add(early, long.MaxValue - 5);
        Assert.Same(early, heap.First);
        heap.Move(early, unchecked(long.MaxValue + 20));
        Assert.Same(late, heap.First);
    }

    [Fact, Rfc(8260, "3.6")]
    public void A_turn_takes_no_more_steps_than_the_logarithm_of_10_000_streams_and_no_memory()
    {
        var scheduler = new WeightedFairScheduler();
        for (ushort i = 0; i < 10_000; i++)
        {
            scheduler.Activate(new OutboundStream(i) { SchedulerValue = (ushort)(i % 300) });
        }

        Turn(scheduler, 1000);
        Assert.Equal(0, Allocations.Of(() => Turn(scheduler, 200_000)));        // a search of all would be 2 000 000 000 steps
    }

    private static void Turn(WeightedFairScheduler scheduler, int times)
    {
        for (int i = 0; i < times; i++)
        {
            scheduler.OnTurn(scheduler.Peek()!, 1200, hasMore: true);
        }
    }

    private static void Check(StreamScheduler kind, ulong seed)
    {
        var random = new SeededRandom(seed);
        var buffers = new BufferPool();
        var messages = new OutboundMessagePool(Real.Context());
        IStreamScheduler scheduler = StreamSchedulers.Create(kind);
        var model = new Model(kind);
        OutboundStream[] streams = [.. Enumerable.Range(0, Streams).Select(i => new OutboundStream((ushort)i))];
        for (int step = 0; step < 400; step++)
        {
            OutboundStream stream = streams[random.NextInt32(Streams)];
            switch (random.NextInt32(8))
            {
                case <= 2:
                    stream.Add(messages.Rent(buffers.Rent(1 + random.NextInt32(3000)), default));
                    if (!stream.IsActive)
                    {
                        stream.IsActive = true;
                        scheduler.Activate(stream);
                        model.Activate(stream);
                    }

                    break;
                case <= 5 when scheduler.Peek() is { } next:
                    int bytes = random.NextInt32(2) == 0 ? next.First!.Length : 1 + random.NextInt32(1200);
                    if (random.NextInt32(2) == 0)
                    {
                        messages.Return(next.RemoveFirst());     // else a chunk of it that is not the last
                    }

                    next.IsActive = next.First is not null;
                    scheduler.OnTurn(next, bytes, next.IsActive);
                    model.OnTurn(next, bytes, next.IsActive);
                    break;
                case 6 when kind == StreamScheduler.RoundRobinPerPacket:
                    scheduler.EndPacket();
                    model.EndPacket();
                    scheduler.BeginPacket(scheduler.Peek());
                    model.BeginPacket();
                    break;
                case 7:
                    stream.SchedulerValue = (ushort)(random.NextInt32(4) * 100);
                    if (stream.IsActive)
                    {
                        scheduler.Remove(stream);
                        scheduler.Activate(stream);
                        model.Remove(stream);
                        model.Activate(stream);
                    }

                    break;
            }

            Assert.Equal(model.Peek()?.Id, scheduler.Peek()?.Id);
        }
    }

    /// <summary>A list in the order of the last turns, and all ranks as numbers that do not end.</summary>
    private sealed class Model(StreamScheduler kind)
    {
        private readonly List<OutboundStream> _active = [];
        private readonly Dictionary<OutboundStream, BigInteger> _used = [];
        private BigInteger _clock;
        private OutboundStream? _packet;
        private bool _isFilling;

        public void Activate(OutboundStream stream)
        {
            if (_active.Count == 0)
            {
                _clock = BigInteger.Max(_clock, _used.Values.DefaultIfEmpty().Max());
            }

            _used[stream] = BigInteger.Max(_clock, _used.GetValueOrDefault(stream));
            _active.Add(stream);
        }

        public void Remove(OutboundStream stream)
        {
            _active.Remove(stream);
            _packet = _packet == stream ? null : _packet;
        }

        public OutboundStream? Peek() => _isFilling ? _packet : _active.MinBy(Rank);   // of equals, the first

        public void OnTurn(OutboundStream stream, int bytes, bool hasMore)
        {
            int weight = kind == StreamScheduler.WeightedFairQueueing ? Math.Max(1, (int)stream.SchedulerValue) : 1;
            _clock = _used[stream];
            _used[stream] += (bytes * BigInteger.Pow(2, 16)) / weight;
            if (hasMore && _isFilling)
            {
                return;
            }

            Remove(stream);
            if (hasMore)
            {
                _active.Add(stream);
            }
        }

        public void BeginPacket()
        {
            _packet = Peek();
            _isFilling = true;
        }

        public void EndPacket()
        {
            _isFilling = false;
            if (_packet is { } last)
            {
                _active.Remove(last);
                _active.Add(last);
            }

            _packet = null;
        }

        private BigInteger Rank(OutboundStream stream) => kind switch
        {
            StreamScheduler.FirstComeFirstServed => stream.First!.Number,
            StreamScheduler.Priority => stream.SchedulerValue,
            StreamScheduler.FairCapacity or StreamScheduler.WeightedFairQueueing => _used[stream],
            _ => 0,
        };
    }
}
