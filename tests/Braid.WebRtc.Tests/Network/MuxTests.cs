using System;
using System.Net;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Ice.Stun;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>Who gets what comes to a shared port.</summary>
public sealed class MuxTests
{
    private static readonly NetworkAddress s_local = new IPEndPoint(IPAddress.Loopback, 1).ToNetworkAddress();

    [Fact]
    public void What_is_for_nobody_is_counted_and_costs_no_memory()
    {
        var table = new MuxTable();
        var shard = new MuxShard(table, thread: null, TimeProvider.System);
        var port = new UdpPort(UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0)), thread: null, shard);
        DatagramBatch batch = DatagramBatch.Rent();
        for (int i = 0; i < 20; i++)
        {
            var from = new NetworkPath(NetworkAddress.None, new IPEndPoint(IPAddress.Loopback, 5000 + i).ToNetworkAddress());
            batch.Commit(WriteCheck(batch.Free, "nobody:us"u8), from);
            "no STUN message"u8.CopyTo(batch.Free);
            batch.Free[0] = 22;                              // DTLS
            batch.Commit(15, from);
            int length = WriteCheck(batch.Free, "nobody:us"u8);
            batch.Free[3] ^= 4;
            batch.Commit(length, from);
        }

        int count = 1;
        shard.OnReceived(port, batch);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 100; i++, count++)
            {
                shard.OnReceived(port, batch);
            }
        }));
        Assert.Equal((20 * count, 20 * count, 20 * count), (shard.UnknownUsers, shard.UnknownAddresses, shard.Malformed));
        DatagramBatch.Return(batch);
        port.Close();
    }

    [Fact]
    public async Task An_address_stays_with_its_peer_until_another_one_has_chosen_it()
    {
        var table = new MuxTable();
        await using var victim = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        await using var attacker = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        var path = new NetworkPath(s_local, new IPEndPoint(IPAddress.Loopback, 9).ToNetworkAddress());
        table.Choose(path, victim.Host);
        table.Claim(path, attacker.Host);                    // it was told the victim's address as a candidate
        Assert.Equal(victim.Host, table.FindRoute(path)!.Owner);
        Assert.Equal([attacker.Host], table.FindRoute(path)!.Others);

        table.Choose(path, attacker.Host);                   // a page was loaded anew, and has the same port of the NAT
        Assert.Equal(attacker.Host, table.FindRoute(path)!.Owner);
        table.Release(path, attacker.Host);
        Assert.Equal(victim.Host, table.FindRoute(path)!.Owner);
        table.Release(path, victim.Host);
        Assert.Null(table.FindRoute(path));
    }

    [Fact]
    public async Task Users_are_found_by_what_stands_before_the_colon()
    {
        var table = new MuxTable();
        await using var peer = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        Assert.True(table.TryAddUser("abcd", peer.Host));
        Assert.False(table.TryAddUser("abcd", peer.Host));
        Assert.Equal(peer.Host, table.FindUser("abcd:efgh"u8));
        Assert.Null(table.FindUser("abcd"u8));
        Assert.Null(table.FindUser(":abcd"u8));
        Assert.Null(table.FindUser("abc:d"u8));
        Assert.Null(table.FindUser(new byte[1000]));
        table.RemoveUser("abcd");
        Assert.Null(table.FindUser("abcd:efgh"u8));
    }

    [Fact]
    public async Task A_peer_that_takes_a_restart_back_is_known_as_before()
    {
        var table = new MuxTable();
        await using var peer = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        var membership = new MuxMembership(peer.Host, new MuxShard(table, thread: null, TimeProvider.System), table);
        foreach (string fragment in (string[])["aaaa", "bbbb", "aaaa"])
        {
            membership.AddFragment(fragment);
        }

        Assert.Equal(peer.Host, table.FindUser("aaaa:x"u8));
        for (int i = 0; i < 20; i++)
        {
            membership.AddFragment($"{i:0000}");
        }

        Assert.Null(table.FindUser("aaaa:x"u8));
        Assert.Equal(peer.Host, table.FindUser("0018:x"u8));
        Assert.Equal(peer.Host, table.FindUser("0019:x"u8));
    }

    [Fact]
    public async Task A_peer_that_has_asked_many_addresses_asks_new_ones_all_the_same()
    {
        var table = new MuxTable();
        await using var peer = new AgentPeer(AgentPeer.OnLoopback, IceRole.Controlled);
        var shard = new MuxShard(table, thread: null, TimeProvider.System);
        UdpTransport transport = UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0));
        shard.Add(transport);
        var membership = new MuxMembership(peer.Host, shard, table);
        NetworkPath chosen = Path(5000);
        membership.Choose(chosen);
        for (int port = 5001; port < 6000; port++)
        {
            membership.OnSending(new NetworkBatch(20, 20, Path(port)), [0, 1]);
        }

        Assert.Equal(peer.Host, table.FindRoute(Path(5999))?.Owner);
        Assert.Equal(peer.Host, table.FindRoute(chosen)?.Owner);
        Assert.InRange(table.RouteCount, 100, 200);
        membership.Leave();
        Assert.Equal(0, table.RouteCount);
        transport.Dispose();

        NetworkPath Path(int port) => new(shard.Ports[0].Local, new IPEndPoint(IPAddress.Loopback, port).ToNetworkAddress());
    }

    private static int WriteCheck(Span<byte> destination, ReadOnlySpan<byte> username)
    {
        var writer = new StunWriter(destination, StunClass.Request, StunMethod.Binding, StunTransactionId.Draw(OperatingSystemRandom.Instance));
        writer.Add(StunAttributeType.Username, username);
        writer.AddFingerprint();
        return writer.Finish();
    }
}
