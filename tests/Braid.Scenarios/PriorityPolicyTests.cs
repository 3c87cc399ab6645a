using System;
using System.Linq;
using Braid.Sctp;
using Braid.Simulation;
using static Braid.Scenarios.Unreliable;

namespace Braid.Scenarios;

/// <summary>A message is given up so that one that matters more has room in the send buffer (RFC 7496 §3.2).</summary>
public sealed class PriorityPolicyTests
{
    [Fact, Rfc(7496, "3.2")]
    public void A_full_buffer_gives_up_the_lowest_priority_for_a_higher_one()
    {
        Pair pair = Stalled(out _);
        Assert.Equal(SendStatus.QueueFull, pair.A.Send(pair.Now, new byte[100], new SendOptions(5, Reliability: Reliability.Priority(9))));
        Assert.Equal(SendStatus.Ok, pair.A.CanSend(100, new SendOptions(5, Reliability: Reliability.Priority(8))));
        Assert.Equal(default, pair.A.GetAbandoned());
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[100], new SendOptions(5, Reliability: Reliability.Priority(0))));
        Assert.Equal([9], Failed(pair).Select(Priority));
        Assert.Equal(new AbandonedMessages(1, 0), pair.A.GetAbandoned(ReliabilityPolicy.Priority, 3));
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[100], new SendOptions(5, Reliability: Once)));
        Assert.Empty(Failed(pair));                          // there was still room
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[100], new SendOptions(5, Reliability: Once)));
        Assert.Equal([7], Failed(pair).Select(Priority));
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[100], new SendOptions(5)));
        Assert.Equal([0], Failed(pair).Select(Priority));
        Assert.Equal(SendStatus.QueueFull, pair.A.Send(pair.Now, new byte[100], new SendOptions(5)));
        Assert.Equal(SendStatus.QueueFull, pair.A.CanSend(100, new SendOptions(5)));
        Finish(pair);
        Assert.Equal(AssociationState.Established, pair.A.State);

        static long Priority(AssociationEvent.SendFailed failed)
        {
            failed.Payload.Dispose();
            return failed.Options.Reliability.Value;
        }
    }

    [Fact, Rfc(7496, "3.2"), Rfc(3758, "3.5")]
    public void What_is_on_its_way_makes_room_too()
    {
        Pair pair = new Pair(Quiet with { SendBufferSize = 2000 }).Established();
        pair.A.Send(pair.Now, new byte[1000], new SendOptions(3, Reliability: Reliability.Priority(5)));
        pair.A.Send(pair.Now, new byte[1000], new SendOptions(3, Reliability: Reliability.Priority(5)));
        pair.Arrow("A -> DATA x Z").Arrow("A -> DATA x Z");
        Send(pair, "urgent", new SendOptions(3));
        pair.Arrow("A -> FORWARD TSN, DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal((1000, "urgent"), (pair.Receive(pair.Z)!.Length, Text(pair)));
        Release(pair);
    }

    [Fact, Rfc(3758, "4.1")]
    public void A_full_buffer_gives_up_what_has_outlived_its_lifetime()
    {
        Pair pair = new Pair(Quiet with { SendBufferSize = 6000 }).Established();
        pair.A.Send(pair.Now, new byte[5600], default);
        pair.DropPending();
        Send(pair, new string('x', 200), new SendOptions(3, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(5))));
        Assert.Equal(SendStatus.QueueFull, pair.A.Send(pair.Now, new byte[100], default));
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now + TimeSpan.FromMilliseconds(6), new byte[100], default));
        Assert.Equal(new AbandonedMessages(1, 0), pair.A.GetAbandoned());
        Release(pair);
    }

    /// <summary>A pair whose send buffer is full: of stream 3, priorities 7 and 9 wait behind 8,000 bytes on stream 4.</summary>
    private static Pair Stalled(out long buffered)
    {
        Pair pair = new Pair(Quiet with { SendBufferSize = 9000 }).Established();
        pair.A.Send(pair.Now, new byte[8000], new SendOptions(4));
        pair.DropPending();
        pair.A.Send(pair.Now, new byte[100], new SendOptions(3, Reliability: Reliability.Priority(7)));
        pair.A.Send(pair.Now, new byte[300], new SendOptions(3, Reliability: Reliability.Priority(9)));
        buffered = pair.A.BufferedCharge;
        return pair;
    }
}
