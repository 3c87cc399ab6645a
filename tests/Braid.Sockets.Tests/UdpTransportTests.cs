using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets.Tests;

/// <summary>UDP in batches: what goes in comes out, in whatever calls it was moved.</summary>
public sealed class UdpTransportTests
{
    private const int NoChecksum = 11;                       // SO_NO_CHECK

    /// <summary>Where two sockets are bound, and how the one reaches the other.</summary>
    public static TheoryData<string, string, string> Pairs => new()
    {
        { "127.0.0.1", "127.0.0.1", "127.0.0.1" },
        { "::1", "::1", "::1" },
        { "::", "::", "127.0.0.1" },
        { "::", "::", "::1" },
        { "127.0.0.1", "::", "127.0.0.1" },
        { "::", "127.0.0.1", "127.0.0.1" },
    };

    [Theory, MemberData(nameof(Pairs))]
    public void Runs_of_equal_size_and_all_others_arrive_as_they_were_sent(string left, string right, string to)
    {
        using UdpTransport sender = Open(left);
        using UdpTransport receiver = Open(right);
        int[] lengths = [.. Enumerable.Repeat(1372, 100), 500, 600, 1372, 1372, 28, 28, 28, 0, 28, 65000, .. Enumerable.Repeat(1, 300)];
        Send(sender, receiver, to, lengths);
        Assert.Equal(Expected(lengths), Receive(receiver, lengths.Length).Select(datagram => datagram.Bytes));
        Assert.Equal(0, sender.SendFailures);
    }

    /// <summary>Calls that move one datagram say nothing of its source: there the socket alone decides. Linux's say it in a control message as well.</summary>
    /// <param name="isPortable">Which calls move them.</param>
    [Theory, Rfc(9260, "6.4")]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_several_sockets_a_datagram_leaves_by_the_one_whose_address_its_path_names(bool isPortable)
    {
        using UdpTransports sockets = UdpTransports.Open(
            [new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0), new IPEndPoint(IPAddress.Parse("127.0.1.3"), 0)],
            (local, hasEphemeralPort) => isPortable ? OpenPortable(local, hasEphemeralPort) : UdpTransport.Open(local, hasEphemeralPort: hasEphemeralPort));
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        NetworkAddress to = ((IPEndPoint)receiver.LocalEndPoint!).ToNetworkAddress();
        int[] order = [1, 0, 0, 1, 1, 0];
        DatagramBatch batch = DatagramBatch.Rent();
        foreach (int index in order)
        {
            batch.Commit(100, new NetworkPath(sockets.LocalEndPoints[index].ToNetworkAddress(), to), mayBeFragmented: false, EcnCodepoint.NotCapable);
        }

