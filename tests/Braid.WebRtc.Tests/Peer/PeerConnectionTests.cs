using System;
using System.Linq;
using Braid.Simulation;
using Braid.Sctp;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>From nothing to open channels, through everything that may be in the way.</summary>
public sealed class PeerConnectionTests
{
    public static TheoryData<NatKind, NatKind> Pairs
    {
        get
        {
            var pairs = new TheoryData<NatKind, NatKind>();
            foreach (NatKind a in Enum.GetValues<NatKind>())
            {
                foreach (NatKind z in Enum.GetValues<NatKind>())
                {
                    pairs.Add(a, z);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Two_peers_behind_any_two_nats_connect_and_take_a_relay_only_where_they_must(NatKind a, NatKind z)
    {
        var pair = new PeerPair(natA: a, natZ: z);
        pair.A.TurnServers.Add(pair.Turn);
        Channel channel = pair.Open();
        pair.Send(pair.A, channel, "hello");
        pair.Until(() => pair.Received.Count == 1);
        pair.Send(pair.Z, pair.Z.Open[0], "back");
        pair.Until(() => pair.Received.Count == 2);
        Assert.Equal([(pair.Z, "one", "hello", true), (pair.A, "one", "back", true)], pair.Received);
        Assert.True(pair.A.IsConnected && pair.Z.IsConnected, pair.Describe());

        bool mustRelay = (a == NatKind.Symmetric && z is NatKind.Symmetric or NatKind.PortRestricted)
            || (z == NatKind.Symmetric && a is NatKind.Symmetric or NatKind.PortRestricted);
        Assert.Equal(mustRelay, pair.A.Core.Agent.SelectedPair!.IsRelayed);
    }

    [Fact]
    public void The_states_come_in_the_order_of_the_W3C()
    {
        var pair = new PeerPair();
        pair.Open();
        Assert.Equal(
            [RTCPeerConnectionState.Connecting, RTCPeerConnectionState.Connected],
            pair.A.Events.OfType<PeerEvent.ConnectionStateChanged>().Select(one => one.State));
        Assert.Equal(
            [RTCIceGatheringState.Gathering, RTCIceGatheringState.Complete],
            pair.A.Events.OfType<PeerEvent.GatheringStateChanged>().Select(one => one.State));
        Assert.Equal(
            [SignalingState.HaveLocalOffer, SignalingState.Stable],
            pair.A.Events.OfType<PeerEvent.SignalingStateChanged>().Select(one => one.State));
        Assert.Equal(
            [SignalingState.HaveRemoteOffer, SignalingState.Stable],
            pair.Z.Events.OfType<PeerEvent.SignalingStateChanged>().Select(one => one.State));
        Assert.Equal(RTCIceConnectionState.Checking, pair.A.Events.OfType<PeerEvent.IceConnectionStateChanged>().First().State);
        Assert.Null(pair.A.Events.OfType<PeerEvent.CandidateFound>().Last().Candidate);
        Assert.Single(pair.A.Events.OfType<PeerEvent.NegotiationNeeded>());
        Assert.Empty(pair.Z.Events.OfType<PeerEvent.NegotiationNeeded>());
        Assert.True(pair.Z.Core.IsDtlsClient);               // who answers an actpass offer is active (RFC 9429 §5.3.1)
    }

    [Fact]
    public void What_WebRTC_asks_of_SCTP_is_negotiated()
    {
        var pair = new PeerPair();
        pair.Open();
        Association association = pair.A.Core.Association!;
        Assert.Equal(65535, association.OutgoingStreams);
        Assert.Equal(65535, association.IncomingStreams);
        Assert.Equal(
            Extensions.PartialReliability | Extensions.StreamReconfiguration | Extensions.Interleaving | Extensions.ZeroChecksum,
            association.Extensions);
        Assert.Equal(1, pair.A.Open[0].Id!.Value & 1);       // A is the DTLS server (RFC 8832 §6)

        // RFC 8831 §5: 1200 bytes of IPv4 at first, with UDP and the records of DTLS.
        int packet = association.GetPaths()[0].MaximumPacket;
        Assert.InRange(20 + 8 + packet + pair.A.Core.Session!.Overhead, 1190, 1200);
    }

    [Fact]
    public void Both_make_an_offer_at_once_and_the_polite_one_gives_way()
    {
        var pair = new PeerPair();
        Channel a = pair.A.Create(pair.World.Now, "of A");
        Channel z = pair.Z.Create(pair.World.Now, "of Z");
        pair.Until(() => pair.A.Open.Count == 2 && pair.Z.Open.Count == 2);
        Assert.NotEqual(a.Id & 1, z.Id & 1);
        Assert.Equal(SignalingState.Stable, pair.A.Core.Descriptions.Signaling);
    }

    [Fact]
    public void Candidates_may_stand_in_the_descriptions_alone()
    {
        var pair = new PeerPair();
        pair.A.Trickles = false;
        pair.Z.Trickles = false;
        PeerWorld world = pair.World;
        RTCError error = pair.A.Core.CreateChannel(world.Now, "one", null, out _);
        Assert.True(error.IsNone);
        pair.A.Other = null;
        Assert.True(pair.A.Core.SetLocalDescription(world.Now).IsNone);
        pair.Until(() => pair.A.Core.GatheringState == RTCIceGatheringState.Complete);
        string offer = pair.A.Core.Descriptions.Local!.Text;
        Assert.Contains("a=end-of-candidates", offer, StringComparison.Ordinal);
        Assert.True(pair.Z.Core.SetRemoteDescription(world.Now, SdpType.Offer, offer).IsNone);
        Assert.True(pair.Z.Core.SetLocalDescription(world.Now).IsNone);
        pair.Until(() => pair.Z.Core.GatheringState == RTCIceGatheringState.Complete);
        Assert.True(pair.A.Core.SetRemoteDescription(world.Now, SdpType.Answer, pair.Z.Core.Descriptions.Local!.Text).IsNone);
        pair.Until(() => pair.A.Open.Count == 1 && pair.Z.Open.Count == 1);
    }

    [Fact]
    public void A_relay_carries_everything_in_channel_data()
    {
        var pair = new PeerPair();
        pair.A.TurnServers.Add(pair.Turn);
        pair.A.IsRelayOnly = true;
        pair.A.StunServers.Clear();
        Channel channel = pair.Open();
        var load = new PeerLoad(pair.A, channel, pair.Z, 50, _ => 10_000);
        pair.A.Work = _ => load.Work(pair.World.Now);
        pair.Until(() => load.IsComplete);
        Assert.True(pair.A.Core.Agent.SelectedPair!.IsRelayed);
        Assert.True(pair.Turn.ChannelMessages > 400, $"{pair.Turn.ChannelMessages} in channels, {pair.Turn.Indications} in indications");
    }

    [Fact]
    public void Over_real_DTLS_it_is_the_same()
    {
        var pair = new PeerPair(change: PeerPair.WithDtls);
        Channel channel = pair.Open();
        var load = new PeerLoad(pair.A, channel, pair.Z, 100, number => 1 + (number * 700));
        pair.A.Work = _ => load.Work(pair.World.Now);
        pair.Until(() => load.IsComplete);
        pair.A.Core.Close(pair.World.Now);
        pair.Until(() => pair.Z.Open.Count == 0);
        Assert.Equal(RTCFailureReason.ClosedByPeer, pair.Z.Core.End.Reason);
        pair.A.Core.Dispose();
        pair.Z.Core.Dispose();
    }

    [Fact]
    public void A_flow_leaves_in_batches_of_equal_datagrams()
    {
        var pair = new PeerPair(link: new LinkModel { Delay = TimeSpan.FromMilliseconds(2), RateBitsPerSecond = 1_000_000_000 });
        Channel channel = pair.Open();
        (long batches, long datagrams) = (pair.A.Batches, pair.A.Datagrams);
        var load = new PeerLoad(pair.A, channel, pair.Z, 400, _ => 60_000);
        pair.A.Work = _ => load.Work(pair.World.Now);
        pair.Until(() => load.IsComplete);
        double each = (double)(pair.A.Datagrams - datagrams) / (pair.A.Batches - batches);
        Assert.True(each > 3, $"{each:0.0} datagrams in a batch");
    }
}
