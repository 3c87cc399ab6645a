using System;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

public sealed class TerminationTests
{
    [Theory, Rfc(9260, "9.2")]
    [InlineData(true)]
    [InlineData(false)]
    public void Three_packets_close_an_association_from_either_side(bool byA)
    {
        Pair pair = new Pair().Established();
        (byA ? pair.A : pair.Z).Shutdown(pair.Now);
        string[] arrows = byA
            ? ["A -> SHUTDOWN -> Z", "A <- SHUTDOWN ACK <- Z", "A -> SHUTDOWN COMPLETE -> Z"]
            : ["A <- SHUTDOWN <- Z", "A -> SHUTDOWN ACK -> Z", "A <- SHUTDOWN COMPLETE <- Z"];
        foreach (string arrow in arrows)
        {
            pair.Arrow(arrow);
        }

        AssertGone(pair);
    }

    [Fact, Rfc(9260, "9.2")]
    public void What_was_sent_is_delivered_first_and_nothing_new_is_accepted()
    {
        Pair pair = new Pair().Established();
        pair.A.Send(pair.Now, "last words"u8, default);
        pair.A.Shutdown(pair.Now);
        Assert.Equal(AssociationState.ShutdownPending, pair.A.State);
        Assert.Equal(SendStatus.ShuttingDown, pair.A.Send(pair.Now, [1], default));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Arrow("A -> SHUTDOWN -> Z");
        pair.Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE -> Z");
        Assert.Equal("last words"u8.ToArray(), pair.Receive(pair.Z));
        AssertGone(pair);
    }

    [Fact, Rfc(9260, "9.2")]
    public void The_side_that_is_asked_delivers_what_it_has_as_well()
    {
        Pair pair = new Pair().Established();
        pair.Z.Send(pair.Now, "wait"u8, default);
        pair.Arrow("A x DATA <- Z");
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN -> Z").NothingPending();
        Assert.Equal(AssociationState.ShutdownReceived, pair.Z.State);
        Assert.Equal(SendStatus.ShuttingDown, pair.Z.Send(pair.Now, [1], default));
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Assert.Equal("wait"u8.ToArray(), pair.Receive(pair.A));
        AssertGone(pair);
    }

    [Fact, Rfc(9260, "9.2")]
    public void Two_shutdowns_that_cross_close_once()
    {
        Pair pair = new Pair().Established();
        pair.A.Shutdown(pair.Now);
        pair.Z.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN -> Z").Arrow("A <- SHUTDOWN <- Z");
        Assert.Equal((AssociationState.ShutdownAckSent, AssociationState.ShutdownAckSent), (pair.A.State, pair.Z.State));
        pair.Exchange();
        AssertGone(pair);
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "8.4")]
    public void A_lost_SHUTDOWN_COMPLETE_is_answered_out_of_the_blue()
    {
        Pair pair = new Pair().Established();
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN -> Z").Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE x Z");
        Assert.Equal(0, pair.EndpointA.AssociationCount);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE -> Z");
        Assert.Equal(1, pair.LastPacket[13]);                // the T bit
        AssertGone(pair);
    }

    /// <summary>Found by the simulator, seed 157.</summary>
    [Fact, Rfc(9260, "9.2"), Rfc(9260, "8.4")]
    public void A_late_packet_that_is_answered_out_of_the_blue_does_not_spoil_a_graceful_shutdown()
    {
        Pair pair = new Pair().Established();
        pair.A.Send(pair.Now, "x"u8, default);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        byte[] late = pair.LastPacket;
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN -> Z").Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE x Z");
        while (pair.Z.TryGetEvent(out _))
        {
        }

        pair.InjectToA(late).Arrow("A -> ABORT -> Z");
        Assert.True(pair.Z.TryGetEvent(out AssociationEvent? ended));
        Assert.Equal(new AssociationEvent.Closed(CloseReason.Shutdown), ended);
    }

    [Fact, Rfc(9260, "9.2")]
    public void SHUTDOWN_is_given_up_after_Association_Max_Retrans()
    {
        Pair pair = new Pair(AssociationOptions.Rfc9260 with { MaximumRetransmissions = 2, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        pair.A.Shutdown(pair.Now);
        for (int i = 0; i < 3; i++)
        {
            pair.Arrow("A -> SHUTDOWN x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Closed, pair.A.State);
        pair.NothingPending();
    }

    [Fact, Rfc(9260, "9.2")]
    public void T5_bounds_the_whole_shutdown()
    {
        Pair pair = new Pair(AssociationOptions.Rfc9260 with { ShutdownGuard = TimeSpan.FromSeconds(3), HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> SHUTDOWN x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> ABORT -> Z");
        AssertGone(pair);
    }

    [Fact, Rfc(9260, "9.1"), Rfc(9260, "3.3.10.12")]
    public void An_abort_takes_one_packet_and_carries_the_reason()
    {
        Pair pair = new Pair().Established();
        while (pair.Z.TryGetEvent(out _))
        {
        }

        pair.A.Send(pair.Now, "never"u8, default);
        pair.A.Abort(pair.Now, "enough"u8);
        pair.Arrow("A -> ABORT -> Z").NothingPending();
        Assert.True(pair.Z.TryGetEvent(out AssociationEvent? ended));
        var closed = Assert.IsType<AssociationEvent.Closed>(ended);
        Assert.Equal((CloseReason.AbortedByPeer, (ushort)CauseCode.UserInitiatedAbort), (closed.Reason, closed.CauseCode));
        Assert.Equal("enough"u8.ToArray(), closed.CauseInfo.ToArray());
        AssertGone(pair);
    }

    [Fact, Rfc(9260, "8.5.1")]
    public void An_abort_counts_only_with_the_right_tag()
    {
        Pair pair = new Pair().Established();
        pair.A.Send(pair.Now, "x"u8, default);
        pair.Arrow("A -> DATA -> Z");
        VerificationTag tagOfZ = Packets.TagOf(pair.LastPacket);
        pair.Arrow("A <- SACK <- Z");
        VerificationTag tagOfA = Packets.TagOf(pair.LastPacket);
        pair.InjectToZ(Packets.ToZ(new VerificationTag(tagOfZ.Value ^ 1), (ref PacketWriter packet) => AbortChunk.Write(ref packet, false, default)));
        pair.InjectToZ(Packets.ToZ(tagOfA, (ref PacketWriter packet) => AbortChunk.Write(ref packet, false, default)));
        pair.InjectToZ(Packets.ToZ(tagOfZ, (ref PacketWriter packet) => AbortChunk.Write(ref packet, true, default)));
        Assert.Equal(AssociationState.Established, pair.Z.State);
        Assert.Equal(3, pair.EndpointZ.Drops[DropReason.BadVerificationTag]);

        // The T bit: a peer that has lost its state reflects the tag that we send to it.
        pair.InjectToZ(Packets.ToZ(tagOfA, (ref PacketWriter packet) => AbortChunk.Write(ref packet, true, default)));
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    private static void AssertGone(Pair pair)
    {
        pair.NothingPending();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
        Assert.Equal(0, pair.EndpointA.AssociationCount + pair.EndpointZ.AssociationCount);
        Assert.Equal(0, pair.EndpointA.Buffers.Rented + pair.EndpointZ.Buffers.Rented);
        Assert.True(pair.EndpointA.NextTimeout.IsNever && pair.EndpointZ.NextTimeout.IsNever);
    }
}
