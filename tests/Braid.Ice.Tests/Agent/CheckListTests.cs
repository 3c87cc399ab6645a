using System.Linq;
using Braid.Core;

namespace Braid.Ice.Tests.Agent;

/// <summary>Pairs, foundations and states, each rule alone.</summary>
public sealed class CheckListTests
{
    private readonly LocalCandidates _local = new();
    private readonly CheckList _list = new(10);

    [Fact, Rfc(8445, "6.1.2.2"), Rfc(6544, "6.2")]
    public void Only_what_can_reach_each_other_is_paired()
    {
        LocalCandidate four = Host("192.0.2.1:1");
        LocalCandidate six = Host("[2001:db8::1]:1");
        LocalCandidate link = Host("[fe80::1]:1");
        LocalCandidate loop = Host("127.0.0.1:1");
        Assert.True(CheckList.CanPair(four, Remote("198.51.100.1:1")));
        Assert.False(CheckList.CanPair(four, Remote("[2001:db8::2]:1")));
        Assert.False(CheckList.CanPair(six, Remote("[fe80::2]:1")));
        Assert.False(CheckList.CanPair(link, Remote("[2001:db8::2]:1")));
        Assert.True(CheckList.CanPair(link, Remote("[fe80::2]:1")));
        Assert.False(CheckList.CanPair(four, Remote("127.0.0.1:5432")));
        Assert.True(CheckList.CanPair(loop, Remote("127.0.0.1:5432")));

        LocalCandidate active = Host("192.0.2.1:9", IceTcpType.Active);
        LocalCandidate passive = Host("192.0.2.1:10", IceTcpType.Passive);
        LocalCandidate open = Host("192.0.2.1:11", IceTcpType.SimultaneousOpen);
        Assert.True(CheckList.CanPair(active, Remote("198.51.100.1:1", tcp: IceTcpType.Passive)));
        Assert.False(CheckList.CanPair(passive, Remote("198.51.100.1:9", tcp: IceTcpType.Active)));
        Assert.True(CheckList.CanPair(open, Remote("198.51.100.1:1", tcp: IceTcpType.SimultaneousOpen)));
        Assert.False(CheckList.CanPair(active, Remote("198.51.100.1:1")));
    }

    [Fact, Rfc(8445, "6.1.2.6"), Rfc(8445, "7.2.5.3.3"), Rfc(8838, "12")]
    public void One_pair_of_a_foundation_is_checked_first_and_thaws_the_others()
    {
        LocalCandidate own = Host("192.0.2.1:1");
        CandidatePair high = Add(own, Remote("198.51.100.1:1", "f", 300));
        CandidatePair low = Add(own, Remote("198.51.100.1:2", "f", 100));
        CandidatePair other = Add(own, Remote("198.51.100.1:3", "g", 50));
        Assert.Equal([PairState.Waiting, PairState.Frozen, PairState.Waiting], [high.State, low.State, other.State]);
        Assert.Equal([high, low, other], _list.Pairs);

        Assert.Same(high, Take());
        high.State = PairState.InProgress;
        Assert.Same(other, Take());
        other.State = PairState.InProgress;
        Assert.Null(Take());
        high.State = PairState.Succeeded;
        _list.Unfreeze(high);
        Assert.Same(low, Take());

        // RFC 8838 §12 rule 2: a pair works, so a new one of its foundation need not wait.
        Assert.Equal(PairState.Waiting, Add(own, Remote("198.51.100.1:4", "f", 10)).State);
    }

    [Fact, Rfc(8445, "6.1.4.2"), Rfc(8445, "6.1.2.6")]
    public void A_frozen_pair_is_checked_when_the_first_of_its_foundation_has_failed()
    {
        LocalCandidate own = Host("192.0.2.1:1");
        CandidatePair high = Add(own, Remote("198.51.100.1:1", "f", 300));
        CandidatePair low = Add(own, Remote("198.51.100.1:2", "f", 100));
        high.State = PairState.Failed;
        Assert.Same(low, Take());
    }

    [Fact, Rfc(8445, "6.1.4.1"), Rfc(8445, "7.3.1.4")]
    public void Triggered_checks_come_first_in_their_order_and_once()
    {
        LocalCandidate own = Host("192.0.2.1:1");
        CandidatePair high = Add(own, Remote("198.51.100.1:1", "f", 300));
        CandidatePair middle = Add(own, Remote("198.51.100.1:2", "g", 200));
        CandidatePair low = Add(own, Remote("198.51.100.1:3", "h", 100));
        _list.Trigger(low);
        _list.Trigger(middle);
        _list.Trigger(low);
        Assert.Same(low, Take());
        low.State = PairState.InProgress;
        Assert.Same(middle, Take());
        middle.State = PairState.InProgress;
        Assert.Same(high, Take());
    }

    [Fact, Rfc(8445, "6.1.2.4"), Rfc(8445, "5.1.3")]
    public void The_same_way_is_not_checked_twice()
    {
        LocalCandidate own = Host("192.0.2.1:1");
        RemoteCandidate remote = Remote("198.51.100.1:1");
        Add(own, remote);
        Assert.False(_list.TryAdd(Pair(own, remote), IceRole.Controlling, out _));
        Assert.Null(_local.Add(IceCandidateType.ServerReflexive, IceTransport.Udp, own.Address, own.Base, 1));
    }

