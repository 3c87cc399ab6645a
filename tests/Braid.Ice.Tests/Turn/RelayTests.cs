using System;
using System.Linq;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Tests.World;
using Braid.Ice.Turn;
using Braid.Simulation;

namespace Braid.Ice.Tests.Turn;

/// <summary>Agents that need a relay, and what the allocation does meanwhile.</summary>
public sealed class RelayTests
{
    [Theory, Rfc(8656, "3"), Rfc(8656, "7.1"), Rfc(8656, "7.3"), Rfc(8656, "10.1"), Rfc(8656, "10.3"), Rfc(8656, "11.1"), Rfc(8656, "11.4"), Rfc(8445, "7.2.1"), Rfc(8445, "7.3.1.2")]
    [InlineData(NatKind.Symmetric, NatKind.Symmetric, null)]
    [InlineData(NatKind.Symmetric, NatKind.PortRestricted, null)]
    [InlineData(NatKind.Symmetric, NatKind.Symmetric, StunPasswordAlgorithm.Md5)]
    [InlineData(NatKind.Symmetric, NatKind.Symmetric, StunPasswordAlgorithm.Sha256)]
    public void Where_no_direct_way_is_a_relay_carries_the_data(NatKind left, NatKind right, StunPasswordAlgorithm? algorithm)
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(left, right);
        server.Algorithm = algorithm;
        world.Borrow(a, server);
        world.Gather(a, server.Address);
        world.Gather(z, server.Address);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.True(a.Selected!.IsRelayed || a.Selected.Remote.Type == IceCandidateType.Relayed);
        Assert.Equal(IceCandidateType.Relayed, a.Selected.Local.Type);
        Assert.Equal(4, a.Candidates.Count() + z.Candidates.Count() - 1);
        Assert.Contains(" raddr ", a.Candidates.Single(candidate => candidate.Type == IceCandidateType.Relayed).ToString(), StringComparison.Ordinal);
        Assert.True(world.SendData(a, [200, 1]));
        Assert.True(world.SendData(z, [200, 2]));
        world.Run(1);
        Assert.Equal([200, 1], Assert.Single(z.Received));
        Assert.Equal([200, 2], Assert.Single(a.Received));
    }

    [Fact, Rfc(8656, "12"), Rfc(8656, "12.1"), Rfc(8656, "12.3"), Rfc(8656, "12.5"), Rfc(8656, "12.6")]
    public void The_chosen_pair_gets_a_channel_and_both_directions_use_it()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Connected();
        world.Run(1);
        long indications = server.Indications;
        long channels = server.ChannelMessages;
        for (int count = 0; count < 10; count++)
        {
            world.SendData(a, [200, 1]);
            world.SendData(z, [200, 2]);
        }

        world.Run(1);
        Assert.Equal(10, a.Received.Count);
        Assert.Equal(10, z.Received.Count);
        Assert.Equal(indications, server.Indications);
        Assert.True(server.ChannelMessages >= channels + 20);
    }

    [Fact, Rfc(8656, "8"), Rfc(8656, "8.1"), Rfc(8656, "8.3"), Rfc(8656, "9"), Rfc(8656, "12"), Rfc(8489, "9.2.5"), Rfc(8656, "7.4")]
    public void Allocation_permissions_and_channel_are_renewed_for_an_hour_with_nonces_that_grow_stale()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Connected();
        server.NonceLifetime = TimeSpan.FromMinutes(7);
        world.Run(3600);
        Assert.True(a.IsConnected && z.IsConnected, $"{a}");
        TurnServer.Allocation allocation = Assert.Single(server.Allocations);
        Assert.NotEmpty(allocation.Permissions);
        Assert.NotEmpty(allocation.Channels);
        world.SendData(z, [200, 9]);
        world.Run(1);
        Assert.Equal([200, 9], Assert.Single(a.Received));
        Assert.InRange(server.Requests.Count(name => name == "Refresh"), 6, 20);
    }

    [Fact, Rfc(8656, "8.1"), Rfc(8656, "8.2")]
    public void Closing_gives_the_address_back()
    {
        (IceWorld world, IceHost a, _, TurnServer server) = Connected();
        Assert.Single(server.Allocations);
        a.Agent.Close(world.Now);
        world.Run(2);
        Assert.Empty(server.Allocations);
        Assert.Equal(IceState.Closed, a.Agent.State);
    }

    [Fact, Rfc(8445, "5.1.1.2")]
    public void Relay_only_agents_on_both_sides_connect()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(NatKind.Symmetric, NatKind.Symmetric);
        TurnServer second = world.TurnServer("203.0.113.2:3478");
        world.Borrow(a, server);
        world.Borrow(z, second);
        a.Agent.Gather(world.Now);
        z.Agent.Gather(world.Now);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.All(a.Candidates, candidate => Assert.Equal(IceCandidateType.Relayed, candidate.Type));
        Assert.Equal(IceCandidateType.Relayed, a.Selected!.Remote.Type);
    }

    [Fact, Rfc(8445, "2.2")]
    public void A_direct_pair_is_preferred_to_the_relay_that_works_too()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(NatKind.PortRestricted, NatKind.PortRestricted);
        world.Borrow(a, server);
        world.Borrow(z, server);
        world.Gather(a, server.Address);
        world.Gather(z, server.Address);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.False(a.Selected!.IsRelayed);
        Assert.NotEqual(IceCandidateType.Relayed, a.Selected.Remote.Type);
    }

    [Theory, Rfc(8656, "10.3"), Rfc(8863, "4")]
    [InlineData(403)]
    [InlineData(437)]
    public void Pairs_that_the_server_does_not_allow_fail_and_so_does_the_agent_that_has_no_others(int code)
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(NatKind.Symmetric, NatKind.Symmetric);
        server.ForcedError = code;
        server.ForcedErrorMethod = StunMethod.CreatePermission;
        world.Borrow(a, server);
        world.Gather(a, server.Address);
        world.Gather(z, server.Address);
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed && z.Agent.State == IceState.Failed, 90), $"{a}\n{z}");
        Assert.Contains(a.Log, record => record.Detail == "the TURN server does not allow it");
    }

    [Fact, Rfc(8863, "4")]
    public void An_agent_with_more_peers_than_the_relay_has_room_for_fails_in_the_end()
    {
        var world = new IceWorld(12);
        TurnServer server = world.TurnServer("203.0.113.1:3478");
        IceOptions options = IceOptions.Default with { MaximumPairs = 200, MaximumRemoteCandidates = 200 };
        IceHost a = world.Host("A", IceRole.Controlling, null, options, "192.0.2.1:1000");
        world.Borrow(a, server);
        a.Agent.Gather(world.Now);
        world.Run(1);
        a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("peer", new string('a', 22)));
        for (int host = 1; host <= 140; host++)
        {
            Assert.True(IceCandidate.TryParse($"candidate:{host} 1 udp 1000 198.51.100.{host} 9 typ host", out IceCandidate? candidate));
            a.Agent.AddRemoteCandidate(world.Now, candidate);
        }

        a.Agent.EndRemoteCandidates(world.Now);
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed, 1200), $"{a.Agent.State}");
        Assert.Equal(12, a.Log.Count(record => record.Detail == "the TURN server does not allow it"));
    }

    [Fact]
    public void The_log_says_in_words_why_there_is_no_relayed_candidate()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(NatKind.None, NatKind.None);
        TurnAllocation allocation = world.Borrow(a, server, "wrong");
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.Equal(RelayState.Failed, allocation.State);
        Assert.Contains(a.Log, record => record.ToString().Contains("TURN server 203.0.113.1:3478: 401 the server does not know the user", StringComparison.Ordinal));
        Assert.Contains(a.Events, raised => raised is IceEvent.GatheringCompleted);
    }

    [Fact, Rfc(8656, "11.4"), Rfc(8656, "11.6"), Rfc(8656, "12.6"), Rfc(8656, "21.1.4")]
    public void What_comes_from_elsewhere_than_the_server_is_not_unwrapped()
    {
        (IceWorld world, IceHost a, _, TurnServer server) = Connected();
        byte[] buffer = new byte[100];
        var writer = new StunWriter(buffer, StunClass.Indication, StunMethod.Data, default);
        writer.AddAddress(StunAttributeType.XorPeerAddress, Bytes.Address("192.0.2.77:1"));
        writer.Add(StunAttributeType.Data, [200]);
        byte[] indication = buffer[..writer.Finish()];
        world.Inject(a, new NetworkPath(a.Addresses[0], server.Address), indication);             // a peer that nobody has permitted
        world.Inject(a, new NetworkPath(a.Addresses[0], Bytes.Address("192.0.2.9:9")), indication);
        world.Inject(a, new NetworkPath(a.Addresses[0], server.Address), [0x4F, 0xFF, 0, 1, 200]);   // a channel that is not bound
        world.Inject(a, new NetworkPath(a.Addresses[0], server.Address), [0x40, 0x00, 0, 9, 200]);   // longer than the datagram
        writer = new StunWriter(buffer, StunClass.Indication, StunMethod.Data, default);
        writer.AddAddress(StunAttributeType.XorPeerAddress, a.Selected!.Path.Remote);
        writer.AddUInt64(StunAttributeType.Icmp, 0x0000_0301_0000_0000);                             // no data: an ICMP message
        world.Inject(a, new NetworkPath(a.Addresses[0], server.Address), buffer[..writer.Finish()]);
        Assert.Empty(a.Received);
    }

    private static (IceWorld World, IceHost A, IceHost Z, TurnServer Server) Connected()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind(NatKind.Symmetric, NatKind.Symmetric);
        world.Borrow(a, server);
        world.Gather(a, server.Address);
        world.Gather(z, server.Address);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        return (world, a, z, server);
    }

    private static (IceWorld World, IceHost A, IceHost Z, TurnServer Server) Behind(NatKind left, NatKind right)
    {
        var world = new IceWorld(11);
        TurnServer server = world.TurnServer("203.0.113.1:3478");
        IceHost a = world.Host("A", IceRole.Controlling, left == NatKind.None ? null : new Nat(left, Bytes.Address("192.0.2.1:0")), left == NatKind.None ? "192.0.2.1:1000" : "10.0.0.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, right == NatKind.None ? null : new Nat(right, Bytes.Address("198.51.100.1:0")), right == NatKind.None ? "198.51.100.1:2000" : "10.0.0.2:2000");
        world.Introduce(a, z);
        return (world, a, z, server);
    }
}
