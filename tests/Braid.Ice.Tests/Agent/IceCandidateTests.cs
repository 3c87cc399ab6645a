using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;

namespace Braid.Ice.Tests.Agent;

/// <summary>Candidates as text, and their priorities.</summary>
public sealed class IceCandidateTests
{
    [Theory, Rfc(8839, "5.1"), Rfc(8445, "5.3"), Rfc(6544, "4.5")]
    [InlineData("candidate:1 1 udp 2130706431 192.0.2.1 8998 typ host")]
    [InlineData("candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998")]
    [InlineData("candidate:3 1 udp 16777215 2001:db8::1 45664 typ relay raddr 203.0.113.141 rport 8998")]
    [InlineData("candidate:4 1 tcp 2105458943 192.0.2.1 9 typ host tcptype active")]
    [InlineData("candidate:4 1 tcp 2105458943 192.0.2.1 4000 typ host tcptype passive")]
    [InlineData("candidate:4 1 tcp 2105458943 192.0.2.1 4000 typ srflx raddr 10.0.0.1 rport 4000 tcptype so")]
    [InlineData("candidate:842163049 1 udp 1677729535 192.0.2.4 60624 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag qFtJ network-cost 999")]
    [InlineData("candidate:0+/a 1 udp 1 f8e6c1a2-0000-4000-8000-2f3c4d5e6f70.local 54321 typ host generation 0 ufrag EsAw network-id 1")]
    public void A_candidate_is_read_and_written_as_it_was(string text)
    {
        Assert.True(IceCandidate.TryParse(text, out IceCandidate? candidate));
        Assert.Equal(text, candidate.ToString());
        Assert.True(IceCandidate.TryParse("a=" + text + " ", out IceCandidate? again));
        Assert.Equal(text, again.ToString());
        Assert.True(IceCandidate.TryParse(text["candidate:".Length..], out again));
        Assert.Equal(text, again.ToString());
    }

    [Fact, Rfc(8839, "5.1")]
    public void The_fields_are_what_they_say()
    {
        Assert.True(IceCandidate.TryParse("candidate:7 2 UDP 99 192.0.2.3 45664 typ prflx raddr 10.0.0.1 rport 8998 ufrag abcd x y", out IceCandidate? candidate));
        Assert.Equal("7", candidate.Foundation);
        Assert.Equal(2, candidate.Component);
        Assert.Equal(99u, candidate.Priority);
        Assert.Equal("192.0.2.3:45664", candidate.Address.ToString());
        Assert.Equal(IceCandidateType.PeerReflexive, candidate.Type);
        Assert.Equal("10.0.0.1:8998", candidate.RelatedAddress.ToString());
        Assert.Equal([new IceCandidateExtension("ufrag", "abcd"), new IceCandidateExtension("x", "y")], candidate.Extensions);
    }

    [Theory, Rfc(8839, "5.1")]
    [InlineData("")]
    [InlineData("candidate:")]
    [InlineData("candidate:1 1 udp 2130706431 192.0.2.1 8998")]
    [InlineData("candidate:1 1 udp 2130706431 192.0.2.1 8998 typ")]
    [InlineData("candidate:1 1 udp 2130706431 192.0.2.1 8998 type host")]
    [InlineData("candidate:1 1 udp 2130706431 192.0.2.1 8998 typ other")]
    [InlineData("candidate:1 0 udp 2130706431 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 257 udp 2130706431 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 -1 udp 2130706431 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 1 sctp 2130706431 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 1 udp 2147483648 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 1 udp 99999999999 192.0.2.1 8998 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 65536 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2 1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.256 1 typ host")]
    [InlineData("candidate:1 1 udp 1 0x7f.1 1 typ host")]
    [InlineData("candidate:1 1 udp 1 3221225985 1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.000.002.001 1 typ host")]
    [InlineData("candidate:1 1 udp 1 fe80::1%eth0 1 typ host")]
    [InlineData("candidate:1 1 udp 1 [2001:db8::1] 1 typ host")]
    [InlineData("candidate:1 1 udp 1 na/me.local 1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 1 typ host generation")]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 1 typ host tcptype active")]
    [InlineData("candidate:1 1 tcp 1 192.0.2.1 1 typ host")]
    [InlineData("candidate:1 1 tcp 1 192.0.2.1 1 typ host tcptype open")]
    [InlineData("candidate:1:2 1 udp 1 192.0.2.1 1 typ host")]
    [InlineData("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host")]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 192.0.2.1 rport x")]
    [InlineData("candidate:1 1 udp 1 192.0.2.1 1 typ host x y\r\na=z")]
    public void What_is_malformed_is_refused(string text) => Assert.False(IceCandidate.TryParse(text, out _));

