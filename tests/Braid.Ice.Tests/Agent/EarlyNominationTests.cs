using System.Linq;
using Braid.Core;
using Braid.Ice.Tests.World;

namespace Braid.Ice.Tests.Agent;

/// <summary>
/// A peer that has our offer checks, and nominates, before its answer has come: it has our response, and will not say it again
/// (RFC 8445 §7.3).
/// </summary>
public sealed class EarlyNominationTests
{
    private static readonly NetworkAddress s_own = Bytes.Address("198.51.100.1:7");

    //    peer                         A (controlling, has made the offer)
    //    ---- USE-CANDIDATE, controlling ---->    A: now controlled
    //    <--- success ------------------------
    //    ---- answer: "A is controlling" ----->
    //    <--- check, controlled --------------
    //    ---- success ------------------------>   A: nominated
    [Fact, Rfc(8445, "6.1.1"), Rfc(8445, "7.3"), Rfc(8445, "7.3.1.1"), Rfc(8445, "7.3.1.5"), Rfc(8445, "7.2.5.3.4")]
    public void A_role_that_a_conflict_has_switched_is_not_reset_by_the_answer_that_comes_later()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered();
        peer.TieBreaker = ulong.MaxValue;
        peer.Check(a.Addresses[0], s_own, priority: 1000, useCandidate: true);
        Assert.Equal(IceRole.Controlled, a.Agent.Role);
        a.Agent.SetRole(world.Now, IceRole.Controlling);
        Assert.Equal(IceRole.Controlled, a.Agent.Role);
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        peer.AnswerAll();
        Assert.Equal(s_own, a.Selected?.Path.Remote);
        Assert.Single(a.Events.OfType<IceEvent.RoleChanged>());
    }

    [Fact, Rfc(8445, "6.1.1"), Rfc(8445, "7.3.1.1")]
    public void Nor_is_one_that_the_peer_had_to_give_up()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered();
        peer.TieBreaker = 0;
        peer.Check(a.Addresses[0], s_own, priority: 1000, useCandidate: true);
        a.Agent.SetRole(world.Now, IceRole.Controlled);      // the peer has our 487, and is controlled now
        Assert.Equal(IceRole.Controlling, a.Agent.Role);
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        peer.Check(a.Addresses[0], s_own, priority: 1000, useCandidate: false, IceRole.Controlled);
        peer.AnswerAll();
        Assert.True(a.IsConnected, a.ToString());
    }

    [Fact, Rfc(8445, "6.1.1"), Rfc(8445, "9")]
    public void After_a_restart_it_is_still_so()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered();
        peer.TieBreaker = ulong.MaxValue;
        peer.Check(a.Addresses[0], s_own, priority: 1000, useCandidate: false);
        a.Agent.Restart(world.Now);
        a.Agent.SetRole(world.Now, IceRole.Controlling);
        Assert.Equal(IceRole.Controlled, a.Agent.Role);
    }

    [Fact, Rfc(8445, "7.3.1.5"), Rfc(8838, "11")]
    public void A_nominated_pair_makes_no_room_for_those_of_the_answer()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered(new IceOptions { MaximumPairs = 5 }, IceRole.Controlled);
        peer.Check(a.Addresses[0], s_own, priority: 1, useCandidate: true);
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        Tell(world, a, 10);
        peer.AnswerOnly(s_own, 2);
        Assert.Equal(s_own, a.Selected?.Path.Remote);
    }

    [Fact, Rfc(8445, "7.3.1.5"), Rfc(8838, "11")]
    public void A_pair_that_is_nominated_has_room_where_there_is_none()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered(new IceOptions { MaximumPairs = 5, MaximumRemoteCandidates = 10 }, IceRole.Controlled);
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        Tell(world, a, 10);
        peer.Check(a.Addresses[0], s_own, priority: 1, useCandidate: true);
        peer.AnswerOnly(s_own, 2);
        Assert.Equal(s_own, a.Selected?.Path.Remote);
    }

    // Of two that are nominated, the check of the better one is lost, and meanwhile the other one works.
    [Fact, Rfc(8445, "8.1.1"), Rfc(8445, "7.3.1.5")]
    public void A_nominated_pair_whose_check_was_lost_is_checked_again_though_another_was_chosen()
    {
        (IceWorld world, IceHost a, HandMadePeer peer) = Offered(role: IceRole.Controlled);
        a.Agent.SetRemoteCredentials(world.Now, peer.Credentials);
        NetworkAddress better = s_own.WithPort(8);
        peer.Check(a.Addresses[0], better, priority: 2000, useCandidate: true);
        peer.Check(a.Addresses[0], s_own, priority: 1000, useCandidate: true);
        peer.AnswerOnly(s_own, 0.2);
        Assert.Equal(s_own, a.Selected?.Path.Remote);
        peer.AnswerAllFor(2);
        Assert.Equal(better, a.Selected?.Path.Remote);
    }

    [Fact, Rfc(8445, "7.2.5.3.1")]
    public void What_a_peer_on_the_link_sees_is_the_host_candidate()
    {
        var candidates = new LocalCandidates();
        NetworkAddress host = Bytes.Address("[fe80::1]:1000").WithScopeId(3);
        LocalCandidate own = candidates.Add(IceCandidateType.Host, IceTransport.Udp, host, host, 65535)!;
        Assert.Same(own, candidates.FindOrLearn(host.WithScopeId(0), own));
        Assert.NotSame(own, candidates.FindOrLearn(host.WithScopeId(0).WithPort(2000), own));
    }

    private static void Tell(IceWorld world, IceHost a, int count)
    {
        for (int port = 1; port <= count; port++)
        {
            Assert.True(IceCandidate.TryParse($"candidate:{port} 1 udp 2130706431 203.0.113.1 {port} typ host", out IceCandidate? told));
            a.Agent.AddRemoteCandidate(world.Now, told);
        }
    }

    private static (IceWorld World, IceHost A, HandMadePeer Peer) Offered(IceOptions? options = null, IceRole role = IceRole.Controlling)
    {
        var world = new IceWorld(41);
        IceHost a = world.Host("A", role, null, options ?? IceOptions.Default, "192.0.2.1:1000");
        world.Gather(a);
        world.Run(0.1);
        return (world, a, new HandMadePeer(a, world));
    }
}
