using System;
using System.Linq;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>Credentials and roles that descriptions decide: restarts with given ones, and restarts that are taken back.</summary>
public sealed class RollBackTests
{
    private static readonly IceCredentials s_others = new("others", new string('o', 22));

    [Fact]
    public void A_restart_that_is_taken_back_leaves_everything_as_it_was()
    {
        (IceWorld world, IceHost a, IceHost z) = Connected();
        IceCredentials before = a.Agent.LocalCredentials;
        IceSelectedPair pair = a.Selected!;
        a.Agent.Restart(world.Now, s_others);
        Assert.Equal(s_others, a.Agent.LocalCredentials);
        world.Run(2);
        Assert.False(a.Agent.TryRollBack(world.Now, s_others));
        Assert.True(a.Agent.TryRollBack(world.Now, before));
        Assert.Equal(before, a.Agent.LocalCredentials);
        world.Run(100);
        Assert.True(a.IsConnected && z.IsConnected, $"{a}\n{z}");
        Assert.Same(pair, a.Selected);
        Assert.True(a.Agent.IsGatheringComplete);
    }

    [Fact]
    public void A_restart_that_the_peer_has_answered_is_not_taken_back()
    {
        (IceWorld world, IceHost a, _) = Connected();
        IceCredentials before = a.Agent.LocalCredentials;
        a.Agent.Restart(world.Now, s_others);
        a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("peer", new string('p', 22)));
        Assert.False(a.Agent.TryRollBack(world.Now, before));
    }

    [Fact]
    public void The_role_is_said_before_checks_begin_and_not_after()
    {
        var world = new IceWorld(1);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        a.Agent.SetRole(world.Now, IceRole.Controlled);
        Assert.Equal(IceRole.Controlled, a.Agent.Role);
        a.Agent.SetRemoteCredentials(world.Now, s_others);
        a.Agent.SetRole(world.Now, IceRole.Controlling);
        Assert.Equal(IceRole.Controlled, a.Agent.Role);
    }

    [Fact]
    public void Given_credentials_have_to_be_good() =>
        Assert.Throws<ArgumentException>(() => Connected().A.Agent.Restart(default, new IceCredentials("a", "b")));

    [Fact]
    public void A_restart_asks_the_servers_again()
    {
        var world = new IceWorld(1);
        var nat = new Nat(NatKind.FullCone, Bytes.Address("203.0.113.1:0"));
        IceHost a = world.Host("A", IceRole.Controlling, nat, "10.0.0.1:1000");
        world.Gather(a, world.StunServer("192.0.2.9:3478"));
        world.Run(1);
        Assert.Single(a.Candidates, candidate => candidate.Type == IceCandidateType.ServerReflexive);
        nat.Forget();
        a.Agent.Restart(world.Now);
        world.Run(1);
        Assert.Equal(2, a.Candidates.Where(candidate => candidate.Type == IceCandidateType.ServerReflexive).Select(candidate => candidate.Port).Distinct().Count());
        Assert.True(a.Agent.IsGatheringComplete);
    }

    private static (IceWorld World, IceHost A, IceHost Z) Connected()
    {
        var world = new IceWorld(1);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 2), $"{a}\n{z}");
        world.Run(1);
        return (world, a, z);
    }
}