    [Fact]
    public void Mutations_of_candidates_never_throw()
    {
        const string Good = "candidate:842163049 1 udp 1677729535 192.0.2.4 60624 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag qFtJ network-cost 999";
        var random = new SeededRandom(8839);
        for (int round = 0; round < 20_000; round++)
        {
            char[] text = Good.ToCharArray();
            for (int change = 1 + random.NextInt32(5); change > 0; change--)
            {
                text[random.NextInt32(text.Length)] = (char)(random.NextInt32(10) == 0 ? random.NextInt32(0x10000) : 32 + random.NextInt32(95));
            }

            if (IceCandidate.TryParse(new string(text), out IceCandidate? candidate))
            {
                Assert.True(IceCandidate.TryParse(candidate.ToString(), out _), candidate.ToString());
            }
        }

        Assert.False(IceCandidate.TryParse(new string('a', 100_000), out _));
        Assert.False(IceCandidate.TryParse(null, out _));
    }

    [Fact, Rfc(8445, "5.1.2.1"), Rfc(8445, "5.1.2"), Rfc(8445, "15.1")]
    public void Priorities_are_those_of_the_formula()
    {
        Assert.Equal(2130706431u, CandidatePriority.Compute(126, 65535));
        Assert.Equal(1694498815u, CandidatePriority.Compute(100, 65535));
        Assert.Equal(2130705922u, CandidatePriority.Compute(126, 65534, 254));
        Assert.Throws<ArgumentOutOfRangeException>(() => CandidatePriority.Compute(127, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => CandidatePriority.Compute(1, 65536));
    }

    [Fact, Rfc(8445, "6.1.2.3")]
    public void The_priority_of_a_pair_is_the_same_on_both_sides_whichever_controls()
    {
        Assert.Equal((1UL << 32) + 4 + 0, CandidatePriority.OfPair(1, 2));
        Assert.Equal((1UL << 32) + 4 + 1, CandidatePriority.OfPair(2, 1));
        Assert.Equal((2UL << 32) + 4, CandidatePriority.OfPair(2, 2));
    }

    [Fact, Rfc(6544, "4.2")]
    public void Of_TCP_candidates_the_active_ones_come_first_and_none_before_UDP_of_its_type()
    {
        int active = CandidatePriority.TcpLocalPreference(IceCandidateType.Host, IceTcpType.Active, 8191);
        int passive = CandidatePriority.TcpLocalPreference(IceCandidateType.Host, IceTcpType.Passive, 8191);
        int both = CandidatePriority.TcpLocalPreference(IceCandidateType.Host, IceTcpType.SimultaneousOpen, 8191);
        Assert.True(active > passive && passive > both);
        Assert.Equal((6 << 13) + 8191, active);
        Assert.True(CandidatePriority.TcpLocalPreference(IceCandidateType.ServerReflexive, IceTcpType.SimultaneousOpen, 0)
            > CandidatePriority.TcpLocalPreference(IceCandidateType.ServerReflexive, IceTcpType.Active, 8191));
        Assert.True(CandidatePriority.TypePreference(IceCandidateType.Host, IceTransport.Tcp) > CandidatePriority.TypePreference(IceCandidateType.ServerReflexive));
    }

    [Fact, Rfc(8421, "4"), Rfc(8421, "5")]
    public void With_two_IPv4_and_six_IPv6_addresses_an_IPv4_one_comes_after_four()
    {
        List<NetworkAddress> addresses =
        [
            Bytes.Address("192.0.2.1:1"),
            Bytes.Address("192.0.2.2:1"),
            Bytes.Address("[fe80::1]:1"),
            .. Enumerable.Range(1, 5).Select(index => Bytes.Address($"[2001:db8::{index}]:1")),
        ];
        IReadOnlyList<int> preferences = CandidatePriority.LocalPreferences(addresses);
        Assert.Equal(8, preferences.Distinct().Count());
        string order = string.Concat(addresses.Zip(preferences).OrderByDescending(pair => pair.Second).Select(pair => pair.First.Family == NetworkFamily.IPv4 ? '4' : '6'));
        Assert.Equal("66664664", order);
        Assert.Equal(NetworkScope.Link, addresses.Zip(preferences).Where(pair => pair.First.Family == NetworkFamily.IPv6).MinBy(pair => pair.Second).First.Scope);
    }

    [Fact, Rfc(8445, "5.3"), Rfc(8839, "5.4")]
    public void Credentials_are_long_enough_and_of_ice_chars()
    {
        var random = new SeededRandom(1);
        IceCredentials credentials = IceCredentials.Draw(random);
        Assert.True(credentials.IsValid);
        Assert.NotEqual(credentials, IceCredentials.Draw(random));
        Assert.False(new IceCredentials("abc", new string('a', 22)).IsValid);
        Assert.False(new IceCredentials("abcd", new string('a', 21)).IsValid);
        Assert.False(new IceCredentials("ab:d", new string('a', 22)).IsValid);
        Assert.True(new IceCredentials("a-_d", new string('=', 21) + '#').IsValid);      // as browsers have it
        Assert.False(new IceCredentials("abcd", new string('a', 257)).IsValid);
        Assert.DoesNotContain(credentials.Password, credentials.ToString(), StringComparison.Ordinal);
    }
}
