using System.Linq;
using Braid.Core;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>After a pair was chosen, the peer moves, or finds out that both have the same role.</summary>
public sealed class MovedPeerTests
{
    [Theory, Rfc(8445, "7.3.1.3"), Rfc(8445, "7.3.1.4"), Rfc(8445, "12.1"), Rfc(7675, "5.1")]
    [InlineData(IceRole.Controlling, IceRole.Controlled)]
    [InlineData(IceRole.Controlled, IceRole.Controlling)]
    public void A_peer_whose_NAT_gives_it_another_address_is_followed_before_consent_ends(IceRole own, IceRole other)
    {
        var world = new IceWorld(41);
        IceHost a = world.Host("A", own, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", other, new Nat(NatKind.PortRestricted, Bytes.Address("198.51.100.1:0")), "10.0.0.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 5), $"{a}\n{z}");
        world.Run(3);

        z.Nat = new Nat(NatKind.PortRestricted, Bytes.Address("198.51.100.9:0"));
        Assert.True(world.RunUntil(() => a.Selected is { } pair && pair.Path.Remote.IsSameHost(Bytes.Address("198.51.100.9:0")), 20), $"{a}");
        world.Run(60);
        Assert.True(a.IsConnected && z.IsConnected, $"{a}\n{z}");
        Assert.DoesNotContain(IceState.Failed, a.States);
        Assert.True(world.SendData(a, [200, 1]));
        Assert.True(world.SendData(z, [200, 2]));
        world.Run(1);
        Assert.Equal([200, 1], Assert.Single(z.Received));
        Assert.Equal([200, 2], Assert.Single(a.Received));
    }

    [Fact, Rfc(8445, "8.1.1"), Rfc(8445, "7.3.1.4")]
    public void The_controlling_agent_checks_a_new_address_and_nominates_it_only_when_the_chosen_pair_is_silent()
    {
        (IceWorld world, IceHost a, HandMadePeer peer, NetworkAddress own) = Chosen(IceRole.Controlling);
        NetworkAddress moved = Bytes.Address("198.51.100.2:7");
        peer.Check(a.Addresses[0], moved, priority: int.MaxValue, useCandidate: false, IceRole.Controlled);
        peer.AnswerAll();
        Assert.Contains(a.Log, record => record.Kind == IceLogKind.CheckSucceeded && record.Remote?.Address == moved);
        Assert.DoesNotContain(a.Log, record => record.Detail == "nominating" && record.Remote?.Address == moved);
        Assert.Equal(own, a.Selected!.Path.Remote);

        peer.AnswerOnly(moved, 20);
        Assert.Contains(a.Log, record => record.Detail == "nominating" && record.Remote?.Address == moved);
        Assert.Equal(moved, a.Selected!.Path.Remote);
        Assert.True(a.IsConnected);
    }

    [Fact, Rfc(7675, "5.1")]
    public void A_new_address_that_does_not_answer_gets_no_data_and_consent_ends_as_it_would()
    {
        (IceWorld world, IceHost a, HandMadePeer peer, NetworkAddress own) = Chosen(IceRole.Controlling);
        Instant since = world.Now;
        peer.Check(a.Addresses[0], Bytes.Address("198.51.100.2:7"), priority: int.MaxValue, useCandidate: false, IceRole.Controlled);
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed, 31));
        Assert.Equal(IceReason.ConsentExpired, a.Agent.Reason);
        Assert.Single(a.Log, record => record.Kind == IceLogKind.Selected && record.Remote?.Address == own);
        Assert.InRange((world.Now - since).TotalSeconds, 24, 30);
    }

    [Fact, Rfc(8445, "7.2.5.1"), Rfc(7675, "5.1")]
    public void A_conflict_of_roles_that_a_check_of_consent_finds_is_repaired()
    {
        (IceWorld world, IceHost z, HandMadePeer peer, _) = Chosen(IceRole.Controlled);
        peer.ErrorCode = 487;
        peer.AnswerAllFor(6.5);
        Assert.Equal(IceRole.Controlling, z.Agent.Role);
        Assert.Single(z.Events.OfType<IceEvent.RoleChanged>());
        peer.ErrorCode = 0;
        peer.AnswerAllFor(40);
        Assert.True(z.IsConnected);
        Assert.Equal(IceRole.Controlling, z.Agent.Role);
    }

    private static (IceWorld World, IceHost Host, HandMadePeer Peer, NetworkAddress Own) Chosen(IceRole role)
    {
        var world = new IceWorld(42);
        IceHost host = world.Host("A", role, null, "192.0.2.1:1000");
        world.Gather(host);
        var peer = new HandMadePeer(host, world);
        host.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress own = Bytes.Address("198.51.100.1:7");
        IceRole other = role == IceRole.Controlled ? IceRole.Controlling : IceRole.Controlled;
        peer.Check(host.Addresses[0], own, priority: 1000, useCandidate: role == IceRole.Controlled, other);
        peer.AnswerAll();
        Assert.True(host.IsConnected, $"{host}");
        return (world, host, peer, own);
    }
}
