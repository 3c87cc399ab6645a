using System;
using System.Linq;
using Braid.Core;
using Braid.Simulation;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>ICE begins anew, addresses change, descriptions are renegotiated, and a transfer goes on: nothing is lost.</summary>
public sealed class PeerRestartTests
{
    [Fact]
    public void An_ICE_restart_in_the_middle_of_a_transfer_loses_nothing()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        string before = pair.A.Core.Agent.LocalCredentials.UsernameFragment;
        pair.A.Core.RestartIce(pair.World.Now);
        pair.Until(() => load.IsComplete);
        Assert.NotEqual(before, pair.A.Core.Agent.LocalCredentials.UsernameFragment);
        Assert.True(pair.A.IsConnected && pair.Z.IsConnected, pair.Describe());
        Assert.Equal(SignalingState.Stable, pair.A.Core.Descriptions.Signaling);
        Assert.Single(pair.A.Events.OfType<PeerEvent.TransportUp>());
    }

    [Fact]
    public void Both_restart_at_once()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        pair.A.Core.RestartIce(pair.World.Now);
        pair.Z.Core.RestartIce(pair.World.Now);
        pair.Until(() => load.IsComplete);
        pair.World.Run(TimeSpan.FromSeconds(40));
        Assert.True(pair.A.IsConnected && pair.Z.IsConnected, pair.Describe());
    }

    [Fact]
    public void Both_restart_before_they_are_connected()
    {
        var pair = new PeerPair(natA: NatKind.PortRestricted, natZ: NatKind.Restricted);
        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Core.IceConnectionState == RTCIceConnectionState.Checking);
        Assert.Equal(RTCIceConnectionState.Checking, pair.Z.Core.IceConnectionState);
        pair.A.Core.RestartIce(pair.World.Now);
        pair.Z.Core.RestartIce(pair.World.Now);
        pair.Until(() => pair.A.Open.Contains(channel) && pair.Z.Open.Count == 1, 10);
    }

    [Fact]
    public void NATs_that_map_by_destination_and_let_everybody_in_do_not_keep_the_relay_from_its_turn()
    {
        var pair = new PeerPair();
        foreach (PeerHost host in pair.World.Hosts)
        {
            host.Nat = new Nat(NatBehavior.AddressAndPortDependent, NatBehavior.EndpointIndependent, NetworkAddress.FromIPv4([203, 0, 113, (byte)(host == pair.A ? 1 : 2)], 0));
            host.TurnServers.Add(pair.Turn);
        }

        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Open.Contains(channel) && pair.Z.Open.Count == 1, 6);
    }

    [Fact]
    public void An_outage_in_the_handshake_does_not_count_as_time_of_the_handshake()
    {
        var pair = new PeerPair(natA: NatKind.PortRestricted, natZ: NatKind.Restricted);
        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.World.Filter = static (_, _, bytes) => bytes[0] is >= 20 and <= 63;
        pair.Until(() => pair.A.Core.Agent.SelectedPair is not null && pair.Z.Core.Agent.SelectedPair is not null);
        pair.World.Run(TimeSpan.FromSeconds(10));
        pair.A.Outgoing.IsDown = true;
        pair.World.Filter = null;
        pair.World.Run(TimeSpan.FromSeconds(24));
        Assert.Equal(RTCFailureReason.None, pair.A.Core.End.Reason);
        pair.A.Outgoing.IsDown = false;
        pair.Until(() => pair.A.Open.Contains(channel) && pair.Z.Open.Count == 1, 20);
    }

    [Fact]
    public void A_relay_whose_server_sees_us_at_another_address_is_asked_for_anew_by_a_restart()
    {
        var pair = new PeerPair(natA: NatKind.Symmetric, natZ: NatKind.Symmetric);
        pair.A.TurnServers.Add(pair.Turn);
        Channel channel = pair.Open();
        NetworkAddress before = pair.Turn.Allocations.Single().Relayed[0];
        pair.A.Nat!.Forget();
        pair.Until(() => pair.A.Core.IceConnectionState == RTCIceConnectionState.Disconnected);
        pair.A.Core.RestartIce(pair.World.Now);
        pair.Until(() => pair.A.IsConnected && pair.Z.IsConnected, 5);
        pair.Send(pair.A, channel, "hello");
        pair.Until(() => pair.Received.Count == 1);
        Assert.NotEqual(before, pair.A.Core.Agent.SelectedPair!.Local.Address);
    }

    [Fact]
    public void A_restart_that_is_taken_back_leaves_the_pair_as_it_was()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        string before = pair.A.Core.Agent.LocalCredentials.UsernameFragment;
        pair.A.Other = null;                                 // the offer is not told
        Assert.True(pair.A.Core.CreateOffer(pair.World.Now, restartsIce: true, out string offer).IsNone);
        Assert.True(pair.A.Core.SetLocalDescription(pair.World.Now, SdpType.Offer, offer).IsNone);
        Assert.NotEqual(before, pair.A.Core.Agent.LocalCredentials.UsernameFragment);
        pair.World.Run(TimeSpan.FromMilliseconds(500));
        Assert.True(pair.A.Core.SetLocalDescription(pair.World.Now, SdpType.Rollback).IsNone);
        Assert.Equal(before, pair.A.Core.Agent.LocalCredentials.UsernameFragment);
        pair.Until(() => load.IsComplete);
        pair.World.Run(TimeSpan.FromSeconds(60));
        Assert.True(pair.A.IsConnected && pair.Z.IsConnected, pair.Describe());
    }

    [Fact]
    public void A_host_that_moves_restarts_and_goes_on()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        NetworkAddress moved = PeerPair.Address(1, 77);
        pair.A.Addresses[0] = moved;
        pair.A.Core.AddHostCandidate(pair.World.Now, moved);
        pair.A.Core.RestartIce(pair.World.Now);
        pair.Until(() => load.IsComplete);
        Assert.Equal(moved, pair.A.Core.Agent.SelectedPair!.Path.Local);
    }

    [Fact]
    public void After_consent_has_expired_a_restart_goes_on_where_it_was()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        pair.A.Outgoing.IsDown = true;
        pair.Z.Outgoing.IsDown = true;
        pair.Until(() => pair.A.Core.ConnectionState == RTCPeerConnectionState.Disconnected);
        pair.Until(() => pair.A.Core.ConnectionState == RTCPeerConnectionState.Failed && pair.Z.Core.ConnectionState == RTCPeerConnectionState.Failed);
        Assert.Equal(RTCFailureReason.ConsentExpired, pair.A.Core.End.Reason);
        Assert.Equal(RTCDataChannelState.Open, pair.A.Open[0].State);
        pair.World.Run(TimeSpan.FromMinutes(3));
        pair.A.Outgoing.IsDown = false;
        pair.Z.Outgoing.IsDown = false;
        pair.A.Core.RestartIce(pair.World.Now);
        Instant now = pair.World.Now;
        pair.Until(() => load.IsComplete, 15);
        Assert.Equal(RTCFailureReason.None, pair.A.Core.End.Reason);
        Assert.True(pair.World.Now - now < TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void Channels_that_are_created_later_need_no_negotiation()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.IsComplete);
        int before = pair.A.Events.OfType<PeerEvent.NegotiationNeeded>().Count();
        pair.Open("two");
        Assert.Equal(before, pair.A.Events.OfType<PeerEvent.NegotiationNeeded>().Count());
    }

    [Fact]
    public void A_renegotiation_that_changes_nothing_disturbs_nothing()
    {
        (PeerPair pair, PeerLoad load) = Begin();
        pair.Until(() => load.Arrived > 20);
        string fragment = pair.Z.Core.Agent.LocalCredentials.UsernameFragment;
        Assert.True(pair.Z.Core.SetLocalDescription(pair.World.Now).IsNone);
        PeerSignalling.TellDescription(pair.World, pair.Z);
        pair.Until(() => load.IsComplete);
        Assert.Equal(SignalingState.Stable, pair.Z.Core.Descriptions.Signaling);
        Assert.Equal(fragment, pair.Z.Core.Agent.LocalCredentials.UsernameFragment);
        Assert.DoesNotContain([.. pair.A.Log, .. pair.Z.Log], line => line.Contains("Restart", StringComparison.Ordinal));
    }

    [Fact, Rfc(8445, "7.3"), Rfc(8445, "7.3.1.5")]
    public void What_checks_have_shown_before_the_answer_came_is_kept()
    {
        var pair = new PeerPair();
        pair.World.SignallingDelay = TimeSpan.FromMilliseconds(200);
        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Log.Exists(line => line.Contains("PairFormed", StringComparison.Ordinal)));
        Assert.Equal(SignalingState.HaveLocalOffer, pair.A.Core.Descriptions.Signaling);
        pair.Until(() => pair.A.Open.Contains(channel));
        Assert.DoesNotContain(pair.A.Log, line => line.Contains("Restart", StringComparison.Ordinal));
        Assert.Single(pair.A.Log, line => line.Contains("PairFormed", StringComparison.Ordinal));
    }

    private static (PeerPair Pair, PeerLoad Load) Begin()
    {
        var link = new LinkModel { Delay = TimeSpan.FromMilliseconds(20), RateBitsPerSecond = 20_000_000, QueueBytes = 100_000 };
        var pair = new PeerPair(natA: NatKind.PortRestricted, natZ: NatKind.Restricted, link: link);
        Channel channel = pair.Open();
        var load = new PeerLoad(pair.A, channel, pair.Z, 300, _ => 20_000);
        pair.A.Work = _ => load.Work(pair.World.Now);
        return (pair, load);
    }
}
