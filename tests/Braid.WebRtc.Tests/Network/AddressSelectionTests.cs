using System.Collections.Generic;
using System.Linq;
using System.Net;
using Braid.Core;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>Which addresses of a host become candidates.</summary>
[Rfc(8445, "5.1.1.1")]
public sealed class AddressSelectionTests
{
    [Fact]
    public void Loopback_is_left_out_unless_there_is_nothing_else_or_it_is_asked_for()
    {
        InterfaceAddress[] host = [Own("127.0.0.1", 1), Own("::1", 1), Own("192.0.2.7", 2)];
        Assert.Equal(["192.0.2.7"], Select(host));
        Assert.Equal(["192.0.2.7", "127.0.0.1", "::1"], Select(host, withLoopback: true));
        Assert.Equal(["127.0.0.1", "::1"], Select(host[..2]));
    }

    [Fact]
    public void Link_local_addresses_are_left_out_beside_wider_ones_of_their_family()
    {
        Assert.Equal(["192.0.2.7", "2001:db8::7"], Select([Own("192.0.2.7", 2), Own("169.254.1.1", 3), Own("fe80::1", 2), Own("2001:db8::7", 2)]));
        Assert.Equal(["192.0.2.7", "fe80::1"], Select([Own("192.0.2.7", 2), Own("fe80::1", 2)]));
    }

    [Fact]
    public void Site_local_and_IPv4_compatible_addresses_are_never_used() =>
        Assert.Equal(["2001:db8::7"], Select([Own("fec0::1", 2), Own("::192.0.2.1", 2), Own("2001:db8::7", 2)]));

    [Fact]
    public void A_temporary_address_stands_for_the_lasting_one_beside_it() =>
        Assert.Equal(
            ["2001:db8::aa", "2001:db8:1::7"],
            Select([Own("2001:db8::7", 2), Own("2001:db8::aa", 2, isTemporary: true), Own("2001:db8:1::7", 2)]));

    [Fact]
    public void A_deprecated_address_is_used_where_there_is_no_other()
    {
        Assert.Equal(["2001:db8::7"], Select([Own("2001:db8::7", 2), Own("2001:db8::8", 2, isDeprecated: true)]));
        Assert.Equal(["2001:db8::8"], Select([Own("2001:db8::8", 2, isDeprecated: true)]));
        Assert.Equal(["2001:db8::7"], Select([Own("2001:db8::7", 2), Own("2001:db8::aa", 2, isTemporary: true, isDeprecated: true)]));
    }

    [Fact, Rfc(8828, "5.2")]
    public void The_default_route_alone_can_be_asked_for()
    {
        InterfaceAddress[] host = [Own("10.0.0.1", 2), Own("192.0.2.7", 3), Own("2001:db8::7", 3), Own("fd00::1", 2)];
        Assert.Equal(["192.0.2.7", "2001:db8::7"], Select(host, policy: AddressPolicy.DefaultRoute, routes: ["192.0.2.7", "2001:db8::7"]));
        Assert.Equal(["192.0.2.7", "10.0.0.1", "2001:db8::7", "fd00::1"], Select(host, routes: ["192.0.2.7"]));
    }

    [Fact, Rfc(8421, "4")]
    public void Of_too_many_addresses_neither_family_crowds_the_other_out()
    {
        List<InterfaceAddress> host = [.. Enumerable.Range(1, 9).Select(i => Own($"2001:db8:{i}::7", 2)), Own("192.0.2.7", 2)];
        IReadOnlyList<string> selected = Select([.. host], most: 3);
        Assert.Equal(3, selected.Count);
        Assert.Contains("192.0.2.7", selected);
        Assert.Contains("192.0.2.7", Select([Own("2001:db8::1", 2), Own("2001:db8::2", 2), Own("192.0.2.7", 2), Own("192.0.2.8", 2)], most: 3));
    }

    [Fact]
    public void This_host_has_an_address() =>
        Assert.NotEmpty(AddressSelection.Select(
            InterfaceAddresses.Read(), AddressPolicy.All, InterfaceAddresses.ReadDefaultRoutes(), withLoopback: false, most: 16));

    private static InterfaceAddress Own(string address, int index, bool isTemporary = false, bool isDeprecated = false) =>
        new(Address(address), index, address.Contains(':', System.StringComparison.Ordinal) ? 64 : 24, isTemporary, isDeprecated);

    private static NetworkAddress Address(string text) => new IPEndPoint(IPAddress.Parse(text), 0).ToNetworkAddress();

    private static IReadOnlyList<string> Select(
        InterfaceAddress[] all, AddressPolicy policy = AddressPolicy.All, string[]? routes = null, bool withLoopback = false, int most = 16) =>
        [.. AddressSelection.Select(all, policy, [.. (routes ?? []).Select(Address)], withLoopback, most)
            .Select(address => address.ToIPEndPoint().Address.ToString())];
}
