using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>ICE agents over real sockets of the loopback interface.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task Two_agents_find_each_other_over_UDP_and_data_goes_both_ways()
    {
        await using var one = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        IceSelectedPair pair = await one.Connected;
        Assert.Equal(IceTransport.Udp, pair.Transport);
        Assert.Equal(IceCandidateType.Host, (await other.Connected).Remote.Type);

        one.Send([20, 1, 2]);
        Assert.Equal([20, 1, 2], await other.ReceiveAsync());
        other.Send([20, 3]);
        Assert.Equal([20, 3], await one.ReceiveAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_IPv6_it_is_no_different(bool isTcp)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "The system has no IPv6.");
        NetworkOptions options = new()
        {
            ReadInterfaces = static () => [new InterfaceAddress(new IPEndPoint(IPAddress.IPv6Loopback, 0).ToNetworkAddress(), 1, PrefixLength: 128)],
            EnablesIceTcp = isTcp,
        };
        await using var one = new AgentPeer(options, IceRole.Controlling) { Tells = candidate => candidate.TcpType != IceTcpType.None == isTcp };
        await using var other = new AgentPeer(options, IceRole.Controlled) { Tells = candidate => candidate.TcpType != IceTcpType.None == isTcp };
        AgentPeer.Join(one, other);
        IceSelectedPair pair = await one.Connected;
        Assert.Equal((isTcp ? IceTransport.Tcp : IceTransport.Udp, NetworkFamily.IPv6), (pair.Transport, pair.Path.Remote.Family));
        await other.Connected;
        one.Send([20, 1, 2]);
        Assert.Equal([20, 1, 2], await other.ReceiveAsync());
    }

    [Theory, Rfc(6544, "7.1")]
    [InlineData(IceTcpType.Passive)]
    [InlineData(IceTcpType.Active)]
    public async Task Over_TCP_whoever_may_opens_the_connection(IceTcpType told)
    {
        NetworkOptions options = AgentPeer.OnLoopback with { EnablesIceTcp = true };
        IceTcpType opposite = told == IceTcpType.Passive ? IceTcpType.Active : IceTcpType.Passive;
        await using var one = new AgentPeer(options, IceRole.Controlling) { Tells = candidate => candidate.TcpType == told };
        await using var other = new AgentPeer(options, IceRole.Controlled) { Tells = candidate => candidate.TcpType == opposite };
        AgentPeer.Join(one, other);
        Assert.Equal(IceTransport.Tcp, (await one.Connected).Transport);
        Assert.Equal(IceTransport.Tcp, (await other.Connected).Transport);

        byte[] large = new byte[40_000];
        large[0] = 20;
        for (int i = 0; i < 20; i++)
        {
            one.Send(large);
            other.Send(large);
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(large, await one.ReceiveAsync());
            Assert.Equal(large, await other.ReceiveAsync());
        }
    }

    [Fact, Rfc(6544, "4.1")]
    public async Task A_connection_that_begins_with_no_check_for_the_peer_is_closed()
    {
        await using var one = new AgentPeer(AgentPeer.OnLoopback with { EnablesIceTcp = true }, IceRole.Controlling) { Tells = static _ => false };
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled) { Tells = static _ => false };
        AgentPeer.Join(one, other);
        await one.Gathered;
        IceCandidate passive = one.CandidatesOf(IceCandidateType.Host).Single(candidate => candidate.TcpType == IceTcpType.Passive);

        using var stranger = new TcpClient();
        await stranger.ConnectAsync(IPAddress.Loopback, passive.Port);
        await stranger.GetStream().WriteAsync("\0\u0004GET "u8.ToArray());
        Task<int> end = stranger.GetStream().ReadAsync(new byte[1]).AsTask();
        Assert.Equal(0, await end.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact, Rfc(6762, "6")]
    public async Task Hidden_addresses_are_names_that_the_other_side_resolves()
    {
        using var ours = new MdnsService(static () => AgentPeer.Loopback, TimeProvider.System);
        using var theirs = new MdnsService(static () => AgentPeer.Loopback, TimeProvider.System);
        await using (var one = new AgentPeer(AgentPeer.OnLoopback with { HidesAddresses = true, Mdns = ours }, IceRole.Controlling))
        await using (var other = new AgentPeer(AgentPeer.OnLoopback with { HidesAddresses = true, Mdns = theirs }, IceRole.Controlled))
        {
            AgentPeer.Join(one, other);
            await one.Connected;
            await other.Connected;
            Assert.All(one.CandidatesOf(IceCandidateType.Host), candidate => Assert.EndsWith(".local", candidate.HostName, StringComparison.Ordinal));
            Assert.All(one.Candidates, candidate => Assert.DoesNotContain("127.0.0.1", candidate.ToString(), StringComparison.Ordinal));
        }

        // Nobody needs a name any more; a question may still wait for its answer.
        for (int i = 0; i < 200 && (ours.IsOpen || theirs.IsOpen); i++)
        {
            await Task.Delay(50);
        }

        Assert.False(ours.IsOpen);
        Assert.False(theirs.IsOpen);
    }

    [Fact]
    public async Task A_name_that_nobody_answers_for_has_no_address_in_the_end()
    {
        using var service = new MdnsService(static () => AgentPeer.Loopback, TimeProvider.System);
        var resolved = new TaskCompletionSource<NetworkAddress>();
        service.Resolve($"{Guid.NewGuid():D}.local", resolved.SetResult);
        Assert.Equal(NetworkAddress.None, await resolved.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        service.Resolve("example.org", address => Assert.Equal(NetworkAddress.None, address));
        Assert.False(service.IsOpen);
    }

    [Fact]
    public async Task Servers_that_cannot_be_reached_are_in_the_log_and_gathering_ends()
    {
        NetworkOptions options = AgentPeer.OnLoopback with
        {
            Servers =
            [
                new RTCIceServer("turn:127.0.0.1:1?transport=tcp", "u", "p"),
                new RTCIceServer("stuns:127.0.0.1"),
            ],
        };
        await using var one = new AgentPeer(options, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        await one.Gathered;
        await one.Connected;
        Assert.Contains("turn:127.0.0.1:1?transport=tcp: the connection was refused", one.LogText, StringComparison.Ordinal);
        Assert.Contains("stuns:127.0.0.1: STUN over TLS", one.LogText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_a_peer_ends_its_host_and_no_other()
    {
        await using var one = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlling);
        var broken = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        broken.Host.Post(static _ => throw new InvalidOperationException("a bug"));
        await broken.Host.Closed.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken.Connected);

        var isRun = new TaskCompletionSource();
        broken.Host.Post(_ => isRun.SetResult());            // nobody waits for ever
        await isRun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(one.Host.IsClosed);
    }

    [Fact]
    public async Task Hundreds_of_peers_share_one_port()
    {
        const int Count = 200;
        await using RTCUdpMux mux = RTCUdpMux.Open(new IPEndPoint(IPAddress.Loopback, 0), new RTCUdpMuxOptions { SocketCount = 2 });
        NetworkOptions onMux = AgentPeer.OnLoopback with { UdpMux = mux };
        List<(AgentPeer Server, AgentPeer Client)> pairs = [];
        for (int i = 0; i < Count; i++)
        {
            var server = new AgentPeer(onMux, IceRole.Controlled) { OnData = static (self, data) => self.Send([.. data, 1]) };
            pairs.Add((server, new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlling)));
            AgentPeer.Join(server, pairs[i].Client);
        }

        foreach ((AgentPeer server, AgentPeer client) in pairs)
        {
            await server.Connected;
            Assert.Equal(mux.LocalEndPoints[0].Port, (await client.Connected).Remote.Port);
        }

        for (int i = 0; i < Count; i++)
        {
            pairs[i].Client.Send([20, (byte)i]);
        }

        for (int i = 0; i < Count; i++)
        {
            Assert.Equal([20, (byte)i, 1], await pairs[i].Client.ReceiveAsync());
        }

        Assert.Equal(Count, mux.PeerCount);
        foreach ((AgentPeer server, AgentPeer client) in pairs)
        {
            await server.DisposeAsync();
            await client.DisposeAsync();
        }

        Assert.Equal(0, mux.PeerCount);
        Assert.Equal(0, mux.RouteCount);
    }
}
