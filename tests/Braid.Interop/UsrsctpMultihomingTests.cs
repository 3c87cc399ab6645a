using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>
/// Two networks between Braid and libusrsctp, over UDP and over IP itself. libusrsctp has one UDP socket for all of its addresses and leaves the
/// source to the routes of its host; so does its raw socket over IPv6. That is why each network has a subnet of its own here. Over IPv4 itself it
/// writes the header, and an association has one source, either of its addresses, whichever network a packet leaves by: when the network of that
/// one is cut nothing can answer its heartbeats (RFC 9260 §8.3). So what happens then is tried over IPv6.
/// </summary>
public sealed class UsrsctpMultihomingTests : IDisposable
{
    private const int Size = 8000;
    private const int Some = 150;                            // messages, more than a megabyte

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        Notifications = SctpNotificationKinds.PeerAddressChange,
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        RtoInitial = TimeSpan.FromMilliseconds(200),
        RtoMinimum = TimeSpan.FromMilliseconds(100),
        RtoMaximum = TimeSpan.FromMilliseconds(400),
        MaximumPathRetransmissions = 2,
    };

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    private CancellationToken Token => _guard.Token;

    public void Dispose() => _guard.Dispose();

    /// <summary>The client knows one address of the server, each side learns the other's two, and both go on to use them.</summary>
    /// <param name="encapsulation">What packets travel in.</param>
    /// <param name="isIPv6">Which addresses both have.</param>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(9260, "5.1.2"), Rfc(9260, "5.4")]
    [InlineData(SctpEncapsulation.Udp, false, true)]
    [InlineData(SctpEncapsulation.Udp, false, false)]
    [InlineData(SctpEncapsulation.Udp, true, true)]
    [InlineData(SctpEncapsulation.Udp, true, false)]
    [InlineData(SctpEncapsulation.RawIp, false, true)]
    [InlineData(SctpEncapsulation.RawIp, false, false)]
    [InlineData(SctpEncapsulation.RawIp, true, true)]
    [InlineData(SctpEncapsulation.RawIp, true, false)]
    public async Task Each_side_learns_both_addresses_of_the_other_and_verifies_them(SctpEncapsulation encapsulation, bool isIPv6, bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        string[] ours = UsrsctpNetworks.Addresses(isIPv6, 1);
        string[] theirs = UsrsctpNetworks.Addresses(isIPv6, 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, encapsulation, ours, theirs, usrsctpIsServer);
        await UntilConfirmedAsync(met, theirs);
        await met.Feed.UntilAsync("address", $"{ours[1]} confirmed", Token);

        // Each of its addresses is reached from the one of ours that is in the same network; over IPv4 itself from the one that it sends to from there.
        IReadOnlyList<PathStatistics> paths = await met.Braid.GetPathsAsync();
        Assert.Equal(theirs.ToHashSet(), paths.Select(static path => Text(path.Path.Remote)).ToHashSet());
        Assert.Subset(ours.ToHashSet(), paths.Select(static path => Text(path.Path.Local)).ToHashSet());
        Assert.True(
            encapsulation == SctpEncapsulation.RawIp && !isIPv6
            || paths.All(path => Array.IndexOf(theirs, Text(path.Path.Remote)) == Array.IndexOf(ours, Text(path.Path.Local))));
        await met.Usrsctp.TellAsync("paths");
        Assert.Equal(
            ours.Select(static address => $"{address}=active").ToHashSet(),
            (await met.Feed.NextAsync("paths", Token)).Select(static path => path.Replace(",primary", "", StringComparison.Ordinal)).ToHashSet());

        await met.Braid.SendAsync(UsrsctpPeer.Pattern(0, Size), Token);
        Assert.Equal(["0", "0", $"{Size}"], await met.Feed.NextAsync("message", Token));
        await met.Usrsctp.TellAsync($"send 1 {Size}");
        using SctpMessage message = await met.Braid.ReceiveAsync(Token);
        Assert.Equal(UsrsctpPeer.Pattern(1, Size), message.ToArray());
        met.Usrsctp.EndInput();
        await met.Braid.ShutdownAsync(Token);
        Assert.Equal(["1", $"{Size}", "0"], await met.Feed.NextAsync("received", Token));
        await met.Feed.NextAsync("closed", Token);
    }

    /// <summary>A cable is pulled in the middle of what Braid sends, at either end, and plugged in again.</summary>
    /// <param name="encapsulation">What packets travel in.</param>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    /// <param name="isFarEnd">Whether it is libusrsctp's end that is pulled.</param>
    [Theory, Rfc(9260, "6.4.1"), Rfc(9260, "8.2"), Rfc(7829, "4")]
    [InlineData(SctpEncapsulation.Udp, true, false)]
    [InlineData(SctpEncapsulation.Udp, false, true)]
    [InlineData(SctpEncapsulation.RawIp, true, true)]
    [InlineData(SctpEncapsulation.RawIp, false, false)]
    public async Task What_Braid_sends_goes_on_over_the_other_network_and_comes_back(SctpEncapsulation encapsulation, bool usrsctpIsServer, bool isFarEnd)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        bool isIPv6 = encapsulation == SctpEncapsulation.RawIp;
        string[] theirs = UsrsctpNetworks.Addresses(isIPv6, 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, encapsulation, UsrsctpNetworks.Addresses(isIPv6, 1), theirs, usrsctpIsServer);
        await using IAsyncEnumerator<SctpNotification> changes = await UntilConfirmedAsync(met, theirs);
        Assert.True(await met.Braid.SetPrimaryAddressAsync(new IPEndPoint(IPAddress.Parse(theirs[0]), SctpDefaults.UdpPort)));

        bool isEnough = false;
        int sent = 0;
        Task sending = Task.Run(
            async () =>
            {
                for (; !Volatile.Read(ref isEnough); sent++)
                {
                    await met.Braid.SendAsync(UsrsctpPeer.Pattern(0, Size), Token);
                }
            },
            Token);
        var arrived = new Arrivals(async number =>
            Assert.Equal(["0", $"{(ushort)number}", $"{Size}"], await met.Feed.NextAsync("message", Token)));
        await arrived.MoreAsync(Some);
        namespaces.Plug(0, isIn: false, isFarEnd);
        await UntilAsync(changes, theirs[0], SctpPathState.Unreachable, arrived);
        await arrived.MoreAsync(Some);
        namespaces.Plug(0, isIn: true, isFarEnd);
        await UntilAsync(changes, theirs[0], SctpPathState.Available, arrived);
        await arrived.UntilCarriesAsync(() => namespaces.Traffic(0).Sent, (long)Some * Size, Some);
        Volatile.Write(ref isEnough, true);
        await arrived.AllAsync(sending, () => sent);
        met.Usrsctp.EndInput();
        await met.Braid.ShutdownAsync(Token);
        Assert.Equal([$"{sent}", $"{(long)sent * Size}", "0"], await met.Feed.NextAsync("received", Token));
        await met.Feed.NextAsync("closed", Token);
    }

    /// <summary>A cable is pulled in the middle of what libusrsctp sends, at either end, and plugged in again.</summary>
    /// <param name="encapsulation">What packets travel in.</param>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    /// <param name="isFarEnd">Whether it is libusrsctp's end that is pulled.</param>
    [Theory, Rfc(9260, "6.4"), Rfc(9260, "6.2"), Rfc(9260, "8.3")]
    [InlineData(SctpEncapsulation.Udp, true, true)]
    [InlineData(SctpEncapsulation.Udp, false, false)]
    [InlineData(SctpEncapsulation.RawIp, true, false)]
    [InlineData(SctpEncapsulation.RawIp, false, true)]
    public async Task What_libusrsctp_sends_goes_on_over_the_other_network_and_comes_back(SctpEncapsulation encapsulation, bool usrsctpIsServer, bool isFarEnd)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        bool isIPv6 = encapsulation == SctpEncapsulation.RawIp;
        string[] ours = UsrsctpNetworks.Addresses(isIPv6, 1);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, encapsulation, ours, UsrsctpNetworks.Addresses(isIPv6, 2), usrsctpIsServer);
        await met.Feed.UntilAsync("address", $"{ours[1]} confirmed", Token);
        await met.Usrsctp.TellAsync($"primary {ours[0]}");

        bool isEnough = false;
        int told = 0;
        byte[] expected = UsrsctpPeer.Pattern(1, Size);
        Task telling = Task.Run(
            async () =>
            {
                for (; !Volatile.Read(ref isEnough); told++)
                {
                    await met.Usrsctp.TellAsync($"send 1 {Size}");
                }
            },
            Token);
        var arrived = new Arrivals(async number =>
        {
            using SctpMessage message = await met.Braid.ReceiveAsync(Token);
            Assert.Equal((1, (ushort)number), (message.Info.StreamId, message.Info.Ssn));
            Assert.True(expected.AsSpan().SequenceEqual(message.ToArray()));
        });
        await arrived.MoreAsync(Some);
        namespaces.Plug(0, isIn: false, isFarEnd);
        await arrived.MeanwhileAsync(met.Feed.UntilAsync("address", $"{ours[0]} unreachable", Token));
        await arrived.MoreAsync(Some);
        namespaces.Plug(0, isIn: true, isFarEnd);
        await arrived.MeanwhileAsync(met.Feed.UntilAsync("address", $"{ours[0]} available", Token));
        await arrived.UntilCarriesAsync(() => namespaces.Traffic(0).Received, (long)Some * Size, Some);
        Volatile.Write(ref isEnough, true);
        await arrived.AllAsync(telling, () => told);
        met.Usrsctp.EndInput();
        await met.Braid.ShutdownAsync(Token);
        await met.Feed.NextAsync("closed", Token);
    }

    private static string Text(NetworkAddress address) => address.WithPort(0).ToString();

    private Task<UsrsctpNetworks> MeetAsync(NetworkNamespaces namespaces, SctpEncapsulation encapsulation, string[] ours, string[] theirs, bool usrsctpIsServer) =>
        UsrsctpNetworks.MeetAsync(namespaces, encapsulation, ours, theirs, usrsctpIsServer, s_options, Token);

    private async Task<IAsyncEnumerator<SctpNotification>> UntilConfirmedAsync(UsrsctpNetworks met, string[] theirs)
    {
        IAsyncEnumerator<SctpNotification> changes = met.Braid.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        while (await changes.MoveNextAsync()
            && changes.Current is not SctpNotification.PeerAddressChange { State: SctpPathState.Confirmed })
        {
        }

        return changes;
    }

    private static async Task UntilAsync(IAsyncEnumerator<SctpNotification> changes, string address, SctpPathState state, Arrivals arrivals)
    {
        do
        {
            await arrivals.MeanwhileAsync(MoveAsync(changes));
        }
        while (changes.Current is not SctpNotification.PeerAddressChange change || change.Address.Address.ToString() != address || change.State != state);

        static async Task MoveAsync(IAsyncEnumerator<SctpNotification> changes) => Assert.True(await changes.MoveNextAsync());
    }
}
