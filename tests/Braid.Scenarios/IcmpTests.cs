using System;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What the network says of our packets (RFC 9260 §10), and what is believed of it.</summary>
public sealed class IcmpTests
{
    private const int Headers = 20 + 8;
    private const int QuotedByOldRouters = 8;                // RFC 792: ports and tag, and no more

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
    private static readonly AssociationOptions s_searching = s_quiet with { MaximumPathMtu = 9000 };

    [Fact, Rfc(9260, "10")]
    public void A_host_without_SCTP_refuses_the_association_at_once()
    {
        Pair pair = new Pair().Connect().Arrow("A -> INIT x Z");
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        AssociationEvent.Closed closed = Closed(pair);
        Assert.Equal((CloseReason.Refused, 0), (closed.Reason, closed.CauseCode));
        Assert.Equal("its host says that there is no SCTP"u8, closed.CauseInfo.Span);
        pair.NothingPending();
        Assert.True(pair.EndpointA.NextTimeout.IsNever);
    }

    [Fact, Rfc(9260, "10")]
    public void An_INIT_that_is_quoted_without_its_initiate_tag_or_with_another_one_proves_nothing()
    {
        Pair pair = new Pair().Connect().Arrow("A -> INIT x Z");
        byte[] init = pair.LastPacket;
        Say(pair, NetworkErrorKind.ProtocolUnreachable, init[..19]);
        init[16] ^= 1;
        Say(pair, NetworkErrorKind.ProtocolUnreachable, init[..20]);
        Assert.Equal(AssociationState.CookieWait, pair.A.State);
        Assert.Equal(2, pair.EndpointA.Drops[DropReason.UnverifiedNetworkError]);
    }

    [Fact, Rfc(9260, "10")]
    public void An_INIT_that_comes_back_after_it_was_answered_changes_nothing()
    {
        Pair pair = new Pair().Connect().Arrow("A -> INIT -> Z");
        byte[] init = pair.LastPacket;
        pair.Exchange();
        Say(pair, NetworkErrorKind.ProtocolUnreachable, init);
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(0, pair.EndpointA.Drops[DropReason.UnverifiedNetworkError]);
    }

