using System.Collections.Generic;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>URLs of STUN and TURN servers.</summary>
public sealed class ServerUrlTests
{
    [Theory, Rfc(7064, "3.1"), Rfc(7065, "3.1")]
    [InlineData("stun:example.org", false, "Udp", "example.org", 3478)]
    [InlineData("STUN:example.org:19302", false, "Udp", "example.org", 19302)]
    [InlineData("stuns:example.org", false, "Tls", "example.org", 5349)]
    [InlineData("turn:192.0.2.1", true, "Udp", "192.0.2.1", 3478)]
    [InlineData("turn:example.org?transport=udp", true, "Udp", "example.org", 3478)]
    [InlineData("turn:example.org:80?transport=TCP", true, "Tcp", "example.org", 80)]
    [InlineData("turns:example.org", true, "Tls", "example.org", 5349)]
    [InlineData("turns:example.org:443?transport=tcp", true, "Tls", "example.org", 443)]
    [InlineData("turn:[2001:db8::1]:3479", true, "Udp", "2001:db8::1", 3479)]
    [InlineData("stun:[::1]", false, "Udp", "::1", 3478)]
    public void What_is_right_is_read(string text, bool isTurn, string transport, string host, int port)
    {
        Assert.Null(IceServerUrl.TryParse(text, out IceServerUrl? url));
        Assert.Equal((isTurn, transport, host, (ushort)port), (url!.IsTurn, url.Transport.ToString(), url.Host, url.Port));
    }

    [Theory]
    [InlineData("", "it does not begin with stun:")]
    [InlineData("http:example.org", "it does not begin with stun:")]
    [InlineData("stun://example.org", "stun:example.org is meant, maybe")]
    [InlineData("stun:", "it names no host")]
    [InlineData("stun::3478", "it names no host")]
    [InlineData("stun:example.org?transport=udp", "a STUN server's URL has no query")]
    [InlineData("turn:user@example.org", "the user's name does not stand in it")]
    [InlineData("turn:example.org?transport=sctp", "transport=udp or transport=tcp")]
    [InlineData("turn:example.org?", "transport=udp or transport=tcp")]
    [InlineData("turns:example.org?transport=udp", "TURN over DTLS is not supported")]
    [InlineData("turn:2001:db8::1", "an IPv6 address stands in brackets")]
    [InlineData("turn:[2001:db8::1", "no IPv6 address between the brackets")]
    [InlineData("turn:[192.0.2.1]", "no IPv6 address between the brackets")]
    [InlineData("turn:[::1]3478", "a colon with the port, or nothing")]
    [InlineData("turn:example.org:0", "1 to 65535")]
    [InlineData("turn:example.org:65536", "1 to 65535")]
    [InlineData("turn:example.org:", "1 to 65535")]
    [InlineData("turn:exa mple.org", "the host's name is not one")]
    public void What_is_wrong_is_said(string text, string why) =>
        Assert.Contains(why, IceServerUrl.TryParse(text, out _), System.StringComparison.Ordinal);

    [Fact]
    public void A_TURN_server_needs_a_user()
    {
        List<IceServerUrl> urls = [];
        Assert.Equal(RTCErrorName.InvalidAccessError, IceServerUrl.TryParse(new RTCIceServer("turn:example.org"), urls).Name);
        Assert.Equal(RTCErrorName.InvalidAccessError, IceServerUrl.TryParse(new RTCIceServer("turn:example.org", "user"), urls).Name);
        Assert.Equal(RTCErrorName.SyntaxError, IceServerUrl.TryParse(new RTCIceServer([]), urls).Name);
        Assert.Equal(RTCErrorName.SyntaxError, IceServerUrl.TryParse(new RTCIceServer("example.org"), urls).Name);
        Assert.True(IceServerUrl.TryParse(new RTCIceServer(["stun:a.example", "turn:a.example"], "user", "password"), urls).IsNone);
        Assert.Equal(2, urls.Count);
    }
}