    [Fact, Rfc(8445, "6.1.2.5"), Rfc(8838, "11")]
    public void Beyond_the_limit_failed_pairs_go_first_then_those_with_a_lower_priority()
    {
        LocalCandidate own = Host("192.0.2.1:1");
        CandidatePair[] pairs = [.. Enumerable.Range(1, 10).Select(index => Add(own, Remote($"198.51.100.1:{index}", $"f{index}", (uint)index * 10)))];
        Assert.False(_list.TryAdd(Pair(own, Remote("198.51.100.1:100", "low", 5)), IceRole.Controlling, out _));
        pairs[7].State = PairState.Failed;
        Assert.True(_list.TryAdd(Pair(own, Remote("198.51.100.1:101", "a", 55)), IceRole.Controlling, out CandidatePair? dropped));
        Assert.Same(pairs[7], dropped);
        Assert.True(_list.TryAdd(Pair(own, Remote("198.51.100.1:102", "b", 56)), IceRole.Controlling, out dropped));
        Assert.Same(pairs[0], dropped);
        Assert.Equal(10, _list.Pairs.Count);
    }

    [Fact, Rfc(8445, "5.1.1.3")]
    public void Foundations_are_the_same_for_type_base_server_and_transport()
    {
        LocalCandidate one = Host("192.0.2.1:1");
        LocalCandidate two = Host("192.0.2.1:2");
        LocalCandidate three = Host("192.0.2.2:1");
        Assert.Equal(one.Candidate.Foundation, two.Candidate.Foundation);
        Assert.NotEqual(one.Candidate.Foundation, three.Candidate.Foundation);
        LocalCandidate a = Reflexive("203.0.113.9:1", one, "203.0.113.1:3478");
        LocalCandidate b = Reflexive("203.0.113.9:2", two, "203.0.113.1:3479");
        LocalCandidate c = Reflexive("203.0.113.9:3", one, "203.0.113.2:3478");
        Assert.Equal(a.Candidate.Foundation, b.Candidate.Foundation);
        Assert.NotEqual(a.Candidate.Foundation, c.Candidate.Foundation);
        Assert.NotEqual(a.Candidate.Foundation, one.Candidate.Foundation);
    }

    [Fact, Rfc(8445, "7.2.5.1"), Rfc(8445, "7.3.1.1")]
    public void Of_two_agents_with_one_role_the_larger_tie_breaker_controls()
    {
        var random = new SeededRandom(1);
        var state = new RoleState(random, IceRole.Controlling);
        Assert.Equal(RoleOutcome.NoConflict, state.OnRequest(IceRole.Controlled, 0));
        Assert.Equal(RoleOutcome.PeerMustSwitch, state.OnRequest(IceRole.Controlling, state.TieBreaker));
        Assert.Equal(RoleOutcome.Switched, state.OnRequest(IceRole.Controlling, ulong.MaxValue));
        Assert.Equal(IceRole.Controlled, state.Role);
        Assert.Equal(RoleOutcome.PeerMustSwitch, state.OnRequest(IceRole.Controlled, ulong.MaxValue));
        Assert.Equal(RoleOutcome.Switched, state.OnRequest(IceRole.Controlled, state.TieBreaker));
        Assert.Equal(IceRole.Controlling, state.Role);

        ulong before = state.TieBreaker;
        Assert.False(state.OnConflict(IceRole.Controlled));
        Assert.True(state.OnConflict(IceRole.Controlling));
        Assert.Equal(IceRole.Controlled, state.Role);
        Assert.NotEqual(before, state.TieBreaker);
    }

    private CandidatePair? Take() => _list.TakeNext(_ => true);

    private CandidatePair Add(LocalCandidate own, RemoteCandidate remote)
    {
        CandidatePair pair = Pair(own, remote);
        Assert.True(_list.TryAdd(pair, IceRole.Controlling, out _));
        return pair;
    }

    private static CandidatePair Pair(LocalCandidate own, RemoteCandidate remote) => new(own, remote, new NetworkPath(own.Base, remote.Address));

    private LocalCandidate Host(string address, IceTcpType tcp = IceTcpType.None) => _local.Add(
        IceCandidateType.Host,
        tcp == IceTcpType.None ? IceTransport.Udp : IceTransport.Tcp,
        Bytes.Address(address),
        Bytes.Address(address),
        1000,
        tcpType: tcp)!;

    private LocalCandidate Reflexive(string address, LocalCandidate own, string server) => _local.Add(
        IceCandidateType.ServerReflexive, IceTransport.Udp, Bytes.Address(address), own.Base, 1000, Bytes.Address(server))!;

    private static RemoteCandidate Remote(string address, string foundation = "1", uint priority = 100, IceTcpType tcp = IceTcpType.None) => new(
        new IceCandidate
        {
            Foundation = foundation,
            Priority = priority,
            Address = Bytes.Address(address),
            Port = Bytes.Address(address).Port,
            Transport = tcp == IceTcpType.None ? IceTransport.Udp : IceTransport.Tcp,
            TcpType = tcp,
        },
        Bytes.Address(address));
}