    [Fact, Rfc(9260, "10")]
    public void A_host_that_has_lost_SCTP_ends_the_association_like_an_ABORT_with_the_T_bit_when_it_says_so_again()
    {
        Pair pair = Sent();
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket[..QuotedByOldRouters]);
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket[..QuotedByOldRouters]);
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA x Z");
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket[..QuotedByOldRouters]);
        Assert.Equal(CloseReason.AbortedByPeer, Closed(pair).Reason);
        pair.NothingPending();
    }

    // Linux answers for a raw socket whose buffer is full as it does for one that is not there.
    [Fact, Rfc(9260, "10")]
    public void A_host_without_SCTP_whose_packets_go_on_arriving_has_SCTP()
    {
        Pair pair = Sent();
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        SendFull(pair).Arrow("A -> DATA x Z");
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    // Full for a moment, twice, hours apart; and nothing was to be heard of the peer between.
    [Fact, Rfc(9260, "10")]
    public void A_doubt_that_is_old_counts_for_nothing()
    {
        Pair pair = Sent();
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        pair.Advance(TimeSpan.FromHours(1)).Arrow("A -> DATA x Z");
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        Assert.Equal(AssociationState.Established, pair.A.State);
        pair.Advance(TimeSpan.FromSeconds(2));
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
        Assert.Equal(CloseReason.AbortedByPeer, Closed(pair).Reason);
    }

    // Each name has addresses of both families, and not every peer listens on both.
    [Fact, Rfc(9260, "10")]
    public void A_peer_refuses_when_no_address_that_we_named_has_SCTP()
    {
        NetworkAddress second = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);
        Pair pair = new Pair().Connect([Pair.FromZ, new NetworkPath(Pair.FromZ.Local, second)]).Arrow("A -> INIT x Z");
        byte[] init = pair.LastPacket;
        Say(pair, NetworkErrorKind.ProtocolUnreachable, init);
        Say(pair, NetworkErrorKind.ProtocolUnreachable, init);
        pair.Arrow("A -> INIT x Z").NothingPending();
        Assert.Equal(second, pair.LastPath.Remote);
        pair.EndpointA.HandleNetworkError(pair.Now, new NetworkError(NetworkErrorKind.ProtocolUnreachable, second, 0), init);
        Assert.Equal(CloseReason.Refused, Closed(pair).Reason);
    }

    [Fact, Rfc(9260, "10"), Rfc(9260, "5.1.6")]
    public void Beside_an_address_without_SCTP_a_silent_one_is_asked_no_more_often_than_alone()
    {
        NetworkAddress second = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);
        Pair pair = new Pair().Connect([Pair.FromZ, new NetworkPath(Pair.FromZ.Local, second)]);
        for (int i = 0; i < 100 && pair.A.State == AssociationState.CookieWait; i++)
        {
            pair.Arrow("A -> INIT x Z");
            if (pair.LastPath.Remote == second)
            {
                pair.AdvanceToNextTimeout();
            }
            else
            {
                Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket);
            }
        }

        Assert.Equal(CloseReason.SetupTimedOut, Closed(pair).Reason);
    }

    [Theory, Rfc(9260, "10"), Rfc(8899, "4.6.1")]
    [InlineData(0)]                                          // our port
    [InlineData(2)]                                          // the peer's
    [InlineData(4)]                                          // the tag
    public void What_does_not_name_our_packet_is_not_believed(int wrong)
    {
        Pair pair = Sent();
        byte[] forged = pair.LastPacket;
        forged[wrong] ^= 1;
        Say(pair, NetworkErrorKind.ProtocolUnreachable, forged);
        Say(pair, NetworkErrorKind.PacketTooBig, forged, 1280);
        Say(pair, NetworkErrorKind.ProtocolUnreachable, pair.LastPacket[..7]);
        Say(pair, NetworkErrorKind.ProtocolUnreachable, []);
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(4, pair.EndpointA.Drops[DropReason.UnverifiedNetworkError]);
    }

    [Fact, Rfc(9260, "10")]
    public void What_names_another_destination_is_not_believed()
    {
        Pair pair = Sent();
        var error = new NetworkError(NetworkErrorKind.ProtocolUnreachable, Pair.FromA.Remote, 0);
        pair.EndpointA.HandleNetworkError(pair.Now, error, pair.LastPacket);
        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    [Fact, Rfc(9260, "10"), Rfc(8899, "4.6.2"), Rfc(8899, "6.2.1.4")]
    public void A_probe_that_is_too_big_is_followed_at_once_by_one_of_the_size_that_was_named()
    {
        Pair pair = Searching();
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD x Z");
        byte[] probe = pair.LastPacket;
        pair.Arrow("A <- SACK <- Z");
        Say(pair, NetworkErrorKind.PacketTooBig, probe, 1360);
        Assert.Equal(1280 - Headers, pair.A.GetPaths()[0].MaximumPacket);        // a hint, and no proof
        pair.Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1360 - Headers, pair.LastPacket.Length);
        pair.Arrow("A <- HEARTBEAT ACK <- Z");
        Assert.Equal(1360 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        pair.NothingPending();                               // what is larger is known not to get through
    }

    [Fact, Rfc(9260, "10"), Rfc(8899, "4.6.2")]
    public void A_path_that_has_become_narrower_falls_back_to_the_base_and_searches_from_there()
    {
        Pair pair = Searching();
        SendFull(pair).Exchange();
        Assert.Equal(9000 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        SendFull(pair).Arrow("A -> DATA x Z");
        byte[] lost = pair.LastPacket;
        Say(pair, NetworkErrorKind.PacketTooBig, lost, 1500);
        Say(pair, NetworkErrorKind.PacketTooBig, lost, 1500);                    // for each packet on its way there is one
        Assert.Equal(1280 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        pair.Arrow("A -> HEARTBEAT, PAD -> Z").Exchange();
        Assert.Equal(1500 - Headers, pair.A.GetPaths()[0].MaximumPacket);
    }

    [Theory, Rfc(8899, "4.6.2")]
    [InlineData(0)]                                          // an old router does not say
    [InlineData(67)]                                         // nothing is so narrow (RFC 791)
    [InlineData(1400)]                                       // the size of the probe, which is no less
    [InlineData(65535)]
    public void Sizes_that_make_no_sense_change_nothing(int mtu)
    {
        Pair pair = Searching();
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD x Z");
        byte[] probe = pair.LastPacket;
        pair.Arrow("A <- SACK <- Z");
        Say(pair, NetworkErrorKind.PacketTooBig, probe, mtu);
        pair.NothingPending();
        pair.Advance(TimeSpan.FromSeconds(1)).Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1400 - Headers, pair.LastPacket.Length);
    }

    [Fact, Rfc(8899, "4.6.2"), Rfc(8899, "5.4")]
    public void Below_the_base_packets_may_be_fragmented()
    {
        Pair pair = Sent();
        Say(pair, NetworkErrorKind.PacketTooBig, pair.LastPacket, 576);
        Assert.Equal(1280 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        Assert.True(SendsFragmentable(pair));
    }

    private static Pair Sent()
    {
        Pair pair = new Pair(s_quiet).Established();
        SendFull(pair).Arrow("A -> DATA x Z");
        return pair;
    }

    private static Pair Searching() => new Pair(s_searching, optionsOfZ: s_quiet).Established();

    private static Pair SendFull(Pair pair)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[pair.A.FragmentationPoint], default));
        return pair;
    }

    private static void Say(Pair pair, NetworkErrorKind kind, byte[] quoted, int mtu = 0) =>
        pair.EndpointA.HandleNetworkError(pair.Now, new NetworkError(kind, Pair.FromZ.Remote, mtu), quoted);

    private static bool SendsFragmentable(Pair pair)
    {
        SendFull(pair);
        bool isThere = pair.EndpointA.TryGetDatagram(pair.Now, new byte[2000], out OutgoingDatagram datagram);
        return isThere && datagram.MayBeFragmented;
    }

    private static AssociationEvent.Closed Closed(Pair pair)
    {
        Assert.Equal(AssociationState.Closed, pair.A.State);
        AssociationEvent? last = null;
        while (pair.A.TryGetEvent(out AssociationEvent? next))
        {
            last = next;
        }

        return Assert.IsType<AssociationEvent.Closed>(last);
    }
}
