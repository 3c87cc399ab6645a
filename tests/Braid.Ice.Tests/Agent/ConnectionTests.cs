using System;
using System.Linq;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>Two agents find each other, whatever is between them.</summary>
public sealed class ConnectionTests
{
    [Fact, Rfc(8445, "2"), Rfc(8445, "2.3"), Rfc(8445, "12.2"), Rfc(8445, "17.4"), Rfc(8445, "5.1.1.1"), Rfc(8445, "6.1.1"), Rfc(8445, "7.2.4"), Rfc(8445, "8.1.1"), Rfc(8445, "8.1.2"), Rfc(8445, "12.1")]
    public void Two_hosts_with_public_addresses_connect_and_agree_on_the_pair()
    {
        var world = new IceWorld(1);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 2), $"{a}\n{z}");
        Assert.Equal(new NetworkPath(a.Addresses[0], z.Addresses[0]), a.Selected!.Path);
        Assert.Equal(new NetworkPath(z.Addresses[0], a.Addresses[0]), z.Selected!.Path);
        world.Run(1);
        Assert.Equal(IceState.Checking, a.States[0]);
        Assert.Equal(IceState.Completed, a.Agent.State);
        Assert.Equal(40, a.Agent.RoundTripTime.TotalMilliseconds);

        Assert.True(world.SendData(a, [200, 2, 3]));
        world.Run(1);
        Assert.Equal([200, 2, 3], Assert.Single(z.Received));
        Assert.Contains(a.Log, record => record.Kind == IceLogKind.Nominated);
        Assert.All(a.Log, record => Assert.DoesNotContain(a.Agent.LocalCredentials.Password, record.ToString(), StringComparison.Ordinal));
    }

    [Theory, Rfc(8445, "17.1"), Rfc(8445, "5.1.1.2"), Rfc(8445, "7.2.5.3.1"), Rfc(8445, "7.2.5.3.2"), Rfc(8445, "7.3.1.3"), Rfc(8445, "7.3.1.4")]
    [InlineData(NatKind.None, NatKind.FullCone)]
    [InlineData(NatKind.None, NatKind.Symmetric)]
    [InlineData(NatKind.FullCone, NatKind.FullCone)]
    [InlineData(NatKind.FullCone, NatKind.PortRestricted)]
    [InlineData(NatKind.FullCone, NatKind.Symmetric)]
    [InlineData(NatKind.Restricted, NatKind.Restricted)]
    [InlineData(NatKind.Restricted, NatKind.PortRestricted)]
    [InlineData(NatKind.Restricted, NatKind.Symmetric)]
    [InlineData(NatKind.PortRestricted, NatKind.PortRestricted)]
    public void Through_NATs_of_these_kinds_there_is_a_way(NatKind left, NatKind right)
    {
        (IceWorld world, IceHost a, IceHost z) = BehindNats(left, right);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.True(world.SendData(a, [200, 1]));
        Assert.True(world.SendData(z, [200, 2]));
        world.Run(1);
        Assert.Equal([200, 1], Assert.Single(z.Received));
        Assert.Equal([200, 2], Assert.Single(a.Received));
    }

    [Theory, Rfc(8863, "4"), Rfc(8863, "5"), Rfc(8445, "7.2.5.2.3"), Rfc(8445, "7.2.5.4")]
    [InlineData(NatKind.PortRestricted, NatKind.Symmetric)]
    [InlineData(NatKind.Symmetric, NatKind.Symmetric)]
    public void Through_NATs_of_these_kinds_there_is_none_without_TURN_and_the_agents_say_so(NatKind left, NatKind right)
    {
        (IceWorld world, IceHost a, IceHost z) = BehindNats(left, right);
        Assert.False(world.RunUntil(() => a.Agent.State == IceState.Failed, 39));
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed && z.Agent.State == IceState.Failed, 60), $"{a}");
        Assert.Equal(IceReason.AllPairsFailed, a.Agent.Reason);
        Assert.Null(a.Selected);
        Assert.False(world.SendData(a, [1]));
    }

    [Theory, Rfc(8445, "2.1")]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_hosts_behind_one_NAT_meet_inside_or_by_its_hairpin(bool sameNetwork)
    {
        var world = new IceWorld(3);
        NetworkAddress server = world.StunServer("203.0.113.1:3478");
        var nat = new Nat(NatKind.PortRestricted, Bytes.Address("192.0.2.99:0"), hairpins: true);
        IceHost a = world.Host("A", IceRole.Controlling, nat, "10.0.0.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, nat, "10.0.0.2:2000");
        if (!sameNetwork)
        {
            world.Filter = (path, _) => path.Remote.IsSameHost(a.Addresses[0]) || path.Remote.IsSameHost(z.Addresses[0]);
        }

        world.Introduce(a, z);
        world.Gather(a, server);
        world.Gather(z, server);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        Assert.Equal(sameNetwork, a.Selected!.Path.Remote == z.Addresses[0]);
    }

    [Fact, Rfc(8421, "4"), Rfc(8421, "3"), Rfc(8445, "5.1.2.2")]
    public void Of_two_families_that_work_IPv6_is_chosen_and_of_one_that_does_not_the_other()
    {
        foreach (bool isSixBroken in new[] { false, true })
        {
            var world = new IceWorld(4);
            IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000", "[2001:db8::1]:1000");
            IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000", "[2001:db8:1::1]:2000");
            world.Filter = (path, _) => isSixBroken && path.Remote.Family == NetworkFamily.IPv6;
            world.Introduce(a, z);
            world.Gather(a);
            world.Gather(z);
            Assert.True(world.Connect(a, z, 5), $"{a}\n{z}");
            Assert.Equal(isSixBroken ? NetworkFamily.IPv4 : NetworkFamily.IPv6, a.Selected!.Path.Remote.Family);
        }
    }

    [Fact, Rfc(8445, "14.3"), Rfc(8445, "6.1.4.2")]
    public void Lost_checks_are_sent_again()
    {
        var world = new IceWorld(5);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        int lost = 0;
        world.Filter = (_, _) => ++lost <= 6;
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 10), $"{a}\n{z}");
    }

    [Fact, Rfc(8445, "14.2"), Rfc(8445, "6.1.4.2")]
    public void New_transactions_keep_50_ms_of_each_other()
    {
        var world = new IceWorld(6);
        NetworkAddress server = world.StunServer("203.0.113.1:3478");
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:1", "198.51.100.2:1", "198.51.100.3:1");
        var starts = new System.Collections.Generic.Dictionary<StunTransactionId, Instant>();
        world.Observer = (host, _, bytes) =>
        {
            if (host == a && StunView.TryRead(bytes, out StunView view) && view.Class == StunClass.Request)
            {
                starts.TryAdd(view.TransactionId, world.Now);
            }
        };
        world.Filter = (path, bytes) => !path.Remote.IsSameHost(server) && bytes[0] == 0;
        world.Introduce(a, z);
        world.Gather(a, server);
        world.Gather(z, server);
        world.Run(3);
        Instant[] times = [.. starts.Values.Order()];
        Assert.Equal(12, times.Length);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True((pair.Second - pair.First).TotalMilliseconds >= 50));
    }

    [Fact, Rfc(8445, "7.3"), Rfc(8445, "7.3.1.4")]
    public void Requests_that_come_before_the_answer_are_answered_at_once_and_checked_later()
    {
        var world = new IceWorld(7);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        a.Trickles = z.Trickles = false;
        world.Gather(a);
        world.Gather(z);
        world.Run(0.1);

        // Z has the offer; A waits for the answer and does not even know Z's address.
        z.Agent.SetRemoteCredentials(world.Now, a.Agent.LocalCredentials);
        z.Agent.AddRemoteCandidate(world.Now, a.Candidates.Single());
        world.Run(0.5);
        Assert.Contains(a.Log, record => record.Kind == IceLogKind.CheckReceived);
        Assert.DoesNotContain(a.Log, record => record.Kind == IceLogKind.CheckSent);
        a.Agent.SetRemoteCredentials(world.Now, z.Agent.LocalCredentials);
        Assert.True(world.Connect(a, z, 2), $"{a}\n{z}");
        Assert.Equal(IceCandidateType.PeerReflexive, a.Selected!.Remote.Type);
    }

    internal static (IceWorld World, IceHost A, IceHost Z) BehindNats(NatKind left, NatKind right, ulong seed = 2)
    {
        var world = new IceWorld(seed);
        NetworkAddress server = world.StunServer("203.0.113.1:3478");
        IceHost a = BehindNat(world, "A", IceRole.Controlling, left, "192.0.2.1:0", "10.0.0.1:1000");
        IceHost z = BehindNat(world, "Z", IceRole.Controlled, right, "198.51.100.1:0", "10.0.0.1:2000");
        world.Introduce(a, z);
        world.Gather(a, server);
        world.Gather(z, server);
        return (world, a, z);
    }

    private static IceHost BehindNat(IceWorld world, string name, IceRole role, NatKind kind, string outside, string inside) => kind == NatKind.None
        ? world.Host(name, role, null, Bytes.Address(outside).WithPort(1000).ToString())
        : world.Host(name, role, new Nat(kind, Bytes.Address(outside)), inside);
}
