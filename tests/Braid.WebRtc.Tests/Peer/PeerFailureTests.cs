using System;
using System.Linq;
using System.Text.RegularExpressions;
using Braid.Core;
using Braid.Simulation;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>What goes wrong ends in the right state, with a reason that a person understands.</summary>
public sealed partial class PeerFailureTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wrong_fingerprint_fails_both_sides(bool isReal)
    {
        var pair = new PeerPair(change: isReal ? PeerPair.WithDtls : null);
        pair.Z.Tells = text => FingerprintPattern().Replace(text, match => $"{match.Groups[1].Value}{(match.Groups[2].Value == "00" ? "01" : "00")}");
        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Core.ConnectionState == RTCPeerConnectionState.Failed && pair.Z.Core.ConnectionState == RTCPeerConnectionState.Failed);
        Assert.Equal(RTCFailureReason.DtlsFingerprint, pair.A.Core.End.Reason);
        Assert.Contains("fingerprint", pair.A.Core.End.Message, StringComparison.Ordinal);
        Assert.Equal(RTCDataChannelState.Closed, channel.State);
        Assert.Equal(RTCErrorDetail.FingerprintFailure, Closing(pair.A).Detail);
        Assert.Equal(RTCFailureReason.DtlsFailed, pair.Z.Core.End.Reason);
    }

    [Fact]
    public void A_wrong_password_fails_ICE_and_says_so()
    {
        var pair = new PeerPair();
        pair.Z.Tells = text => PasswordPattern().Replace(text, "a=ice-pwd:AAAAAAAAAAAAAAAAAAAAAAAA");
        pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Core.ConnectionState == RTCPeerConnectionState.Failed, 120);
        Assert.Equal(RTCFailureReason.IceFailed, pair.A.Core.End.Reason);
        pair.Until(() => pair.Z.Core.ConnectionState == RTCPeerConnectionState.Failed, 120);
        Assert.Contains("password", pair.Z.Core.End.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_that_cannot_reach_each_other_are_told_what_would_help()
    {
        var pair = new PeerPair(natA: NatKind.Symmetric, natZ: NatKind.Symmetric);
        pair.A.Create(pair.World.Now, "one");
        pair.Until(() => pair.A.Core.ConnectionState == RTCPeerConnectionState.Failed, 120);
        Assert.Equal(RTCFailureReason.IceFailed, pair.A.Core.End.Reason);
        Assert.Contains("TURN", pair.A.Core.End.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_is_told_to_the_other_side_at_once()
    {
        var pair = new PeerPair();
        Channel channel = pair.Open();
        pair.A.Core.Close(pair.World.Now);
        Assert.Equal(RTCDataChannelState.Closed, channel.State);
        pair.Until(() => pair.Z.Open.Count == 0, 1);
        Assert.Equal(RTCPeerConnectionState.Closed, pair.A.Core.ConnectionState);
        Assert.Equal(RTCFailureReason.Closed, pair.A.Core.End.Reason);
        Assert.Equal(RTCFailureReason.ClosedByPeer, pair.Z.Core.End.Reason);
        Assert.Equal(RTCError.None, Closing(pair.Z));
        Assert.Equal(RTCErrorName.InvalidStateError, pair.A.Core.Send(pair.World.Now, channel, [1]).Name);
        Assert.Equal(RTCErrorName.InvalidStateError, pair.A.Core.CreateChannel(pair.World.Now, "two", null, out _).Name);
        Assert.Equal(SignalingState.Closed, pair.A.Core.Descriptions.Signaling);

        // The other one finds out that nobody is there any more: no consent.
        pair.Until(() => pair.Z.Core.ConnectionState == RTCPeerConnectionState.Failed, 60);
        Assert.Equal(RTCFailureReason.ClosedByPeer, pair.Z.Core.End.Reason);
        pair.Z.Core.Close(pair.World.Now);
        pair.World.Run(TimeSpan.FromSeconds(1));
        Assert.True(pair.A.Core.NextDeadline.IsNever);
        Assert.True(pair.Z.Core.NextDeadline.IsNever);
    }

    [Fact]
    public void Closing_gives_the_relayed_address_back()
    {
        var pair = new PeerPair();
        pair.A.TurnServers.Add(pair.Turn);
        pair.A.IsRelayOnly = true;
        pair.Open();
        Assert.Single(pair.Turn.Allocations);
        pair.A.Core.Close(pair.World.Now);
        pair.World.Run(TimeSpan.FromSeconds(5));
        Assert.Empty(pair.Turn.Allocations);
    }

    [Fact]
    public void A_peer_that_rejects_data_fails_the_channels()
    {
        var pair = new PeerPair();
        pair.Z.Tells = text => text.Replace("m=application 9 ", "m=application 0 ", StringComparison.Ordinal);
        Channel channel = pair.A.Create(pair.World.Now, "one");
        pair.Until(() => channel.State == RTCDataChannelState.Closed);
        Assert.Equal(RTCFailureReason.Rejected, pair.A.Core.End.Reason);
    }

    [Fact]
    public void Who_is_refused_because_an_OPEN_waits_for_room_is_told_when_there_is_some()
    {
        var pair = new PeerPair();
        Channel first = pair.Open();
        Assert.True(pair.A.Core.Send(pair.World.Now, first, new byte[pair.A.Core.Association!.SendBufferSize]).IsNone);
        Channel second = pair.A.Create(pair.World.Now, "two");
        while (pair.A.Core.TryTake(pair.World.Now, out _))
        {
        }

        pair.A.Events.Clear();
        Assert.Equal(RTCErrorName.OperationError, pair.A.Core.Send(pair.World.Now, second, [1]).Name);
        pair.Until(() => pair.A.Events.OfType<PeerEvent.RoomAvailable>().Any());
        Assert.True(pair.A.Core.Send(pair.World.Now, second, [1]).IsNone);
    }

    [Fact]
    public void Noise_of_any_kind_is_dropped()
    {
        var pair = new PeerPair(change: PeerPair.WithDtls);
        Channel channel = pair.Open();
        var random = new SeededRandom(3);
        var noise = new byte[1500];
        var path = new NetworkPath(pair.A.Addresses[0], pair.Z.Addresses[0]);
        for (int i = 0; i < 20_000; i++)
        {
            random.Fill(noise);
            pair.A.Core.Receive(pair.World.Now, Ice.IceTransport.Udp, path, noise.AsSpan(0, random.NextInt32(noise.Length)));
        }

        pair.Send(pair.A, channel, "still there");
        pair.Until(() => pair.Received.Count == 1);
    }

    private static RTCError Closing(PeerHost host) => host.Events.OfType<PeerEvent.ChannelChanged>()
        .Select(one => one.Change).OfType<ChannelEvent.Closed>().Last().Error;

    [GeneratedRegex("(a=fingerprint:sha-256 )([0-9A-F]{2})")]
    private static partial Regex FingerprintPattern();

    [GeneratedRegex("a=ice-pwd:[^\r]+")]
    private static partial Regex PasswordPattern();
}
