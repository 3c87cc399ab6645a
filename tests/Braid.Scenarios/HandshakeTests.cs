using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

public sealed class HandshakeTests
{
    [Fact, Rfc(9260, "5.1")]
    public void Four_packets_set_up_an_association()
    {
        Pair pair = new Pair().Connect();
        Assert.Equal(AssociationState.CookieWait, pair.A.State);
        pair.Arrow("A -> INIT -> Z");
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal(AssociationState.CookieEchoed, pair.A.State);
        pair.Arrow("A -> COOKIE ECHO -> Z");
        Assert.Equal(AssociationState.Established, pair.Z.State);
        pair.Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(AssociationState.Established, pair.A.State);
        pair.NothingPending();
        Assert.True(pair.A.TryGetEvent(out AssociationEvent? up) && up is AssociationEvent.Established);
    }

    [Fact, Rfc(9260, "5.1.1")]
    public void Each_side_gets_the_streams_that_it_wants_and_the_other_allows()
    {
        Pair pair = new Pair(
            AssociationOptions.Rfc9260 with { OutgoingStreams = 5, IncomingStreams = 20 },
            optionsOfZ: AssociationOptions.Rfc9260 with { OutgoingStreams = 30, IncomingStreams = 3 }).Established();
        Assert.Equal((3, 20), (pair.A.OutgoingStreams, pair.A.IncomingStreams));
        Assert.Equal((20, 3), (pair.Z.OutgoingStreams, pair.Z.IncomingStreams));
        Assert.Equal(SendStatus.InvalidStream, pair.A.Send(pair.Now, [1], new SendOptions(3)));
    }

