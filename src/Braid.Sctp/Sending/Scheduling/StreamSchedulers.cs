using System;

namespace Braid.Sctp;

/// <summary>Makes what <see cref="StreamScheduler"/> names.</summary>
internal static class StreamSchedulers
{
    public static IStreamScheduler Create(StreamScheduler scheduler) => scheduler switch
    {
        StreamScheduler.RoundRobin => new RoundRobinScheduler(),
        StreamScheduler.FirstComeFirstServed => new FirstComeScheduler(),
        StreamScheduler.RoundRobinPerPacket => new PacketRoundRobinScheduler(),
        StreamScheduler.Priority => new PriorityScheduler(),
        StreamScheduler.FairCapacity => new FairCapacityScheduler(),
        StreamScheduler.WeightedFairQueueing => new WeightedFairScheduler(),
        _ => throw new ArgumentOutOfRangeException(nameof(scheduler), scheduler, "There is no such scheduler."),
    };
}
