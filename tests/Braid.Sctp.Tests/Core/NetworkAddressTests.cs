using System.Net;
using Braid.Core;

namespace Braid.Sctp.Tests.Core;

public sealed class NetworkAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", true)]
    [InlineData("::", false)]
    [InlineData("ff02::1", false)]
    [InlineData("fe80::1", true)]
    public void Only_unicast_addresses_can_hold_an_association(string text, bool isUnicast) =>
        Assert.Equal(isUnicast, Parse(text).IsUnicast);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:5")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1:5")]
    [InlineData("2001:db8::7", "[2001:db8::7]:5")]
    public void An_address_prints_as_people_write_it(string text, string printed) => Assert.Equal(printed, Parse(text).ToString());

    [Fact]
    public void The_port_is_no_part_of_the_host()
    {
        NetworkAddress address = Parse("10.0.0.1");
        Assert.True(address.IsSameHost(address.WithPort(99)));
        Assert.NotEqual(address, address.WithPort(99));
        Assert.False(address.IsSameHost(Parse("10.0.0.2")));
        Assert.False(address.IsSameHost(NetworkAddress.None));
    }

    private static NetworkAddress Parse(string text)
    {
        byte[] bytes = IPAddress.Parse(text).GetAddressBytes();
        return bytes.Length == 4 ? NetworkAddress.FromIPv4(bytes, 5) : NetworkAddress.FromIPv6(bytes, 5);
    }
}
