using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>SCTP over IP itself, in network namespaces that are joined by cables.</summary>
public sealed class RawIpTests : IDisposable
{
    private const ushort Port = 5001;

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        RtoMinimum = TimeSpan.FromMilliseconds(50),
        RtoInitial = TimeSpan.FromMilliseconds(500),
        SackDelay = TimeSpan.FromMilliseconds(20),
    };

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public void Dispose() => _guard.Dispose();

    [Theory]
    [InlineData("10.98.0.2", "10.98.0.2")]
    [InlineData("fd98:0::2", "fd98:0::2")]
    [InlineData("::ffff:10.98.0.2", "10.98.0.2")]
    [InlineData("::", "10.98.0.2")]
    [InlineData("::", "fd98:0::2")]
    public async Task Two_clients_of_one_listener_exchange_messages_both_ways(string at, string to)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        await using SctpListener listener = namespaces.In(1, () => Listen(at));
        var clients = new List<SctpAssociation>();
        var servers = new List<SctpAssociation>();
        for (int i = 0; i < 2; i++)
        {
            clients.Add(await ConnectIn(namespaces, to));
            servers.Add(await listener.AcceptAssociationAsync(_guard.Token));
        }

        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(new IPEndPoint(IPAddress.Parse(to), 0), clients[i].RemoteEndPoint);
            await PassAsync(clients[i], servers[i], size: 100_000, count: 20);
            await PassAsync(servers[i], clients[i], size: 100_000, count: 20);
        }

        foreach (SctpAssociation client in clients)
        {
            await client.ShutdownAsync(_guard.Token);
        }

        foreach (SctpAssociation server in servers)
        {
            await server.Closed.WaitAsync(_guard.Token);
        }
    }

    [Fact]
    public async Task Listeners_and_associations_with_different_ports_share_one_raw_socket()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        await using SctpStack there = namespaces.In(1, () => SctpStack.OpenRawIp(IPAddress.IPv6Any));
        await using SctpStack here = namespaces.In(0, () => SctpStack.OpenRawIp(IPAddress.IPv6Any));
        foreach (ushort port in (ushort[])[5001, 5002, 5003])
        {
            await using SctpListener listener = await SctpListener.ListenAsync(
                new SctpListenerOptions { Port = port, Stack = there, Association = s_options }, _guard.Token);
            foreach (string address in (string[])["10.98.0.2", "fd98:0::2"])
            {
                await using SctpAssociation client = await SctpAssociation.ConnectAsync(
                    new SctpConnectOptions { RemoteEndPoints = [new IPEndPoint(IPAddress.Parse(address), 0)], RemotePort = port, Stack = here, Association = s_options },
                    _guard.Token);
                await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
                await PassAsync(client, server, size: 5000, count: 5);
                await client.ShutdownAsync(_guard.Token);
            }
        }

        Assert.Equal((SctpEncapsulation.RawIp, 0), (here.Encapsulation, here.AssociationCount));
    }

    [Theory]
    [InlineData("10.98.0.2")]
    [InlineData("fd98:0::2")]
    public async Task The_kernel_keeps_packets_for_other_ports_away(string to)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        await using SctpListener other = namespaces.In(1, () => Listen("::", 5002));
        await using SctpListener listener = namespaces.In(1, () => Listen("::"));
        await using SctpAssociation client = await ConnectIn(namespaces, to);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        await PassAsync(client, server, size: 50_000, count: 20);
        var transport = (RawIpTransport)other.Loop.Transport;
        Assert.Equal((0, 0), (transport.Received, transport.Foreign));
        Assert.True(((RawIpTransport)listener.Loop.Transport).Received > 20);
    }

    [Fact]
    public async Task A_port_that_nobody_uses_any_more_is_left_to_others()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        await using SctpStack first = namespaces.In(1, () => SctpStack.OpenRawIp(IPAddress.Any));
        await using (await SctpListener.ListenAsync(new SctpListenerOptions { Port = Port, Stack = first }, _guard.Token))
        {
        }

        // If the first still answered, its ABORT would refuse what the second accepts.
        await using SctpListener second = namespaces.In(1, () => Listen("0.0.0.0"));
        await using SctpAssociation client = await ConnectIn(namespaces, "10.98.0.2");
        await using SctpAssociation server = await second.AcceptAssociationAsync(_guard.Token);
        await PassAsync(client, server, size: 100, count: 1);
        Assert.Equal(0, ((RawIpTransport)first.Loop.Transport).Received);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]                                       // more than fit into the filter one by one
    public void As_many_ports_as_there_are_can_be_let_in(int count)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        using RawIpTransport receiver = namespaces.In(1, () => RawIpTransport.Open([IPAddress.Any]));
        using RawIpTransport sender = namespaces.In(0, () => RawIpTransport.Open([IPAddress.Any]));
        int[] ports = [.. Enumerable.Range(1, count).Select(i => i * 37 % 65536)];
        foreach (int port in ports)
        {
            receiver.PortFilter!.Admit((ushort)port);
        }

        int[] foreign = [.. ports.Select(port => port + 1)];
        SendTo(sender, [.. foreign, .. ports]);
        Assert.Equal(ports.Order(), Take(receiver, count).Select(static packet => PortOf(packet.Bytes)).Order());
        Assert.True(count > 256 || receiver.Foreign == 0);

        foreach (int port in ports)
        {
            receiver.PortFilter!.Dismiss((ushort)port, lingers: false);
        }

        receiver.PortFilter!.Admit(Port);
        SendTo(sender, [.. ports, Port]);
        Assert.Equal(Port, PortOf(Assert.Single(Take(receiver, 1)).Bytes));
    }

    [Fact]
    public void A_port_that_could_not_be_let_in_can_be_used_when_it_can()
    {
        var filter = new FailingFilter { Fails = true };
        var ports = new PortTable(filter);
        Assert.Throws<System.Net.Sockets.SocketException>(() => ports.UseToAccept(Port, static _ => { }, static () => { }));
        Assert.False(ports.TryFindAcceptor(Port, out _));
        filter.Fails = false;
        Assert.Equal(Port, ports.UseToAccept(Port, static _ => { }, static () => { }));
    }

    [Theory]
    [InlineData("10.98.0.1", "10.98.0.2")]
    [InlineData("fd98:0::1", "fd98:0::2")]
    public void Packets_arrive_as_they_were_sent_with_their_codepoint_and_both_addresses(string from, string to)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        using RawIpTransport receiver = namespaces.In(1, () => RawIpTransport.Open([IPAddress.IPv6Any]));
        using RawIpTransport sender = namespaces.In(0, () => RawIpTransport.Open([IPAddress.IPv6Any]));
        receiver.PortFilter!.Admit(Port);
        NetworkAddress local = Address(from);
        NetworkAddress remote = Address(to);
        EcnCodepoint[] codepoints = [EcnCodepoint.NotCapable, EcnCodepoint.Capable0, EcnCodepoint.Capable1, EcnCodepoint.CongestionExperienced];
        int[] lengths = [12, 100, 1400, 1400, 1460, 8000, 60_000];               // the last two in fragments
        DatagramBatch batch = DatagramBatch.Rent();
        for (int i = 0; i < lengths.Length; i++)
        {
            Fill(batch.Free[..lengths[i]], Port, i);
            batch.Commit(lengths[i], new NetworkPath(i % 2 == 0 ? local : NetworkAddress.None, remote), lengths[i] > 1460, codepoints[i % 4]);
        }

        sender.Send(batch);
        DatagramBatch.Return(batch);
        List<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)> arrived = Take(receiver, lengths.Length);
        Assert.Equal(lengths, arrived.Select(packet => packet.Bytes.Length));
        for (int i = 0; i < lengths.Length; i++)
        {
            var expected = new byte[lengths[i]];
            Fill(expected, Port, i);
            Assert.Equal(expected, arrived[i].Bytes);
            Assert.Equal((new NetworkPath(remote, local), codepoints[i % 4]), (arrived[i].Path, arrived[i].Ecn));
        }

        Assert.Equal(0, sender.SendFailures);
    }

    [Theory]
    [InlineData("10.98.0.2", "fd98:0::2")]
    [InlineData("fd98:0::2", "10.98.0.2")]
    public void A_family_that_fills_every_batch_does_not_keep_the_other_one_out(string busy, string quiet)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        using RawIpTransport receiver = namespaces.In(1, () => RawIpTransport.Open([IPAddress.IPv6Any]));
        using RawIpTransport sender = namespaces.In(0, () => RawIpTransport.Open([IPAddress.IPv6Any]));
        receiver.PortFilter!.Admit(Port);
        SendTo(sender, [Port], to: busy);
        SendTo(sender, [Port], to: quiet);
        Assert.Equal(2, Take(receiver, 2).Count);            // both link-layer addresses are known now
        for (int i = 0; i < 300; i++)
        {
            SendTo(sender, [Port], length: 12 + (4 * (i % 2)), to: busy);        // none is of one run with the one before: 128 of them fill a batch
        }

        SendTo(sender, [Port], to: quiet);
        NetworkFamily family = Address(quiet).Family;
        for (int i = 0; i < 2; i++)
        {
            DatagramBatch batch = receiver.TryReceive()!;
            bool isThere = Enumerable.Range(0, batch.Count).Any(run => batch[run].Path.Remote.Family == family);
            DatagramBatch.Return(batch);
            if (isThere)
            {
                return;
            }
        }

        Assert.Fail("the other family was not heard");
    }

    [Fact]
    public void A_packet_to_everybody_on_the_link_is_for_nobody()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        using RawIpTransport receiver = namespaces.In(1, () => RawIpTransport.Open([IPAddress.IPv6Any]));
        receiver.PortFilter!.Admit(Port);
        namespaces.In(0, () =>
        {
            using var socket = new System.Net.Sockets.Socket(
                System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Raw, System.Net.Sockets.ProtocolType.Raw);
            socket.EnableBroadcast = true;
            var packet = new byte[32];
            packet[0] = 0x45;
            packet[8] = 64;
            packet[9] = 132;
            IPAddress.Parse("10.98.0.255").TryWriteBytes(packet.AsSpan(16), out _);
            Fill(packet.AsSpan(20), Port, 0);
            return socket.SendTo(packet, new IPEndPoint(IPAddress.Parse("10.98.0.255"), 0));
        });
        using RawIpTransport sender = namespaces.In(0, () => RawIpTransport.Open([IPAddress.Any]));
        SendTo(sender, [Port]);
        Assert.Equal(NetworkAddress.FromIPv4([10, 98, 0, 2], 0), Assert.Single(Take(receiver, 1)).Path.Local);
        Assert.Equal(0, receiver.Foreign);
    }

    // ---- What the network says (RFC 9260 §10, RFC 6951 §5.5) ----
    // The calls that all systems have tell nothing of ICMP.
    public static TheoryData<string, SctpEncapsulation> HostsWithoutSctp =>
        AppContext.TryGetSwitch(UdpTransport.PortableSwitch, out bool isPortable) && isPortable
            ? new() { { "10.98.0.2", SctpEncapsulation.RawIp }, { "fd98:0::2", SctpEncapsulation.RawIp } }
            : new()
            {
                { "10.98.0.2", SctpEncapsulation.RawIp },
                { "fd98:0::2", SctpEncapsulation.RawIp },
                { "10.98.0.2", SctpEncapsulation.Udp },
                { "fd98:0::2", SctpEncapsulation.Udp },
            };

    [Theory]
    [MemberData(nameof(HostsWithoutSctp))]
    public async Task A_host_without_SCTP_refuses_an_association_without_delay(string to, SctpEncapsulation encapsulation)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        SctpException exception = await Assert.ThrowsAsync<SctpException>(async () => await ConnectIn(namespaces, to, encapsulation));
        Assert.Equal(SctpError.ConnectionRefused, exception.Error);
        Assert.EndsWith("refused the association: its host says that there is no SCTP.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.98.1.2", SctpEncapsulation.RawIp)]
    [InlineData("fd98:1::2", SctpEncapsulation.RawIp)]
    [InlineData("10.98.1.2", SctpEncapsulation.Udp)]
    [InlineData("fd98:1::2", SctpEncapsulation.Udp)]
    public async Task A_router_and_a_device_that_carry_less_say_so_and_are_believed_at_once(string to, SctpEncapsulation encapsulation)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create(3);
        namespaces.SetMtu(0, 9000);
        namespaces.SetMtu(1, 9000);
        await using SctpListener listener = namespaces.In(2, () => Listen("::", encapsulation: encapsulation));
        await using SctpAssociation client = await ConnectIn(namespaces, to, encapsulation);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        int header = (to.Contains(':', StringComparison.Ordinal) ? 40 : 20) + (encapsulation == SctpEncapsulation.Udp ? 8 : 0);
        await PassUntilAsync(client, server, 9000 - header);
        namespaces.SetMtu(1, 1500);                          // behind the router
        await PassUntilAsync(client, server, 1500 - header);
        namespaces.SetMtu(0, 1400);                          // here
        await PassUntilAsync(client, server, 1400 - header);
        Assert.Equal(AssociationState.Established, client.State);
    }

    // ---- What must be told ----
    [Fact]
    public async Task Without_the_privilege_it_says_what_is_missing()
    {
        string braid = typeof(Braid.Cli.Program).Assembly.Location;
        using Process process = Process.Start(new ProcessStartInfo(
            "setpriv", ["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "dotnet", braid, "echo", "--transport", "raw"])
        {
            RedirectStandardError = true,
        })!;
        string error = await process.StandardError.ReadToEndAsync(_guard.Token);
        await process.WaitForExitAsync(_guard.Token);
        if (error.StartsWith("setpriv: ", StringComparison.Ordinal))
        {
            Assert.Skip(error);                              // who is not root can give nothing away
        }

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("CAP_NET_RAW", error, StringComparison.Ordinal);
    }

    [Fact]
    public void With_SCTP_in_the_kernel_it_says_who_is_in_the_way()
    {
        string folder = Directory.CreateTempSubdirectory("braid").FullName;
        string protocols = Path.Combine(folder, "protocols");
        File.WriteAllText(protocols, "protocol  size sockets\nUDP       1344      2\n");
        Assert.Null(RawIpTransport.WhyUnsupported(protocols, Path.Combine(folder, "sctp")));
        File.AppendAllText(protocols, "SCTPv6    1848      0\n");
        Assert.Contains("modprobe -r sctp", RawIpTransport.WhyUnsupported(protocols, Path.Combine(folder, "sctp")), StringComparison.Ordinal);
        Assert.Contains("modprobe -r sctp", RawIpTransport.WhyUnsupported(Path.Combine(folder, "none"), folder), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(1, System.Net.Sockets.SocketError.AccessDenied)]                 // EPERM
    [InlineData(24, System.Net.Sockets.SocketError.TooManyOpenSockets)]          // EMFILE
    [InlineData(23, System.Net.Sockets.SocketError.TooManyOpenSockets)]          // ENFILE
    [InlineData(105, System.Net.Sockets.SocketError.NoBufferSpaceAvailable)]     // ENOBUFS
    [InlineData(93, System.Net.Sockets.SocketError.ProtocolNotSupported)]        // EPROTONOSUPPORT
    [InlineData(97, System.Net.Sockets.SocketError.AddressFamilyNotSupported)]   // EAFNOSUPPORT
    [InlineData(90, System.Net.Sockets.SocketError.SocketError)]
    public void What_the_system_says_when_it_gives_no_socket_is_told_as_it_was_said(int error, System.Net.Sockets.SocketError expected) =>
        Assert.Equal(expected, LinuxRawSocket.Refusal(error).SocketErrorCode);

    [Fact]
    public async Task An_address_of_another_host_cannot_be_used()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        SctpException exception = Assert.Throws<SctpException>(() => namespaces.In(0, () => SctpStack.OpenRawIp(IPAddress.Parse("192.0.2.1"))));
        Assert.Equal(SctpError.AddressUnavailable, exception.Error);
        await Assert.ThrowsAsync<ArgumentException>(async () => await SctpListener.ListenAsync(
            new SctpListenerOptions { Port = Port, Encapsulation = SctpEncapsulation.RawIp, Sockets = 2 }, _guard.Token));
    }

    [Fact]
    public async Task A_one_to_many_socket_can_be_raw()
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        var options = new SctpSocketOptions { Encapsulation = SctpEncapsulation.RawIp, Association = s_options };
        await using var server = new SctpSocket(options with { Port = Port });
        await using var client = new SctpSocket(options);
        namespaces.In(1, () =>
        {
            server.Listen();
            return 0;
        });
        namespaces.In(0, () =>
        {
            client.Listen();                                 // binds it
            return 0;
        });
        var remote = new IPEndPoint(IPAddress.Parse("10.98.0.2"), 9899);        // the port does not matter
        await client.SendToAsync("first"u8.ToArray(), remote, Port, cancellationToken: _guard.Token);
        await client.SendToAsync("second"u8.ToArray(), remote, Port, cancellationToken: _guard.Token);
        foreach (string expected in (string[])["first", "second"])
        {
            using SctpReceived received = await server.ReceiveAsync(_guard.Token);
            Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(received.Message.ToArray()));
        }

        Assert.Single(client.Associations);
    }

    private static SctpListener Listen(string address, ushort port = Port, SctpEncapsulation encapsulation = SctpEncapsulation.RawIp) => SctpListener.Listen(
        new SctpListenerOptions
        {
            ListenEndPoints = [new IPEndPoint(IPAddress.Parse(address), SctpDefaults.UdpPort)],
            Port = port,
            Encapsulation = encapsulation,
            Association = s_options,
        });

    private async Task<SctpAssociation> ConnectIn(NetworkNamespaces namespaces, string to, SctpEncapsulation encapsulation = SctpEncapsulation.RawIp)
    {
        // The socket is opened in the call, on the thread that is in the namespace; all else is for others.
        Task<SctpAssociation> connecting = namespaces.In(0, () => SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = [new IPEndPoint(IPAddress.Parse(to), SctpDefaults.UdpPort)],
                RemotePort = Port,
                Encapsulation = encapsulation,
                Association = s_options,
            },
            _guard.Token).AsTask());
        return await connecting;
    }

    private async Task PassAsync(SctpAssociation from, SctpAssociation to, int size, int count)
    {
        var payload = new byte[size];
        Random.Shared.NextBytes(payload);
        Task sending = Task.Run(
            async () =>
            {
                for (int i = 0; i < count; i++)
                {
                    await from.SendAsync(payload, new SctpSendInfo((ushort)(i % 3)), _guard.Token);
                }
            },
            _guard.Token);
        for (int i = 0; i < count; i++)
        {
            using SctpMessage message = await to.ReceiveAsync(_guard.Token);
            Assert.Equal(payload, message.ToArray());
        }

        await sending;
    }

    private async Task PassUntilAsync(SctpAssociation from, SctpAssociation to, int maximumPacket)
    {
        while ((await from.GetPathsAsync())[0].MaximumPacket != (maximumPacket & ~3))
        {
            await PassAsync(from, to, size: 100_000, count: 2);
        }

        await PassAsync(from, to, size: 100_000, count: 2);
        Assert.Equal(maximumPacket & ~3, (await from.GetPathsAsync())[0].MaximumPacket);
    }

    private static void Fill(Span<byte> packet, int port, int seed)
    {
        for (int i = 0; i < packet.Length; i++)
        {
            packet[i] = (byte)(i * 7 + seed);
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)port);
    }

    private static NetworkAddress Address(string address) => new IPEndPoint(IPAddress.Parse(address), 0).ToNetworkAddress();

    private static void SendTo(RawIpTransport sender, int[] ports, int length = 12, string to = "10.98.0.2")
    {
        var path = new NetworkPath(NetworkAddress.None, Address(to));
        DatagramBatch batch = DatagramBatch.Rent();
        foreach (int port in ports)
        {
            Fill(batch.Free[..length], port, 0);
            batch.Commit(length, path);
        }

        sender.Send(batch);
        DatagramBatch.Return(batch);
    }

    private static int PortOf(byte[] packet) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2));

    // Waits for the socket. What must not come is sent before what is waited for.
    private static List<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)> Take(RawIpTransport receiver, int count)
    {
        using var poll = new LinuxPoll();
        foreach (IDatagramSource socket in receiver.Sources)
        {
            poll.TryAdd(socket.PollHandle!, 0);
        }

        var packets = new List<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)>();
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (packets.Count < count)
        {
            if (receiver.TryReceive() is not { } batch)
            {
                poll.Wait(TimeSpan.FromSeconds(1), new long[1]);         // less where a signal comes, such as that of a child's end
                Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"{packets.Count} of {count} packets have come.");
                continue;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                for (int j = 0; j < batch[i].Count; j++)
                {
                    packets.Add((batch.Bytes(batch[i], j).ToArray(), batch[i].Path, batch[i].Ecn));
                }
            }

            DatagramBatch.Return(batch);
        }

        return packets;
    }

    private sealed class FailingFilter : IPortFilter
    {
        public bool Fails { get; set; }

        public void Admit(ushort port)
        {
            if (Fails)
            {
                throw new System.Net.Sockets.SocketException();
            }
        }

        public void Dismiss(ushort port, bool lingers)
        {
        }
    }
}