    [Fact, Rfc(9260, "5.1.6")]
    public void A_lost_INIT_is_sent_again_by_T1_init_and_says_the_same()
    {
        Pair pair = new Pair().Connect();
        pair.Arrow("A -> INIT x Z");
        byte[] first = pair.LastPacket;
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> INIT x Z");
        Assert.Equal(first, pair.LastPacket);
        Assert.Equal(TimeSpan.FromSeconds(2), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
    }

    [Fact, Rfc(9260, "5.1.6")]
    public void A_lost_INIT_ACK_costs_one_timeout_and_either_cookie_is_good()
    {
        Pair pair = new Pair().Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A x INIT ACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(1, pair.EndpointZ.AssociationCount);
    }

    [Fact, Rfc(9260, "5.1.6"), Rfc(9260, "5.2.4")]
    public void A_lost_COOKIE_ACK_is_recovered_by_T1_cookie()
    {
        Pair pair = new Pair().Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A x COOKIE ACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(1, pair.EndpointZ.AssociationCount);
        pair.NothingPending();
    }

    [Fact, Rfc(9260, "5.1.6")]
    public void Nobody_there_is_given_up_after_Max_Init_Retransmits()
    {
        Pair pair = new Pair(AssociationOptions.Rfc9260 with { MaximumInitRetransmissions = 3, RtoMaximum = TimeSpan.FromSeconds(3) }).Connect();
        foreach (int seconds in new[] { 1, 2, 3, 3 })
        {
            pair.Arrow("A -> INIT x Z");
            Assert.Equal(TimeSpan.FromSeconds(seconds), pair.AdvanceToNextTimeout());
        }

        pair.NothingPending();
        Assert.Equal(AssociationState.Closed, pair.A.State);
        Assert.True(pair.A.TryGetEvent(out AssociationEvent? ended));
        Assert.Equal(new AssociationEvent.Closed(CloseReason.SetupTimedOut, Attempts: 4), ended);
        Assert.Equal(0, pair.EndpointA.AssociationCount);
    }

    [Fact, Rfc(9260, "5.1")]
    public void Data_goes_along_with_COOKIE_ECHO_and_is_acknowledged_with_COOKIE_ACK()
    {
        Pair pair = new Pair().Connect();
        pair.A.Send(pair.Now, "early"u8, default);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO, DATA -> Z").Arrow("A <- COOKIE ACK, SACK <- Z");
        Assert.Equal("early"u8.ToArray(), pair.Receive(pair.Z));
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(9260, "5.1")]
    public void Data_that_was_lost_with_COOKIE_ECHO_goes_along_again_and_nothing_else_is_sent_before()
    {
        Pair pair = new Pair().Connect();
        pair.A.Send(pair.Now, "early"u8, default);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO, DATA x Z");
        pair.A.Send(pair.Now, "later"u8, default);
        pair.NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> COOKIE ECHO, DATA, DATA -> Z").Arrow("A <- COOKIE ACK, SACK <- Z");
        Assert.Equal("early"u8.ToArray(), pair.Receive(pair.Z));
        Assert.Equal("later"u8.ToArray(), pair.Receive(pair.Z));
    }

    [Fact, Rfc(9260, "5.1.3"), Rfc(9260, "5.1.5")]
    public void Nothing_is_kept_of_a_peer_before_a_valid_COOKIE_ECHO()
    {
        var pair = new Pair();
        for (uint i = 1; i <= 10_000; i++)
        {
            pair.InjectToZ(Packets.Init(i));
            pair.Arrow("A x INIT ACK <- Z");
        }

        Assert.Equal(0, pair.EndpointZ.AssociationCount);
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
        Assert.Equal(Instant.Never, pair.EndpointZ.NextTimeout);
    }

    [Fact, Rfc(9260, "5.1.5")]
    public void A_cookie_that_was_touched_is_discarded_silently()
    {
        Pair pair = new Pair().Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO x Z");
        byte[] echo = pair.LastPacket;
        int end = PacketHeader.Length + ((echo[14] << 8) | echo[15]);
        for (int i = PacketHeader.Length + 4; i < end; i++)
        {
            byte[] forged = echo.ToArray();
            forged[i] ^= 1;
            pair.InjectToZ(Packets.WithChecksum(forged)).NothingPending();
        }

        Assert.Equal(0, pair.EndpointZ.AssociationCount);
        Assert.Equal(end - PacketHeader.Length - 4, pair.EndpointZ.Drops[DropReason.BadCookie]);
        pair.InjectToZ(echo).Arrow("A <- COOKIE ACK <- Z");
    }

    [Fact, Rfc(9260, "5.1.5"), Rfc(9260, "5.2.6")]
    public void A_cookie_that_is_too_old_is_answered_with_ERROR_and_a_new_one_is_asked_for()
    {
        Pair pair = new Pair(AssociationOptions.Rfc9260 with { RtoInitial = TimeSpan.FromSeconds(60) }).Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO x Z");
        byte[] echo = pair.LastPacket;
        pair.Advance(TimeSpan.FromSeconds(60.5));
        pair.Arrow("A -> COOKIE ECHO -> Z");
        Assert.Equal(echo, pair.LastPacket);
        pair.Arrow("A <- ERROR <- Z");
        Assert.Equal(AssociationState.CookieWait, pair.A.State);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
    }

    [Fact, Rfc(9260, "5.2.1"), Rfc(9260, "5.2.4")]
    public void Two_INITs_that_cross_become_one_association()
    {
        Pair pair = new Pair().Connect();
        Association z = pair.EndpointZ.Connect(pair.Now, Pair.PortA, new NetworkPath(Pair.FromZ.Remote, Pair.FromA.Remote));
        pair.Exchange();
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(AssociationState.Established, z.State);
        Assert.Equal((1, 1), (pair.EndpointA.AssociationCount, pair.EndpointZ.AssociationCount));
        z.Send(pair.Now, "hello"u8, default);
        pair.Exchange();
        Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.A));
    }

    [Fact, Rfc(9260, "5.2.4.1")]
    public void A_peer_that_has_restarted_is_recognized_by_its_tie_tags()
    {
        Pair pair = new Pair().Established();
        Association z = pair.Z;
        var reborn = new Endpoint(new EndpointOptions { LocalPort = Pair.PortA }, new SeededRandom(99));
        Association a = reborn.Connect(pair.Now, Pair.PortZ, new NetworkPath(Pair.FromA.Remote, Pair.FromZ.Remote));
        var buffer = new byte[2000];
        for (int i = 0; i < 4; i++)
        {
            while (reborn.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                pair.EndpointZ.HandleDatagram(pair.Now, Pair.FromA, buffer.AsSpan(0, datagram.Length));
            }

            while (pair.EndpointZ.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                reborn.HandleDatagram(pair.Now, Pair.FromZ, buffer.AsSpan(0, datagram.Length));
            }
        }

        Assert.Equal(AssociationState.Established, a.State);
        Assert.Equal(AssociationState.Established, z.State);
        Assert.Equal(1, pair.EndpointZ.AssociationCount);
        Assert.True(z.TryGetEvent(out AssociationEvent? up) && up is AssociationEvent.Established);
        Assert.True(z.TryGetEvent(out AssociationEvent? restarted) && restarted is AssociationEvent.Restarted);
    }

    [Theory, Rfc(9260, "3.3.2")]
    [InlineData(0u, 1, 1, 5000u, null)]
    [InlineData(9u, 0, 1, 5000u, "ABORT")]
    [InlineData(9u, 1, 0, 5000u, "ABORT")]
    [InlineData(9u, 1, 1, 1499u, "ABORT")]
    [InlineData(9u, 1, 1, 1500u, "INIT ACK")]
    public void Values_that_an_INIT_must_not_have(uint tag, int outgoing, int incoming, uint window, string? answer)
    {
        var pair = new Pair();
        pair.InjectToZ(Packets.Init(tag, (ushort)outgoing, (ushort)incoming, window));
        if (answer is null)
        {
            pair.NothingPending();
        }
        else
        {
            pair.Arrow($"A x {answer} <- Z");
            Assert.True(PacketHeader.TryRead(pair.LastPacket, out PacketHeader header));
            Assert.Equal(tag, header.Tag.Value);
        }
    }
}