        sockets.Send(batch);
        DatagramBatch.Return(batch);
        foreach (int index in order)
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            Assert.Equal(100, receiver.ReceiveFrom(new byte[200], ref from));
            Assert.Equal(sockets.LocalEndPoints[index], from);
        }
    }

    [Theory, MemberData(nameof(Pairs)), Rfc(3168, "5")]
    public void The_codepoint_of_each_datagram_arrives_with_it(string left, string right, string to)
    {
        using UdpTransport sender = Open(left);
        using UdpTransport receiver = Open(right);
        if (!sender.CarriesEcn)
        {
            return;                                          // the portable calls do not
        }

        EcnCodepoint[] sent =
        [
            EcnCodepoint.Capable0, EcnCodepoint.Capable0, EcnCodepoint.NotCapable, EcnCodepoint.CongestionExperienced,
            EcnCodepoint.CongestionExperienced, EcnCodepoint.Capable1, EcnCodepoint.NotCapable,
        ];
        DatagramBatch batch = DatagramBatch.Rent();
        foreach (EcnCodepoint codepoint in sent)
        {
            batch.Commit(100, PathTo(receiver, to), mayBeFragmented: false, codepoint);
        }

        sender.Send(batch);
        DatagramBatch.Return(batch);
        Assert.Equal(sent, Receive(receiver, sent.Length).Select(datagram => datagram.Ecn));
    }

    [Fact]
    public void One_batch_reaches_many_peers_and_those_that_are_not_there_lose_nobody_anything()
    {
        using UdpTransport sender = Open("127.0.0.1");
        UdpTransport[] receivers = [.. Enumerable.Range(0, 50).Select(_ => Open("127.0.0.1"))];
        receivers[7].Dispose();
        DatagramBatch batch = DatagramBatch.Rent();
        foreach (UdpTransport receiver in receivers)
        {
            batch.Commit(10, PathTo(receiver, "127.0.0.1"));
            batch.Commit(10, PathTo(receiver, "127.0.0.1"));
        }

        sender.Send(batch);
        sender.Send(batch);
        DatagramBatch.Return(batch);
        foreach (UdpTransport receiver in receivers.Where(receiver => receiver != receivers[7]))
        {
            Assert.Equal(4, Receive(receiver, 4).Count);
            receiver.Dispose();
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::")]
    public void Where_the_kernel_cannot_cut_them_datagrams_go_by_themselves_and_none_is_lost(string address)
    {
        using UdpTransport sender = Open(address);
        using UdpTransport receiver = Open("127.0.0.1");
        if (sender is not LinuxUdpTransport linux)
        {
            return;
        }

        // A socket without checksums has no segments either: EINVAL, as from a device that cannot have them.
        linux.Socket.SetRawSocketOption(1, NoChecksum, BitConverter.GetBytes(1));
        Assert.True(linux.Segments);
        int[] lengths = [.. Enumerable.Repeat(1000, 60), 999, .. Enumerable.Repeat(800, 70)];
        Send(linux, receiver, "127.0.0.1", lengths);
        Assert.False(linux.Segments);
        Assert.Equal(Expected(lengths), Receive(receiver, lengths.Length).Select(datagram => datagram.Bytes));
        Send(linux, receiver, "127.0.0.1", lengths);
        Assert.Equal(Expected(lengths), Receive(receiver, lengths.Length).Select(datagram => datagram.Bytes));
        Assert.Equal(0, linux.SendFailures);
    }

    [Fact]
    public void What_the_system_refuses_counts_as_lost_and_takes_nothing_along()
    {
        using UdpTransport sender = Open("127.0.0.1");
        using UdpTransport receiver = Open("127.0.0.1");
        DatagramBatch batch = DatagramBatch.Rent();
        batch.Commit(100, PathTo(receiver, "127.0.0.1"));
        batch.Commit(65535, PathTo(receiver, "127.0.0.1"));  // more than IP carries
        batch.Commit(100, new NetworkPath(NetworkAddress.None, PathTo(receiver, "127.0.0.1").Remote.WithPort(0)));
        batch.Commit(101, PathTo(receiver, "127.0.0.1"));
        sender.Send(batch);
        DatagramBatch.Return(batch);
        Assert.Equal([100, 101], Receive(receiver, 2).Select(datagram => datagram.Bytes.Length));
        Assert.Equal(2, sender.SendFailures);
    }

    [Theory, Rfc(9260, "6.4")]
    [InlineData("::", "127.0.0.1", "127.0.0.9")]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.9")]
    [InlineData("::", "::1", "::1")]
    public void Bound_to_a_wildcard_it_says_where_a_datagram_came_to_and_answers_from_there(string bound, string from, string to)
    {
        using UdpTransport asker = Open(from);
        using UdpTransport answerer = Open(bound);
        if (answerer is not LinuxUdpTransport)
        {
            return;                                          // the portable calls do not say it
        }

        Send(asker, answerer, to, [100]);
        Assert.True(answerer.Socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
        DatagramBatch question = answerer.TryReceive()!;
        NetworkPath path = question[0].Path;
        DatagramBatch.Return(question);
        Assert.Equal(IPAddress.Parse(to), path.Local.ToIPEndPoint().Address);
        DatagramBatch answer = DatagramBatch.Rent();
        answer.Commit(100, path);
        answerer.Send(answer);
        DatagramBatch.Return(answer);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(to), answerer.LocalEndPoints[0].Port).ToNetworkAddress(), Receive(asker, 1)[0].From);
    }

    [Theory, Rfc(3168, "6.1.2"), Rfc(2960, "A")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    public async Task A_mark_that_a_router_puts_on_packets_halves_the_sender_s_window(string bound, string to)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Parse(bound), 0)], Port = Loopback.Port }, guard.Token);
        using UdpTransport router = Open(to);
        if (!router.CarriesEcn)
        {
            return;
        }

        Task routing = RouteAsync(router, new IPEndPoint(IPAddress.Parse(to), listener.LocalEndPoints[0].Port).ToNetworkAddress(), guard.Token);
        SctpAssociation client = await SctpAssociation.ConnectAsync(Loopback.OptionsFor(router.LocalEndPoints[0]), guard.Token);
        SctpAssociation server = await listener.AcceptAssociationAsync(guard.Token);
        while ((await client.GetStatisticsAsync()).EcnReductions == 0)
        {
            await client.SendAsync(new byte[20_000], default, guard.Token);
            using SctpMessage message = await server.ReceiveAsync(guard.Token);
            Assert.Equal(20_000, message.Length);
        }

        client.Abort();
        await guard.CancelAsync();
        await Task.WhenAny(routing);
    }

    // Whoever is not the server is the client. What may be marked is.
    private static async Task RouteAsync(UdpTransport router, NetworkAddress server, CancellationToken cancellationToken)
    {
        NetworkAddress client = NetworkAddress.None;
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Run(() => router.Socket!.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead), CancellationToken.None);
            while (router.TryReceive() is { } batch)
            {
                DatagramBatch forwarded = DatagramBatch.Rent();
                foreach ((byte[] bytes, EcnCodepoint ecn, NetworkAddress from) in Split(batch))
                {
                    client = from == server ? client : from;
                    bytes.CopyTo(forwarded.Free);
                    forwarded.Commit(
                        bytes.Length,
                        new NetworkPath(NetworkAddress.None, from == server ? client : server),
                        mayBeFragmented: false,
                        ecn == EcnCodepoint.NotCapable ? ecn : EcnCodepoint.CongestionExperienced);
                }

                router.Send(forwarded);
                DatagramBatch.Return(forwarded);
                DatagramBatch.Return(batch);
            }
        }
    }

    private static PortableUdpTransport OpenPortable(IPEndPoint local, bool hasEphemeralPort)
    {
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        socket.Bind(local);
        return new PortableUdpTransport(socket, hasEphemeralPort);
    }

    private static UdpTransport Open(string address) => UdpTransport.Open(new IPEndPoint(IPAddress.Parse(address), 0));

    private static NetworkPath PathTo(UdpTransport receiver, string address) => new(
        NetworkAddress.None, new IPEndPoint(IPAddress.Parse(address), receiver.LocalEndPoints[0].Port).ToNetworkAddress());

    private static void Send(UdpTransport sender, UdpTransport receiver, string to, int[] lengths)
    {
        DatagramBatch batch = DatagramBatch.Rent();
        for (int i = 0; i < lengths.Length; i++)
        {
            Datagram(i, lengths[i]).CopyTo(batch.Free);
            batch.Commit(lengths[i], PathTo(receiver, to));
        }

        sender.Send(batch);
        DatagramBatch.Return(batch);
    }

    private static byte[] Datagram(int number, int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i + (number * 7)))];

    private static IEnumerable<byte[]> Expected(int[] lengths) => lengths.Select((length, number) => Datagram(number, length));

    private static List<(byte[] Bytes, EcnCodepoint Ecn, NetworkAddress From)> Receive(UdpTransport receiver, int count)
    {
        var received = new List<(byte[] Bytes, EcnCodepoint Ecn, NetworkAddress From)>();
        while (received.Count < count && receiver.Socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead))
        {
            if (receiver.TryReceive() is { } batch)
            {
                received.AddRange(Split(batch));
                DatagramBatch.Return(batch);
            }
        }

        Assert.Null(receiver.TryReceive());
        return received;
    }

    private static List<(byte[] Bytes, EcnCodepoint Ecn, NetworkAddress From)> Split(DatagramBatch batch)
    {
        var datagrams = new List<(byte[] Bytes, EcnCodepoint Ecn, NetworkAddress From)>();
        for (int i = 0; i < batch.Count; i++)
        {
            for (int j = 0; j < batch[i].Count; j++)
            {
                datagrams.Add((batch.Bytes(batch[i], j).ToArray(), batch[i].Ecn, batch[i].Path.Remote));
            }
        }

        return datagrams;
    }
}
