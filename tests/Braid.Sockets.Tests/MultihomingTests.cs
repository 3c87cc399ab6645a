using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Ends with several addresses, each with a socket of its own, over real networks: 127.0.0.x, and cables between two namespaces.</summary>
public sealed class MultihomingTests : IDisposable
{
    private const ushort Port = 5001;

    // Of two on each side that are as two networks are: each of ours has the longest prefix in common with one of theirs.
    private static readonly string[] s_ours = ["127.0.0.3", "127.0.1.3"];
    private static readonly string[] s_theirs = ["127.0.0.1", "127.0.1.1"];

    private static readonly long s_bytes = long.Parse(Environment.GetEnvironmentVariable("BRAID_MULTIHOMING_BYTES") ?? "268435456", CultureInfo.InvariantCulture);

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        Notifications = SctpNotificationKinds.PeerAddressChange,
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        RtoInitial = TimeSpan.FromMilliseconds(200),
        RtoMinimum = TimeSpan.FromMilliseconds(100),
        RtoMaximum = TimeSpan.FromMilliseconds(400),
        MaximumPathRetransmissions = 2,
        Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration,
    };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(90));

    private CancellationToken Token => _guard.Token;

    public void Dispose() => _guard.Dispose();

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "5.4")]
    public async Task Each_of_two_addresses_has_a_path_that_leaves_from_an_address_of_ours()
    {
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { ListenEndPoints = Ends(0, s_theirs), Port = Port, Association = s_options });
        int port = listener.LocalEndPoints[0].Port;
        Assert.Equal(Ends(port, s_theirs), listener.LocalEndPoints);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = Ends(port, s_theirs[0]), RemotePort = Port, LocalEndPoints = Ends(0, s_ours), Association = s_options }, Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(Token);
        await UntilConfirmedAsync(client, s_theirs[1]);
        await UntilConfirmedAsync(server, s_ours[1]);
        Assert.Equal(s_theirs.Zip(s_ours), Pairs(await client.GetPathsAsync()));
        Assert.Equal(s_ours.Zip(s_theirs), Pairs(await server.GetPathsAsync()));
        await client.SendAsync("one"u8.ToArray(), cancellationToken: Token);
        using SctpMessage message = await server.ReceiveAsync(Token);
        Assert.Equal(3, message.Length);
        await client.ShutdownAsync(Token);
    }

    /// <summary>What the paths say is one thing, where the system says that datagrams have come from another.</summary>
    [Fact, Rfc(9260, "6.4"), Rfc(6951, "5.3")]
    public async Task Every_packet_leaves_from_the_socket_of_the_address_that_its_path_says()
    {
        await using var peer = new PlainPeer(Port, AssociationOptions.Default, [.. s_theirs.Select(IPAddress.Parse)]);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = Ends(peer.Port, s_theirs[0]), RemotePort = Port, LocalEndPoints = Ends(0, s_ours), Association = s_options }, Token);
        await UntilConfirmedAsync(client, s_theirs[1]);
        Assert.Equal(s_theirs.Zip(s_ours), Pairs(await client.GetPathsAsync()));
        foreach (string address in (string[])[.. s_theirs, s_theirs[0]])
        {
            Assert.True(await client.SetPrimaryAddressAsync(Ends(peer.Port, address)[0]));
            for (int i = 0; i < 10; i++)
            {
                byte[] message = [.. Enumerable.Repeat((byte)i, 3000)];
                await client.SendAsync(message, cancellationToken: Token);
                Assert.Equal(message, await peer.Messages.ReadAsync(Token));
            }
        }

        Assert.Equal(s_ours.Zip(s_theirs).Order(), peer.Arrivals.Order());
        client.Abort();
    }

    [Theory, Rfc(9260, "6.4.1"), Rfc(9260, "8.2"), Rfc(7829, "4"), Rfc(5061, "5.3")]
    [InlineData(SctpEncapsulation.Udp)]
    [InlineData(SctpEncapsulation.RawIp)]
    public async Task A_transfer_goes_on_while_the_primary_cable_is_pulled_and_back_again_and_while_its_address_is_removed_and_added(SctpEncapsulation encapsulation)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using SctpListener listener = namespaces.In(1, () => SctpListener.Listen(new SctpListenerOptions
        {
            ListenEndPoints = Ends(9899, "10.98.0.2", "10.98.1.2"),
            Port = Port,
            Encapsulation = encapsulation,
            Association = s_options,
        }));
        Task<SctpAssociation> connecting = namespaces.In(0, () => SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = Ends(9899, "10.98.0.2"),           // the other one it learns, and tries out
                RemotePort = Port,
                LocalEndPoints = Ends(9899, "10.98.0.1", "10.98.1.1"),
                Encapsulation = encapsulation,
                Association = s_options,
            },
            Token).AsTask());
        await using SctpAssociation client = await connecting;
        await using SctpAssociation server = await listener.AcceptAssociationAsync(Token);
        await using IAsyncEnumerator<SctpNotification> changes = client.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        await UntilAsync(changes, "10.98.1.2", SctpPathState.Confirmed);
        var arrived = new Milestones(s_bytes);
        Task<byte[]> sending = SendAsync(client);
        Task<byte[]> receiving = ReceiveAsync(server, arrived);
        await arrived.ThirdAsync(1).WaitAsync(Token);
        namespaces.Plug(0, isIn: false);
        await UntilAsync(changes, "10.98.0.2", SctpPathState.Unreachable);
        await arrived.ThirdAsync(2).WaitAsync(Token);
        namespaces.Plug(0, isIn: true);
        await UntilAsync(changes, "10.98.0.2", SctpPathState.Available);
        await using IAsyncEnumerator<SctpNotification> changesOfServer = server.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        arrived.GoOn();
        var first = IPAddress.Parse("10.98.0.1");
        await client.RemoveLocalAddressAsync(first, Token);
        await UntilAsync(changesOfServer, "10.98.0.1", SctpPathState.Removed);
        Assert.Equal(Ends(LocalPort(encapsulation), "10.98.1.1"), await client.GetLocalAddressesAsync());
        await client.AddLocalAddressAsync(first, Token);
        await UntilAsync(changesOfServer, "10.98.0.1", SctpPathState.Added);
        await UntilAsync(changesOfServer, "10.98.0.1", SctpPathState.Confirmed);
        await client.RequestPeerPrimaryAsync(first, Token);
        await UntilAsync(changesOfServer, "10.98.0.1", SctpPathState.MadePrimary);
        Assert.Equal(Convert.ToHexString(await sending), Convert.ToHexString(await receiving));
        PathStatistics primary = (await client.GetPathsAsync()).Single(static path => path.IsPrimary);
        Assert.Equal(("10.98.0.2", PathState.Active), (Text(primary.Path.Remote), primary.State));
        Assert.Equal(2, (await server.GetPathsAsync()).Count);
        TestContext.Current.SendDiagnosticMessage("{0} bytes; the longest silence was {1:0} ms", s_bytes, arrived.LongestSilence.TotalMilliseconds);
        await client.ShutdownAsync(Token);
        SctpException end = await Assert.ThrowsAsync<SctpException>(async () => await server.ReceiveAsync(Token));
        Assert.Equal(SctpError.AssociationClosed, end.Error);        // nothing came twice
    }

    // The system looks at the first address alone when it chooses a port.
    [Fact]
    public void A_port_that_is_taken_at_the_second_address_is_given_back_and_another_one_is_chosen()
    {
        var taken = new List<UdpTransport>();
        UdpTransport Open(IPEndPoint local, bool hasEphemeralPort)
        {
            if (local.Address.Equals(IPAddress.Parse("127.0.0.2")) && taken.Count < 3)
            {
                taken.Add(UdpTransport.Open(local));
            }

            return OpenOrRefuse(local);
        }

        using UdpTransports transports = UdpTransports.Open(Ends(0, "127.0.0.1", "127.0.0.2"), Open);
        Assert.Equal(3, taken.Count);
        Assert.Equal(transports.LocalEndPoints[0].Port, transports.LocalEndPoints[1].Port);
        Assert.DoesNotContain(transports.LocalEndPoints[0].Port, taken.Select(static socket => socket.LocalEndPoints[0].Port));
        taken.ForEach(static socket => UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, socket.LocalEndPoints[0].Port)).Dispose());      // given back
        Assert.Throws<SctpException>(() => UdpTransports.Open([.. Ends(taken[0].LocalEndPoints[0].Port, "127.0.0.1", "127.0.0.2")], Open));
        taken.ForEach(static socket => socket.Dispose());
    }

    [Fact]
    public async Task Addresses_that_do_not_go_together_are_refused_with_the_reason()
    {
        foreach ((IReadOnlyList<IPEndPoint> ends, string why) in new (IReadOnlyList<IPEndPoint>, string)[]
        {
            ([], "1 to 8"),
            ([.. Ends(0, "127.0.0.1"), new IPEndPoint(IPAddress.Any, 0)], "wildcard"),
            ([.. Ends(9899, "127.0.0.1"), .. Ends(9898, "127.0.0.2")], "one port"),
            (Ends(0, "127.0.0.1", "127.0.0.1"), "twice"),
        })
        {
            ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(
                async () => await SctpListener.ListenAsync(new SctpListenerOptions { ListenEndPoints = ends, Port = Port }, Token));
            Assert.Contains(why, exception.Message, StringComparison.Ordinal);
        }
    }

    private static int LocalPort(SctpEncapsulation encapsulation) => encapsulation == SctpEncapsulation.Udp ? 9899 : 0;

    private static IReadOnlyList<IPEndPoint> Ends(int port, params string[] addresses) => [.. addresses.Select(address => new IPEndPoint(IPAddress.Parse(address), port))];

    private static UdpTransport OpenOrRefuse(IPEndPoint local)
    {
        try
        {
            return UdpTransport.Open(local);
        }
        catch (SocketException exception)
        {
            throw new SctpException(SctpError.AddressUnavailable, exception.Message, exception);
        }
    }

    private static string Text(NetworkAddress address) => address.WithPort(0).ToString();

    /// <summary>Where each path goes to, and from.</summary>
    private static IEnumerable<(string To, string From)> Pairs(IReadOnlyList<PathStatistics> paths) =>
        paths.Select(static path => (Text(path.Path.Remote), Text(path.Path.Local))).Order();

    private async Task UntilConfirmedAsync(SctpAssociation association, string address)
    {
        await using IAsyncEnumerator<SctpNotification> changes = association.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        await UntilAsync(changes, address, SctpPathState.Confirmed);
    }

    private static async Task UntilAsync(IAsyncEnumerator<SctpNotification> changes, string address, SctpPathState state)
    {
        do
        {
            Assert.True(await changes.MoveNextAsync());
        }
        while (changes.Current is not SctpNotification.PeerAddressChange change || change.Address.Address.ToString() != address || change.State != state);
    }

    private async Task<byte[]> SendAsync(SctpAssociation association)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] message = new byte[65536];
        for (long sent = 0; sent < s_bytes; sent += message.Length)
        {
            new Random((int)(sent >> 16)).NextBytes(message);
            hash.AppendData(message);
            await association.SendAsync(message, cancellationToken: Token);
        }

        return hash.GetHashAndReset();
    }

    private async Task<byte[]> ReceiveAsync(SctpAssociation association, Milestones arrived)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long received = 0; received < s_bytes;)
        {
            using SctpMessage message = await association.ReceiveAsync(Token);
            foreach (ReadOnlyMemory<byte> segment in message.Payload)
            {
                hash.AppendData(segment.Span);
            }

            received += message.Length;
            await arrived.OnReceivedAsync(received);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>How far a transfer is. It waits at the end of the second third, so that it does not end before its cable is there again.</summary>
    private sealed class Milestones(long bytes)
    {
        private readonly TaskCompletionSource[] _thirds = [New(), New()];
        private readonly TaskCompletionSource _goesOn = New();
        private long _last = System.Diagnostics.Stopwatch.GetTimestamp();

        public TimeSpan LongestSilence { get; private set; }

        public Task ThirdAsync(int number) => _thirds[number - 1].Task;

        public void GoOn() => _goesOn.TrySetResult();

        public async Task OnReceivedAsync(long received)
        {
            TimeSpan silence = System.Diagnostics.Stopwatch.GetElapsedTime(_last);
            LongestSilence = silence > LongestSilence ? silence : LongestSilence;
            for (int i = 0; i < _thirds.Length; i++)
            {
                if (received >= (i + 1) * bytes / 3)
                {
                    _thirds[i].TrySetResult();
                }
            }

            if (received >= 2 * bytes / 3)
            {
                await _goesOn.Task;
            }

            _last = System.Diagnostics.Stopwatch.GetTimestamp();
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
