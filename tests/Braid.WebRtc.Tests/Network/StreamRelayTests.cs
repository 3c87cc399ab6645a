using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Sockets;

namespace Braid.WebRtc.Tests.Network;

/// <summary>Connections to a TURN server over TCP, and restarts of ICE.</summary>
public sealed class StreamRelayTests
{
    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4")]
    public async Task A_server_that_was_not_there_is_asked_again_by_a_restart()
    {
        int port;
        using (TcpTurnServer first = TcpTurnServer.Start())
        {
            port = int.Parse(first.Url.Urls[0].Split(':', '?')[2], System.Globalization.CultureInfo.InvariantCulture);
        }

        var url = new RTCIceServer($"turn:127.0.0.1:{port}?transport=tcp", "user", "pass");
        await using var one = new AgentPeer(AgentPeer.OnLoopback with { Servers = [url] }, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled) { Tells = static _ => false };
        AgentPeer.Join(one, other);
        await one.Gathered;
        Assert.Contains("the connection was refused", one.LogText, StringComparison.Ordinal);
        Assert.Empty(one.CandidatesOf(IceCandidateType.Relayed));

        using TcpTurnServer server = TcpTurnServer.Start(port);
        one.Host.Post(now => one.Agent.Restart(now));
        await UntilAsync(() => one.CandidatesOf(IceCandidateType.Relayed).Length == 1, one);
    }

    [Fact, Rfc(8445, "9"), Rfc(8445, "2.4")]
    public async Task A_connection_that_was_lost_is_opened_again_by_a_restart()
    {
        using TcpTurnServer server = TcpTurnServer.Start();
        await using var one = new AgentPeer(AgentPeer.OnLoopback with { Servers = [server.Url] }, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled) { Tells = static _ => false };
        AgentPeer.Join(one, other);
        await one.Gathered;
        Assert.Single(one.CandidatesOf(IceCandidateType.Relayed));
        Assert.True(server.Clients.TryPeek(out TcpClient? connection));
        connection.Client.Shutdown(SocketShutdown.Both);
        one.Host.Post(now => one.Agent.Restart(now));
        await UntilAsync(() => one.CandidatesOf(IceCandidateType.Relayed).Length == 2, one);
        Assert.Equal(2, server.Clients.Count);
    }

    [Fact, Rfc(8445, "8.3.1")]
    public async Task The_connection_before_a_restart_is_closed_when_another_pair_is_chosen()
    {
        using TcpTurnServer server = TcpTurnServer.Start();
        await using var one = new AgentPeer(AgentPeer.OnLoopback with { Servers = [server.Url] }, IceRole.Controlling);
        await using var other = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        AgentPeer.Join(one, other);
        await one.Connected;
        await other.Connected;
        await one.Gathered;
        Assert.Equal(0, server.Ended);
        IceCredentials ours = IceCredentials.Draw(OperatingSystemRandom.Instance);
        IceCredentials theirs = IceCredentials.Draw(OperatingSystemRandom.Instance);
        one.Host.Post(now => Restart(now, one, ours, theirs));
        other.Host.Post(now => Restart(now, other, theirs, ours));
        await UntilAsync(() => server.Ended == 1, one);
        Assert.Equal(2, server.Clients.Count);
        one.Send([20, 1]);
        Assert.Equal([20, 1], await other.ReceiveAsync());
    }

    private static void Restart(Instant now, AgentPeer peer, IceCredentials own, IceCredentials remote)
    {
        peer.Host.AddUsernameFragment(own.UsernameFragment);
        peer.Agent.Restart(now, own);
        peer.Agent.SetRemoteCredentials(now, remote);
    }

    private static async Task UntilAsync(Func<bool> condition, AgentPeer peer)
    {
        for (int i = 0; i < 400 && !condition(); i++)
        {
            await Task.Delay(50);
        }

        Assert.True(condition(), peer.LogText);
    }
}
