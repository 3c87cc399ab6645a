using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What became of a message (<see cref="SendOptions.Receipt"/>).</summary>
public sealed class ReceiptTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, HeartbeatInterval = TimeSpan.Zero };

    [Fact]
    public void A_message_is_delivered_when_all_of_it_is_cumulatively_acknowledged_and_the_delay_is_counted_from_the_call()
    {
        Pair pair = new Pair(s_quiet).Established();
        pair.A.Send(pair.Now, new byte[2000], new SendOptions(Receipt: 7));
        pair.Arrow("A -> DATA x Z");
        byte[] first = pair.LastPacket;
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Empty(Settled(pair));                         // a gap is no promise (RFC 9260 §6.2)
        pair.Advance(TimeSpan.FromMilliseconds(30)).InjectToZ(first).Arrow("A <- SACK <- Z");
        Assert.Equal([new AssociationEvent.SendSettled(7, SendOutcome.Delivered, TimeSpan.FromMilliseconds(30))], Settled(pair));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_message_that_is_given_up_is_expired_whether_it_was_sent_or_not(bool isSent)
    {
        Pair pair = new Pair(s_quiet).Established();
        if (!isSent)
        {
            pair.A.Send(pair.Now, new byte[100_000], default);       // the window is full
        }

        pair.A.Send(pair.Now, "late"u8, new SendOptions(Receipt: 7, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(100))));
        pair.Advance(TimeSpan.FromMilliseconds(1)).DropPending();
        pair.AdvanceToNextTimeout();
        AssociationEvent.SendSettled settled = Assert.Single(Settled(pair));
        Assert.Equal((7ul, SendOutcome.Expired), (settled.Receipt, settled.Outcome));
        Assert.True(settled.Delay > TimeSpan.FromMilliseconds(100));
        pair.Exchange();
        Assert.Empty(Settled(pair));
    }

    [Fact]
    public void Of_what_was_neither_acknowledged_nor_given_up_when_the_association_ends_nothing_is_known()
    {
        Pair pair = new Pair(s_quiet).Established();
        pair.A.Send(pair.Now, new byte[100_000], new SendOptions(Receipt: 1));
        pair.A.Send(pair.Now, "waiting"u8, new SendOptions(Receipt: 2));
        pair.A.Send(pair.Now, "nobody asks"u8, default);
        pair.A.Abort(pair.Now);
        Assert.Equal([(1ul, SendOutcome.Unknown), (2, SendOutcome.Unknown)], Settled(pair).Select(settled => (settled.Receipt, settled.Outcome)));
    }

    private static List<AssociationEvent.SendSettled> Settled(Pair pair)
    {
        var settled = new List<AssociationEvent.SendSettled>();
        while (pair.A.TryGetEvent(out AssociationEvent? next))
        {
            settled.AddRange(next is AssociationEvent.SendSettled found ? [found] : []);
        }

        return settled;
    }
}
