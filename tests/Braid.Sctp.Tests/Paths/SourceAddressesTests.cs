using System;
using System.Linq;
using System.Net;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests;

/// <summary>Which of our addresses is left from, and which a peer is told.</summary>
public sealed class SourceAddressesTests
{
    private static readonly NetworkAddress[] s_own =
    [
        Address("127.0.0.1"), Address("169.254.7.7"), Address("10.0.0.1"), Address("192.168.1.1"), Address("198.51.100.1"), Address("203.0.113.1"),
        Address("::1"), Address("fe80::1"), Address("fd00::1"), Address("2001:db8::1"),
    ];

    [Theory, Rfc(9260, "5.1.2"), Rfc(9260, "6.4.1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("169.254.1.1", "169.254.7.7")]
    [InlineData("10.0.0.9", "10.0.0.1")]
    [InlineData("192.168.1.9", "192.168.1.1")]
    [InlineData("172.16.0.1", "192.168.1.1")]
    [InlineData("203.0.113.9", "203.0.113.1")]
    [InlineData("198.51.100.9", "198.51.100.1")]
    [InlineData("::1", "::1")]
    [InlineData("fe80::9", "fe80::1")]
    [InlineData("fd00::9", "fd00::1")]
    [InlineData("2001:db8:9::1", "2001:db8::1")]
    public void Packets_leave_from_the_address_of_the_family_that_reaches_just_far_enough_and_is_nearest(string remote, string expected) =>
        Assert.Equal(Address(expected), SourceAddresses.For(s_own, Address(remote)));

    [Theory, Rfc(9260, "5.1.2")]
    [InlineData("127.0.0.1", 10)]
    [InlineData("169.254.1.1", 8)]
    [InlineData("10.0.0.9", 6)]
    [InlineData("fd00::9", 6)]
    [InlineData("203.0.113.9", 3)]
    [InlineData("2001:db8:9::1", 3)]
    public void A_peer_is_told_of_those_addresses_that_reach_at_least_as_far_as_its_own(string remote, int told)
    {
        Span<byte> room = stackalloc byte[400];
        var writer = new ParameterWriter(room);
        SourceAddresses.WriteTold(ref writer, s_own, new NetworkPath(Address("192.0.2.1"), Address(remote)));
        Assert.Equal(told, Count(writer.Written));
    }

    [Fact, Rfc(9260, "5.1.2")]
    public void The_address_that_the_packet_shows_is_not_told()
    {
        Span<byte> room = stackalloc byte[400];
        var writer = new ParameterWriter(room);
        SourceAddresses.WriteTold(ref writer, s_own, new NetworkPath(Address("203.0.113.1"), Address("203.0.113.9")));
        Assert.Equal(2, Count(writer.Written));
    }

    [Fact, Rfc(9260, "6.4.1")]
    public void The_address_that_suits_best_has_every_second_turn_and_the_others_the_rest()
    {
        NetworkAddress[] own = [Address("198.51.100.1"), Address("192.0.2.1"), Address("203.0.113.1"), Address("10.0.0.1"), Address("2001:db8::1")];
        var path = new NetworkPath(own[0], Address("198.51.100.9"));
        NetworkAddress[] turns = [.. Enumerable.Range(1, 6).Select(failures => SourceAddresses.After(own, path, failures))];
        Assert.Equal([own[1], own[0], own[2], own[0], own[1], own[0]], turns);
        var alone = new NetworkPath(own[4], Address("2001:db8::2"));
        Assert.All(Enumerable.Range(1, 5), failures => Assert.Equal(own[4], SourceAddresses.After(own, alone, failures)));
        Assert.Equal(own[0], SourceAddresses.After([own[4]], path, 1));
        Assert.Equal(NetworkAddress.None, SourceAddresses.For([Address("::1")], Address("192.0.2.2")));
    }

    [Fact]
    public void A_list_of_addresses_has_unicast_ones_and_each_once()
    {
        foreach (NetworkAddress[] wrong in new NetworkAddress[][]
        {
            [NetworkAddress.None], [Address("224.0.0.1")], [Address("::")], [Address("192.0.2.1"), Address("192.0.2.1").WithPort(5)],
        })
        {
            Assert.Throws<ArgumentException>(() => new Endpoint(new EndpointOptions { LocalAddresses = wrong }, new SeededRandom(1)));
        }
    }

    private static int Count(ReadOnlySpan<byte> parameters)
    {
        int count = 0;
        var reader = new ParameterReader(parameters);
        while (reader.TryRead(out ParameterView parameter))
        {
            Assert.True(AddressParameter.TryRead(parameter, out _));
            count++;
        }

        return count;
    }

    private static NetworkAddress Address(string text)
    {
        byte[] bytes = IPAddress.Parse(text).GetAddressBytes();
        return bytes.Length == 4 ? NetworkAddress.FromIPv4(bytes, 9899) : NetworkAddress.FromIPv6(bytes, 9899);
    }
}
