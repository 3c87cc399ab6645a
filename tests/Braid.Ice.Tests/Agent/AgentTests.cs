using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>Roles, nomination, lite, restart, consent, trickle, names, connections: what an agent does besides connecting.</summary>
public sealed class AgentTests
{
    [Theory, Rfc(8445, "7.3.1.1"), Rfc(8445, "7.2.5.1"), Rfc(8445, "16.1"), Rfc(8445, "16.2")]
    [InlineData(IceRole.Controlling)]
    [InlineData(IceRole.Controlled)]
    public void Two_agents_with_the_same_role_repair_it_and_connect(IceRole role)
    {
        for (ulong seed = 1; seed <= 8; seed++)
        {
            (IceWorld world, IceHost a, IceHost z) = Pair(seed, role, role);
            Assert.True(world.Connect(a, z, 5), $"{a}\n{z}");
            Assert.NotEqual(a.Agent.Role, z.Agent.Role);
            Assert.Single(a.Events.Concat(z.Events).OfType<IceEvent.RoleChanged>());
        }
    }

    [Fact, Rfc(8445, "7.1.1"), Rfc(8445, "7.1.2"), Rfc(8445, "7.1.3"), Rfc(8445, "7.2.2"), Rfc(8445, "8.1.1")]
    public void Checks_carry_what_they_must_and_one_pair_alone_is_nominated()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(2, addresses: 3);
        var nominating = new HashSet<NetworkPath>();
        int checks = 0;
        world.Observer = (host, path, bytes) =>
        {
            if (!StunView.TryRead(bytes, out StunView view) || view.Class != StunClass.Request)
            {
                return;
            }

            checks++;
            IceHost peer = host == a ? z : a;
            Assert.True(view.HasValidFingerprint);
            Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(Encoding.ASCII.GetBytes(peer.Agent.LocalCredentials.Password)));
            Assert.True(view.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> name));
            Assert.Equal($"{peer.Agent.LocalCredentials.UsernameFragment}:{host.Agent.LocalCredentials.UsernameFragment}", Encoding.ASCII.GetString(name));
            Assert.True(view.TryReadUInt32(StunAttributeType.Priority, out uint priority));
            Assert.Equal(110u, priority >> 24);
            Assert.Equal(host == a, view.Has(StunAttributeType.IceControlling));
            Assert.Equal(host == z, view.Has(StunAttributeType.IceControlled));
            if (view.Has(StunAttributeType.UseCandidate))
            {
                Assert.Same(a, host);
                nominating.Add(path);
            }
        };
        Assert.True(world.Connect(a, z, 5), $"{a}\n{z}");
        world.Run(20);
        Assert.Single(nominating);
        Assert.True(checks >= 4);
        Assert.Equal(a.Selected!.Path.Local, z.Selected!.Path.Remote);
    }

    [Fact, Rfc(8445, "8.1.1"), Rfc(8445, "7.3.1.5"), Rfc(8445, "7.2.5.3.4"), Rfc(8445, "8.3.1")]
    public void Of_several_pairs_that_an_older_peer_nominates_the_one_with_the_highest_priority_is_used()
    {
        // A peer by hand, which nominates with every check (RFC 5245).
        var world = new IceWorld(3);
        IceHost z = world.Host("Z", IceRole.Controlled, null, "192.0.2.1:1000", "192.0.2.2:1000");
        world.Gather(z);
        var peer = new HandMadePeer(z, world);
        world.Run(0.1);
        z.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress own = Bytes.Address("198.51.100.1:7");
        peer.Check(z.Addresses[1], own, priority: 1000, useCandidate: true);
        peer.AnswerAll();
        Assert.Equal(z.Addresses[1], z.Selected!.Path.Local);
        peer.Check(z.Addresses[0], own, priority: 1000, useCandidate: true);
        peer.AnswerAll();
        Assert.Equal(z.Addresses[0], z.Selected!.Path.Local);

        // One with a lower priority comes later and changes nothing.
        peer.Check(z.Addresses[1], own.WithPort(8), priority: 10, useCandidate: true);
        peer.AnswerAll();
        Assert.Equal(z.Addresses[0], z.Selected!.Path.Local);
    }

    [Fact, Rfc(8445, "2.5"), Rfc(8445, "5.2"), Rfc(8445, "6.2"), Rfc(8445, "7.3.2"), Rfc(8445, "8.2"), Rfc(8445, "8.3.2"), Rfc(8445, "6.1.1"), Rfc(7675, "5.1")]
    public void A_lite_peer_sends_no_checks_and_is_controlled()
    {
        var world = new IceWorld(4);
        IceHost a = world.Host("A", IceRole.Controlled, new Nat(NatKind.Symmetric, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlling, null, IceOptions.Default with { IsLite = true }, "198.51.100.1:2000");
        bool hasAsked = false;
        world.Observer = (host, _, bytes) => hasAsked |= host == z && StunView.TryRead(bytes, out StunView view) && view.Class == StunClass.Request;
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z, Bytes.Address("203.0.113.1:3478"));
        Assert.True(world.Connect(a, z, 5), $"{a}\n{z}");
        Assert.Equal(IceRole.Controlling, a.Agent.Role);
        Assert.Equal(IceRole.Controlled, z.Agent.Role);
        world.Run(120);
        Assert.True(a.IsConnected && z.IsConnected);
        Assert.False(hasAsked);

        // The lite agent goes by the checks that it gets.
        world.Filter = (_, _) => true;
        Assert.True(world.RunUntil(() => z.Agent.State == IceState.Failed, 40));
    }

    [Fact, Rfc(8445, "8.2")]
    public void Two_lite_agents_take_the_pair_that_they_both_prefer()
    {
        var world = new IceWorld(5);
        IceOptions lite = IceOptions.Default with { IsLite = true };
        IceHost a = world.Host("A", IceRole.Controlling, null, lite, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, lite, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 1), $"{a}\n{z}");
        Assert.Equal(z.Addresses[0], a.Selected!.Path.Remote);
    }

    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4"), Rfc(8838, "15"), Rfc(7675, "5.1"), Rfc(8839, "4.4.1.1.1")]
    public void A_restart_keeps_the_old_pair_until_the_new_one_is_chosen()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(6);
        Assert.True(world.Connect(a, z, 5));
        world.Run(1);
        IceCredentials before = a.Agent.LocalCredentials;
        IceSelectedPair old = a.Selected!;
        int candidates = a.Candidates.Count();

        // The network has changed: A has another address now, and the old one still works.
        a.Agent.Restart(world.Now);
        Assert.NotEqual(before, a.Agent.LocalCredentials);
        Assert.Null(a.Agent.RemoteCredentials);
        world.Run(7);
        Assert.Equal(2 * candidates, a.Candidates.Count());
        Assert.Same(old, a.Selected);
        Assert.True(world.SendData(a, [200, 1]));
        z.Agent.Restart(world.Now);
        world.TellCredentials(a, z);
        world.TellCredentials(z, a);
        world.Run(0.01);
        foreach (IceCandidate candidate in a.Candidates.Skip(candidates).ToArray())
        {
            z.Agent.AddRemoteCandidate(world.Now, candidate);
        }

        Assert.True(world.SendData(z, [200, 2]));
        Assert.True(world.RunUntil(() => a.Selected != old && z.IsConnected && a.IsConnected && a.Agent.RemoteCredentials is not null, 5), $"{a}\n{z}");
        world.Run(1);
        Assert.DoesNotContain(a.Events, raised => raised is IceEvent.SelectedPairChanged { Pair: null });
        Assert.Single(z.Received);
        Assert.Single(a.Received);
        Assert.True(world.SendData(a, [200, 3]));
        world.Run(100);
        Assert.Equal(2, z.Received.Count);
        Assert.True(a.IsConnected && z.IsConnected);
    }

    [Fact, Rfc(7675, "5.1"), Rfc(8445, "11"), Rfc(7675, "5")]
    public void Without_answers_the_agent_is_disconnected_and_then_failed()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(7);
        Assert.True(world.Connect(a, z, 5));
        world.Run(60);
        Assert.True(a.IsConnected);
        world.Filter = (_, _) => true;
        Instant cut = world.Now;
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Disconnected, 13));
        Assert.Equal(IceReason.NoAnswer, a.Agent.Reason);
        Assert.True(world.SendData(a, [200]));
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed, 31));
        Assert.InRange((world.Now - cut).TotalSeconds, 24, 30);
        Assert.Equal(IceReason.ConsentExpired, a.Agent.Reason);
        Assert.False(world.SendData(a, [200]));
        Assert.Contains(a.Events, raised => raised is IceEvent.SelectedPairChanged { Pair: null });

        // The way heals: what has ended stays ended, without a restart.
        world.Filter = null;
        world.Run(60);
        Assert.Equal(IceState.Failed, a.Agent.State);
    }

    [Fact, Rfc(7675, "5.1")]
    public void A_pair_that_answers_again_is_connected_again()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(8);
        Assert.True(world.Connect(a, z, 5));
        world.Filter = (_, _) => true;
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Disconnected, 20));
        world.Filter = null;
        Assert.True(world.RunUntil(() => a.IsConnected, 7));
    }

    [Fact, Rfc(7675, "5.1")]
    public void Consent_is_asked_for_every_4_to_6_seconds_with_a_new_transaction_each_and_never_again()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(9);
        Assert.True(world.Connect(a, z, 5));
        world.Run(2);
        var asked = new List<(StunTransactionId Id, Instant At)>();
        world.Observer = (host, _, bytes) =>
        {
            if (host == a && StunView.TryRead(bytes, out StunView view) && view.Class == StunClass.Request)
            {
                asked.Add((view.TransactionId, world.Now));
            }
        };
        world.Run(300);
        Assert.InRange(asked.Count, 50, 75);
        Assert.Equal(asked.Count, asked.Select(request => request.Id).Distinct().Count());
        double[] gaps = [.. asked.Zip(asked.Skip(1), (first, second) => (second.At - first.At).TotalSeconds)];
        Assert.All(gaps, gap => Assert.InRange(gap, 4, 6));
        Assert.True(gaps.Max() - gaps.Min() > 1);
    }

    [Fact, Rfc(7675, "5.2")]
    public void A_signed_403_ends_consent_at_once_and_an_unsigned_one_does_not()
    {
        var world = new IceWorld(10);
        IceHost z = world.Host("Z", IceRole.Controlled, null, "192.0.2.1:1000");
        world.Gather(z);
        var peer = new HandMadePeer(z, world);
        z.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress own = Bytes.Address("198.51.100.1:7");
        peer.Check(z.Addresses[0], own, 1000, useCandidate: true);
        peer.AnswerAll();
        Assert.True(z.IsConnected);
        peer.ErrorCode = 403;
        peer.Signs = false;
        peer.AnswerAllFor(7);
        Assert.True(z.IsConnected);
        peer.Signs = true;
        peer.AnswerAllFor(7);
        Assert.Equal(IceState.Failed, z.Agent.State);
        Assert.Equal(IceReason.ConsentRevoked, z.Agent.Reason);
    }

    [Theory, Rfc(8838, "4"), Rfc(8838, "5"), Rfc(8838, "8"), Rfc(8838, "9"), Rfc(8838, "10"), Rfc(8838, "11"), Rfc(8838, "13"), Rfc(8838, "16"), Rfc(8838, "17")]
    [InlineData(0, 0)]
    [InlineData(0, 3000)]
    [InlineData(2000, 10)]
    [InlineData(5000, 8000)]
    public void Candidates_may_come_late_and_in_any_order(int signalling, int jitter)
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var world = new IceWorld(seed)
            {
                SignallingDelay = TimeSpan.FromMilliseconds(signalling),
                SignallingJitter = TimeSpan.FromMilliseconds(jitter),
            };
            NetworkAddress server = world.StunServer("203.0.113.1:3478");
            IceHost a = world.Host("A", IceRole.Controlling, new Nat(NatKind.PortRestricted, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1", "10.0.0.2:1");
            IceHost z = world.Host("Z", IceRole.Controlled, new Nat(NatKind.Restricted, Bytes.Address("198.51.100.1:0")), "10.0.0.1:2");
            world.Introduce(a, z);
            world.Gather(a, server);
            world.Gather(z, server);
            Assert.True(world.Connect(a, z, 40), $"{a}\n{z}");
            world.Run(15);
            Assert.Equal(IceState.Completed, a.Agent.State);
        }
    }

    [Fact, Rfc(8838, "14"), Rfc(8863, "3.1"), Rfc(8863, "4"), Rfc(8863, "5")]
    public void After_the_end_of_candidates_none_is_taken_and_failure_still_waits_for_patience()
    {
        var world = new IceWorld(12);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        world.Gather(a);
        a.Agent.SetRemoteCredentials(world.Now, new IceCredentials("abcd", new string('p', 22)));
        a.Agent.EndRemoteCandidates(world.Now);
        Assert.True(IceCandidate.TryParse("candidate:1 1 udp 1 198.51.100.1 1 typ host", out IceCandidate? late));
        Assert.False(a.Agent.AddRemoteCandidate(world.Now, late));
        Assert.False(world.RunUntil(() => a.Agent.State == IceState.Failed, 39));
        Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed, 1));
        Assert.Equal(IceReason.NoPairs, a.Agent.Reason);
        Assert.True(a.Agent.NextTimeout.IsNever);
    }

    [Fact, Rfc(8838, "11"), Rfc(8445, "7.3.1.3")]
    public void A_candidate_that_was_seen_before_it_was_told_takes_what_is_told_of_it()
    {
        var world = new IceWorld(13);
        IceHost z = world.Host("Z", IceRole.Controlled, null, "192.0.2.1:1000");
        world.Gather(z);
        var peer = new HandMadePeer(z, world);
        z.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress own = Bytes.Address("198.51.100.1:7");
        peer.Check(z.Addresses[0], own, 1000, useCandidate: false);
        Assert.True(IceCandidate.TryParse("candidate:abc 1 udp 2130706431 198.51.100.1 7 typ host", out IceCandidate? told));
        Assert.True(z.Agent.AddRemoteCandidate(world.Now, told));
        peer.Check(z.Addresses[0], own, 1000, useCandidate: true);
        peer.AnswerAll();
        Assert.Equal(IceCandidateType.Host, z.Selected!.Remote.Type);
        Assert.Equal("abc", z.Selected.Remote.Foundation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_candidate_with_a_name_waits_until_the_owner_has_resolved_it(bool isFound)
    {
        var world = new IceWorld(14);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        z.Agent.AddHostCandidate(world.Now, z.Addresses[0], hostName: "0a1b2c3d.local");
        z.Agent.Gather(world.Now);
        a.Trickles = false;                                  // Z learns A from its checks alone
        world.Run(3);
        Assert.Equal("0a1b2c3d.local", Assert.Single(z.Candidates).HostName);
        Assert.DoesNotContain("198.51", z.Candidates.Single().ToString(), StringComparison.Ordinal);
        Assert.Equal("0a1b2c3d.local", a.Events.OfType<IceEvent.ResolutionWanted>().Single().HostName);
        Assert.False(a.IsConnected);
        a.Agent.CompleteResolution(world.Now, "0A1B2C3D.local", isFound ? Bytes.Address("198.51.100.1:0") : NetworkAddress.None);
        Assert.Equal(isFound, world.Connect(a, z, 3));
        if (!isFound)
        {
            Assert.True(world.RunUntil(() => a.Agent.State == IceState.Failed, 60));
        }
    }

    [Fact, Rfc(6544, "3"), Rfc(6544, "7.1"), Rfc(6544, "7.2"), Rfc(6544, "6.2")]
    public void Over_TCP_the_active_side_asks_for_a_connection_and_checks_go_over_it()
    {
        // Frames go from one agent to the other as over a connection: in order, without loss.
        var random = new SeededRandom(15);
        var a = new IceAgent(IceOptions.Default, IceRole.Controlling, random.Fork());
        var z = new IceAgent(IceOptions.Default, IceRole.Controlled, random.Fork());
        NetworkAddress active = Bytes.Address("192.0.2.1:9");
        NetworkAddress passive = Bytes.Address("198.51.100.1:4000");
        NetworkAddress ephemeral = Bytes.Address("192.0.2.1:54321");
        Instant now = new(1);
        a.AddHostCandidate(now, active, tcpType: IceTcpType.Active);
        z.AddHostCandidate(now, passive, tcpType: IceTcpType.Passive);
        a.Gather(now);
        z.Gather(now);
        a.SetRemoteCredentials(now, z.LocalCredentials);
        z.SetRemoteCredentials(now, a.LocalCredentials);
        a.AddRemoteCandidate(now, Found(z));
        z.AddRemoteCandidate(now, Found(a));
        byte[] buffer = new byte[1500];
        bool isOpen = false;
        for (int step = 0; step < 100 && !(a.SelectedPair is not null && z.SelectedPair is not null); step++)
        {
            now += TimeSpan.FromMilliseconds(50);
            a.HandleTimeout(now);
            z.HandleTimeout(now);
            while (a.TryGetEvent(out IceEvent? raised))
            {
                if (raised is IceEvent.ConnectionWanted wanted)
                {
                    Assert.False(isOpen);
                    Assert.Equal((active, passive), (wanted.Local, wanted.Remote));
                    isOpen = true;
                    a.CompleteConnection(now, active, passive, new NetworkPath(ephemeral, passive));
                }
            }

            foreach ((IceAgent from, IceAgent to, NetworkPath path) in new[] { (a, z, new NetworkPath(passive, ephemeral)), (z, a, new NetworkPath(ephemeral, passive)) })
            {
                while (from.TryGetDatagram(now, buffer, out OutgoingDatagram datagram, out IceTransport transport))
                {
                    Assert.Equal(IceTransport.Tcp, transport);
                    Assert.Equal(new NetworkPath(path.Remote, path.Local), datagram.Path);
                    to.TryUnwrap(now, IceTransport.Tcp, path, buffer.AsSpan(0, datagram.Length), out _, out _);
                }
            }
        }

        Assert.Equal(new NetworkPath(ephemeral, passive), a.SelectedPair!.Path);
        Assert.Equal(new NetworkPath(passive, ephemeral), z.SelectedPair!.Path);
        Assert.Equal(IceTransport.Tcp, a.SelectedPair.Transport);
    }

    [Fact, Rfc(6544, "7.1")]
    public void A_connection_that_cannot_be_opened_fails_its_pair()
    {
        var a = new IceAgent(IceOptions.Default, IceRole.Controlling, new SeededRandom(16));
        Instant now = new(1);
        a.AddHostCandidate(now, Bytes.Address("192.0.2.1:9"), tcpType: IceTcpType.Active);
        a.Gather(now);
        a.SetRemoteCredentials(now, new IceCredentials("abcd", new string('p', 22)));
        Assert.True(IceCandidate.TryParse("candidate:1 1 tcp 1 198.51.100.1 4000 typ host tcptype passive", out IceCandidate? passive));
        a.AddRemoteCandidate(now, passive);
        a.EndRemoteCandidates(now);
        a.HandleTimeout(now);
        a.CompleteConnection(now, Bytes.Address("192.0.2.1:9"), passive.Address, null);
        now += TimeSpan.FromSeconds(40);
        a.HandleTimeout(now);
        Assert.Equal((IceState.Failed, IceReason.AllPairsFailed), (a.State, a.Reason));
    }

    [Fact, Rfc(8445, "5.1.1.4"), Rfc(8445, "11")]
    public void Bindings_to_the_STUN_server_are_kept_open_until_a_pair_is_chosen()
    {
        var world = new IceWorld(17);
        NetworkAddress server = world.StunServer("203.0.113.1:3478");
        IceHost a = world.Host("A", IceRole.Controlling, new Nat(NatKind.FullCone, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1");
        int indications = 0;
        world.Observer = (_, path, bytes) => indications += path.Remote == server && bytes[1] == 0x11 ? 1 : 0;
        world.Gather(a, server);
        world.Run(100);
        Assert.InRange(indications, 6, 7);
        Assert.Equal(2, a.Candidates.Count());
    }

    [Fact, Rfc(8445, "5.1.1.2"), Rfc(8489, "6.2.1")]
    public void A_STUN_server_that_does_not_answer_holds_gathering_up_for_some_seconds_only()
    {
        var world = new IceWorld(18);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1");
        world.Gather(a, Bytes.Address("203.0.113.1:3478"));
        Assert.True(world.RunUntil(() => a.Agent.IsGatheringComplete, 15));
        Assert.Contains(a.Log, record => record.ToString().Contains("STUN server 203.0.113.1:3478 does not answer", StringComparison.Ordinal));
        Assert.Single(a.Events.OfType<IceEvent.GatheringCompleted>());
    }

    [Fact]
    public void A_closed_agent_says_and_does_nothing_more()
    {
        (IceWorld world, IceHost a, IceHost z) = Pair(19);
        Assert.True(world.Connect(a, z, 5));
        a.Agent.Close(world.Now);
        long sent = world.Sent;
        bool hasSent = false;
        world.Observer = (host, _, _) => hasSent |= host == a;
        world.Run(60);
        Assert.False(hasSent);
        Assert.True(world.Sent > sent);
        Assert.Equal(IceState.Closed, a.Agent.State);
        Assert.True(a.Agent.NextTimeout.IsNever);
        Assert.Equal(IceState.Failed, z.Agent.State);
    }

    private static IceCandidate Found(IceAgent agent)
    {
        while (agent.TryGetEvent(out IceEvent? raised))
        {
            if (raised is IceEvent.CandidateFound found)
            {
                return found.Candidate;
            }
        }

        throw new InvalidOperationException();
    }

    private static (IceWorld World, IceHost A, IceHost Z) Pair(
        ulong seed, IceRole left = IceRole.Controlling, IceRole right = IceRole.Controlled, int addresses = 1)
    {
        var world = new IceWorld(seed);
        IceHost a = world.Host("A", left, null, [.. Enumerable.Range(1, addresses).Select(index => $"192.0.2.{index}:1000")]);
        IceHost z = world.Host("Z", right, null, [.. Enumerable.Range(1, addresses).Select(index => $"198.51.100.{index}:2000")]);
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        return (world, a, z);
    }
}
