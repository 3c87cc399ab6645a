using System.Linq;
using Braid.Core;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Turn;

/// <summary>TURN over TCP: who wants a connection when, and what becomes of the one before.</summary>
public sealed class StreamRelayTests
{
    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4"), Rfc(8445, "8.3.1"), Rfc(8656, "5")]
    public void A_restart_has_another_connection_and_the_one_before_carries_data_until_then()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Connected();
        NetworkAddress before = a.Selected!.Local.Address;
        Assert.Equal(a.StreamRelays[0].RelayedAddresses[0], before);
        Restart(world, a, z);
        world.Run(0.02);
        Assert.True(world.SendData(a, [200, 1]));
        Assert.True(world.RunUntil(() => a.IsConnected && z.IsConnected && a.Selected!.Local.Address != before, 20), $"{a}\n{z}");
        Assert.Equal(a.StreamRelays[1].RelayedAddresses[0], a.Selected!.Local.Address);
        world.Run(1);
        Assert.Equal([200, 1], Assert.Single(z.Received));

        // The address is given back, and the connection may be closed.
        Assert.Same(a.StreamRelays[0], Assert.Single(a.Events.OfType<IceEvent.RelayReleased>()).Relay);
        Assert.Equal(a.Selected.Local.Address, Assert.Single(server.Allocations).Relayed[0]);
        Assert.True(world.SendData(z, [200, 2]));
        world.Run(1);
        Assert.Equal([200, 2], Assert.Single(a.Received));
    }

    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4")]
    public void A_server_that_could_not_be_reached_is_tried_again_by_a_restart()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind();
        a.IsRefused = true;
        world.BorrowOverTcp(a, server);
        world.Gather(a);
        world.Gather(z, server.Address);
        Assert.False(world.Connect(a, z, 5));
        Assert.True(a.Agent.IsGatheringComplete);
        Assert.DoesNotContain(a.Candidates, candidate => candidate.Type == IceCandidateType.Relayed);
        a.IsRefused = false;
        Restart(world, a, z);
        Assert.False(a.Agent.IsGatheringComplete);
        Assert.True(world.Connect(a, z, 20), $"{a}\n{z}");
        Assert.True(a.Selected!.IsRelayed);
    }

    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4")]
    public void A_relay_whose_connection_was_lost_has_another_one_after_a_restart()
    {
        (IceWorld world, IceHost a, IceHost z, _) = Connected();
        a.StreamRelays[0].OnConnectionLost(world.Now);
        Assert.False(world.SendData(a, [200, 1]));
        Restart(world, a, z);
        Assert.True(world.RunUntil(() => a.StreamRelays.ElementAtOrDefault(1)?.RelayedAddresses is [var relayed, ..] && a.Selected?.Local.Address == relayed, 20), $"{a}\n{z}");
        Assert.True(world.SendData(a, [200, 2]));
        world.Run(1);
        Assert.Equal([200, 2], Assert.Single(z.Received));
    }

    [Fact, Rfc(8445, "5.1.1.2")]
    public void Candidates_are_not_complete_before_the_connection_is_there_and_one_that_comes_too_late_is_not_used()
    {
        (IceWorld world, IceHost a, _, TurnServer server) = Behind();
        RelayServer wanted = world.BorrowOverTcp(a, server);
        world.Gather(a);
        world.Run(0.03);
        Assert.Single(a.Events.OfType<IceEvent.RelayWanted>());
        Assert.False(a.Agent.IsGatheringComplete);
        world.Run(1);
        Assert.True(a.Agent.IsGatheringComplete);
        Assert.False(a.Agent.CompleteRelay(world.Now, wanted, null));

        a.Agent.Restart(world.Now);
        a.Agent.Close(world.Now);
        world.Run(1);
        Assert.Equal(RelayState.Allocating, a.StreamRelays[1].State);      // never begun
        Assert.Empty(server.Allocations);
    }

    [Fact, Rfc(8445, "9")]
    public void A_restart_that_is_taken_back_leaves_the_relay_that_is_in_use()
    {
        (IceWorld world, IceHost a, IceHost z, _) = Connected();
        IceCredentials before = a.Agent.LocalCredentials;
        a.Agent.Restart(world.Now);
        world.Run(1);
        Assert.True(a.Agent.TryRollBack(world.Now, before));
        world.Run(700);
        Assert.True(a.IsConnected && z.IsConnected, $"{a}\n{z}");
        Assert.Empty(a.Events.OfType<IceEvent.RelayReleased>());
        Assert.True(world.SendData(a, [200, 1]));
        world.Run(1);
        Assert.Equal([200, 1], Assert.Single(z.Received));
    }

    [Fact, Rfc(8445, "8.3.1")]
    public void Of_many_restarts_that_nobody_answers_the_relay_in_use_and_the_last_one_are_kept()
    {
        (IceWorld world, IceHost a, _, TurnServer server) = Connected();
        for (int count = 0; count < 5; count++)
        {
            a.Agent.Restart(world.Now);
            world.Run(1);
        }

        Assert.True(server.Allocations.Count <= 3, $"{server.Allocations.Count} allocations");
        Assert.True(world.SendData(a, [200, 1]));
    }

    private static void Restart(IceWorld world, IceHost a, IceHost z)
    {
        a.Agent.Restart(world.Now);
        z.Agent.Restart(world.Now);
        world.TellCredentials(a, z);
        world.TellCredentials(z, a);
    }

    private static (IceWorld World, IceHost A, IceHost Z, TurnServer Server) Connected()
    {
        (IceWorld world, IceHost a, IceHost z, TurnServer server) = Behind();
        world.BorrowOverTcp(a, server);
        world.Gather(a);
        world.Gather(z, server.Address);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        world.Run(1);
        return (world, a, z, server);
    }

    private static (IceWorld World, IceHost A, IceHost Z, TurnServer Server) Behind()
    {
        var world = new IceWorld(51);
        TurnServer server = world.TurnServer("203.0.113.1:3478");
        IceHost a = world.Host("A", IceRole.Controlling, new Nat(NatKind.Symmetric, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, new Nat(NatKind.Symmetric, Bytes.Address("198.51.100.1:0")), "10.0.0.2:2000");
        world.Introduce(a, z);
        return (world, a, z, server);
    }
}
