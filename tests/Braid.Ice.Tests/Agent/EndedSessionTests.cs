using System;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Tests.World;

namespace Braid.Ice.Tests.Agent;

/// <summary>What still comes after a session has ended, and what a long one keeps.</summary>
public sealed class EndedSessionTests
{
    [Fact, Rfc(7675, "5.1")]
    public void An_answer_that_comes_after_the_end_of_consent_brings_nothing_back()
    {
        var world = new IceWorld(31);
        IceHost z = world.Host("Z", IceRole.Controlled, null, "192.0.2.1:1000", "192.0.2.2:1000");
        world.Gather(z);
        var peer = new HandMadePeer(z, world);
        z.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress own = Bytes.Address("198.51.100.1:7");
        peer.Check(z.Addresses[1], own, priority: 1000, useCandidate: true);
        peer.AnswerAll();
        Assert.True(z.IsConnected);

        // Another pair is nominated; its check is not answered before the peer has taken back its consent.
        (NetworkPath Path, StunTransactionId Id)? late = null;
        world.Observer = (sender, path, bytes) =>
        {
            if (sender == z && path.Local == z.Addresses[0] && StunView.TryRead(bytes, out StunView request) && request.Class == StunClass.Request)
            {
                late = (path, request.TransactionId);
            }
        };
        peer.Check(z.Addresses[0], own, priority: 1000, useCandidate: true);
        world.Run(0.2);
        world.Observer = null;
        Assert.NotNull(late);
        peer.ErrorCode = 403;
        peer.AnswerOnly(z.Addresses[1], 7);
        Assert.Equal(IceState.Failed, z.Agent.State);

        peer.ErrorCode = 0;
        world.Inject(z, late.Value.Path, peer.Answer(late.Value.Id, late.Value.Path.Local));
        world.Run(1);
        Assert.Equal(IceState.Failed, z.Agent.State);
        Assert.Null(z.Agent.SelectedPair);
        Assert.False(z.Agent.TryWrap(world.Now, [1], new byte[100], out _, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_restart_a_peer_that_tells_no_candidate_is_checked_where_its_own_check_has_come_from(bool isEarly)
    {
        var world = new IceWorld(36);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        world.Gather(a);
        var peer = new HandMadePeer(a, world);
        NetworkAddress other = Bytes.Address("198.51.100.1:7");
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        peer.Check(a.Addresses[0], other, priority: 1000, useCandidate: false, IceRole.Controlled);
        peer.AnswerAllFor(5);
        Assert.True(a.IsConnected);

        a.Agent.Restart(world.Now);
        var told = new IceCredentials("next", "another-password-of-22".Replace('-', '+'));
        if (!isEarly)
        {
            a.Agent.SetRemoteCredentials(world.Now, told);
            a.Agent.EndRemoteCandidates(world.Now);
        }

        peer.Check(a.Addresses[0], other, priority: 1000, useCandidate: false, IceRole.Controlled);
        peer.AnswerAllFor(2);
        int checks = 0;
        world.Observer = (_, _, bytes) => checks += StunView.TryRead(bytes, out StunView request) && request.Class == StunClass.Request
            && request.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> user) && user.StartsWith("next:"u8) ? 1 : 0;
        if (isEarly)
        {
            a.Agent.SetRemoteCredentials(world.Now, told);
            a.Agent.EndRemoteCandidates(world.Now);
        }

        world.Run(2);
        Assert.True(checks > 0, a.ToString());
    }

    [Theory]
    [InlineData(IceRole.Controlling)]
    [InlineData(IceRole.Controlled)]
    public void Who_has_a_wrong_password_gives_up_though_the_other_one_checks_on(IceRole role)
    {
        var world = new IceWorld(35);
        IceHost a = world.Host("A", role, null, "192.0.2.1:1000", "192.0.2.2:1000");
        IceHost z = world.Host("Z", role == IceRole.Controlling ? IceRole.Controlled : IceRole.Controlling, null, "198.51.100.1:2000");
        a.Peer = z;
        z.Peer = a;
        world.TellCredentials(a, z);
        a.Agent.SetRemoteCredentials(world.Now, z.Agent.LocalCredentials with { Password = new string('A', 24) });
        world.Gather(a);
        world.Gather(z);
        world.RunUntil(() => a.Agent.State == IceState.Failed, 50);
        Assert.Equal((IceState.Failed, IceReason.AllPairsFailed), (a.Agent.State, a.Agent.Reason));
    }

    [Fact]
    public void Two_lite_agents_send_nothing_once_they_are_closed()
    {
        var world = new IceWorld(32);
        IceOptions lite = IceOptions.Default with { IsLite = true };
        IceHost a = world.Host("A", IceRole.Controlling, null, lite, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, lite, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 1));
        a.Agent.Close(world.Now);
        Assert.Null(a.Agent.SelectedPair);
        Assert.False(a.Agent.TryWrap(world.Now, [1], new byte[100], out _, out _));
    }

    [Fact, Rfc(8445, "5.1.3"), Rfc(8445, "9")]
    public void What_a_check_has_shown_first_is_a_candidate_when_the_server_says_it_too()
    {
        var candidates = new LocalCandidates();
        NetworkAddress host = Bytes.Address("10.0.0.1:1000");
        NetworkAddress mapped = Bytes.Address("192.0.2.1:2000");
        LocalCandidate own = candidates.Add(IceCandidateType.Host, IceTransport.Udp, host, host, 65535)!;
        Assert.Equal(IceCandidateType.PeerReflexive, candidates.FindOrLearn(mapped, own).Candidate.Type);
        LocalCandidate? told = candidates.Add(IceCandidateType.ServerReflexive, IceTransport.Udp, mapped, host, 65535, Bytes.Address("203.0.113.1:3478"), host);
        Assert.Equal(IceCandidateType.ServerReflexive, told?.Candidate.Type);
        Assert.Null(candidates.Add(IceCandidateType.ServerReflexive, IceTransport.Udp, mapped, host, 65535, Bytes.Address("203.0.113.2:3478"), host));
    }

    [Fact]
    public void The_log_does_not_grow_by_the_consent_of_a_pair_that_works()
    {
        var world = new IceWorld(33);
        IceHost a = world.Host("A", IceRole.Controlling, null, "192.0.2.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, null, "198.51.100.1:2000");
        world.Introduce(a, z);
        world.Gather(a);
        world.Gather(z);
        Assert.True(world.Connect(a, z, 5));
        world.Run(10);
        int before = a.Log.Count + z.Log.Count;
        world.Run(600);
        Assert.Equal(before, a.Log.Count + z.Log.Count);
        Assert.True(a.IsConnected && z.IsConnected);
    }
}
