using System;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Braid.Ice;
using Braid.WebRtc.Network;
using Braid.WebRtc.Tests.Network;

namespace Braid.WebRtc.Interop;

/// <summary>ICE agents over real sockets with coturn as their STUN and TURN server.</summary>
public sealed class CoturnTests
{
    [Fact]
    public async Task A_STUN_server_says_where_we_are()
    {
        await using TurnServer server = await TurnServer.StartAsync();
        NetworkOptions options = AgentPeer.OnLoopback with { Servers = [new RTCIceServer($"stun:{server.At}")] };
        await using var one = new AgentPeer(options, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        await one.Gathered;
        await one.Connected;
        Assert.Contains($"STUN server {server.At} sees 127.0.0.1:", one.LogText, StringComparison.Ordinal);
    }

    [Theory, Rfc(8656, "3.1")]
    [InlineData("udp", "udp")]
    [InlineData("tcp", "tcp")]
    [InlineData("tls", "tls")]
    [InlineData("udp", "tls")]
    public async Task Two_agents_with_nothing_but_relays_find_each_other(string transport, string otherTransport)
    {
        await using TurnServer server = await TurnServer.StartAsync();
        await using var one = new AgentPeer(RelayOnly(server, transport), IceRole.Controlling);
        await using var other = new AgentPeer(RelayOnly(server, otherTransport), IceRole.Controlled);
        AgentPeer.Join(one, other);
        Assert.True((await one.Connected).IsRelayed, one.LogText);
        Assert.True((await other.Connected).IsRelayed, other.LogText);
        Assert.Empty(one.CandidatesOf(IceCandidateType.Host));

        byte[] data = new byte[1200];
        data[0] = 20;
        for (int i = 0; i < 50; i++)
        {
            one.Send(data);
            Assert.Equal(data, await other.ReceiveAsync());
            other.Send(data);
            Assert.Equal(data, await one.ReceiveAsync());
        }
    }

    [Theory, Rfc(8489, "9.2.5")]
    [InlineData("udp")]
    [InlineData("tls")]
    public async Task With_a_wrong_password_there_is_no_relay_and_the_log_says_why(string transport)
    {
        await using TurnServer server = await TurnServer.StartAsync();
        await using var one = new AgentPeer(RelayOnly(server, transport, "wrong"), IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        await one.Gathered;
        Assert.Empty(one.Candidates);
        Assert.Contains("401 the server does not know the user, or the password is wrong", one.LogText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        await using TurnServer server = await TurnServer.StartAsync();
        await using var one = new AgentPeer(RelayOnly(server, "tls") with { CertificateAuthorities = null }, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        await one.Gathered;
        Assert.Empty(one.Candidates);
        Assert.Contains($"turns:{server.TlsAt}: its certificate is not accepted", one.LogText, StringComparison.Ordinal);
    }

    [Fact, Rfc(8656, "9")]
    public async Task When_the_server_goes_the_agents_notice()
    {
        TurnServer server = await TurnServer.StartAsync();
        var ice = new IceOptions
        {
            Pacing = TimeSpan.FromMilliseconds(5),
            ConsentInterval = TimeSpan.FromSeconds(5),
            ConsentExpiry = TimeSpan.FromSeconds(5),
        };
        await using var one = new AgentPeer(RelayOnly(server, "tcp"), IceRole.Controlling, ice);
        await using var other = new AgentPeer(RelayOnly(server, "udp"), IceRole.Controlled, ice);
        try
        {
            AgentPeer.Join(one, other);
            await one.Connected;
            await other.Connected;
        }
        finally
        {
            await server.DisposeAsync();
        }

        Assert.Equal(IceReason.ConsentExpired, await other.Failed.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.NotEqual(IceReason.None, await one.Failed.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static NetworkOptions RelayOnly(TurnServer server, string transport, string password = TurnServer.Password) => AgentPeer.OnLoopback with
    {
        IsRelayOnly = true,
        CertificateAuthorities = new X509Certificate2Collection(server.Certificate),
        Servers =
        [
            new RTCIceServer(
                transport == "tls" ? $"turns:{server.TlsAt}" : $"turn:{server.At}?transport={transport}",
                TurnServer.User,
                password),
        ],
    };
}
