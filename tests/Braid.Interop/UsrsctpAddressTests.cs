using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>
/// Addresses that change while the association lives (RFC 5061), with libusrsctp, begun by either side, in both roles, in the middle of what both
/// send. ASCONF and ASCONF ACK are authenticated with the null key: that is what libusrsctp does where nobody gives it another one. What
/// libusrsctp 0.9.5 does by itself, and how these tests go round it, is told in docs/adr/0022.
/// </summary>
public sealed class UsrsctpAddressTests : IDisposable
{
    private const int Size = 8000;
    private const int Some = 100;                            // messages
    private const int Window = 10;                           // messages under way: so few that its UDP buffer never overflows

    private static readonly string[] s_ours = UsrsctpNetworks.Addresses(isIPv6: false, 1);
    private static readonly string[] s_theirs = UsrsctpNetworks.Addresses(isIPv6: false, 2);

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration,
        Notifications = SctpNotificationKinds.PeerAddressChange,
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        RtoInitial = TimeSpan.FromMilliseconds(200),
        RtoMinimum = TimeSpan.FromMilliseconds(100),
        RtoMaximum = TimeSpan.FromMilliseconds(400),
        MaximumPathRetransmissions = 2,
    };

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(30));

    private CancellationToken Token => _guard.Token;

    public void Dispose() => _guard.Dispose();

    /// <summary>Braid removes one of its addresses and adds it again: that one has a socket in the namespace, which a new one would not be opened in.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.1"), Rfc(5061, "5.1"), Rfc(5061, "5.3")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Braid_adds_an_address_and_libusrsctp_sends_there(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(met.Braid.RemoveLocalAddressAsync(IPAddress.Parse(s_ours[1]), Token).AsTask());
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[1]} removed", Token));
        Assert.Equal([s_ours[0]], (await met.Braid.GetLocalAddressesAsync()).Select(static local => local.Address.ToString()));
        await flow.MeanwhileAsync(met.Braid.AddLocalAddressAsync(IPAddress.Parse(s_ours[1]), Token).AsTask());
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[1]} added", Token));
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[1]} confirmed", Token));
        Assert.Equal(s_ours, (await met.Braid.GetLocalAddressesAsync()).Select(static local => local.Address.ToString()));
        await met.Usrsctp.TellAsync($"primary {s_ours[1]}");
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Received);
        await flow.EndAsync();
    }

    /// <summary>Braid removes the address that libusrsctp sends to.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.2"), Rfc(5061, "5.1"), Rfc(5061, "5.3")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Braid_removes_an_address_and_libusrsctp_sends_to_the_other_one(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(met.Braid.RemoveLocalAddressAsync(IPAddress.Parse(s_ours[0]), Token).AsTask());
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[0]} removed", Token));
        Assert.Equal([s_ours[1]], (await met.Braid.GetLocalAddressesAsync()).Select(static local => local.Address.ToString()));
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Received);
        await met.Usrsctp.TellAsync("paths");
        Assert.Equal([$"{s_ours[1]}=active,primary"], await met.Feed.NextAsync("paths", Token));
        await flow.EndAsync();
    }

    /// <summary>Braid asks for what goes to the first of its addresses to go to the second.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.4"), Rfc(5061, "5.1")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Braid_asks_for_a_primary_address_and_libusrsctp_follows(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(met.Braid.RequestPeerPrimaryAsync(IPAddress.Parse(s_ours[1]), Token).AsTask());
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[1]} primary", Token));
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Received);
        await flow.EndAsync();
    }

    /// <summary>libusrsctp has one address at first.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.1"), Rfc(5061, "5.2"), Rfc(6458, "6.1.2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_address_that_libusrsctp_adds_is_told_of_and_sent_to(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, [s_theirs[0]], usrsctpIsServer);
        await using IAsyncEnumerator<SctpNotification> changes = met.Braid.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        using var flow = new Flow(met, Token);
        await flow.MoreAsync();
        await TellAsync(met, $"local add {s_theirs[1]}");
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.Added));
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.Confirmed));
        Assert.True(await met.Braid.SetPrimaryAddressAsync(new IPEndPoint(IPAddress.Parse(s_theirs[1]), SctpDefaults.UdpPort)));
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Sent);
        await flow.EndAsync();
    }

    /// <summary>libusrsctp asks for what goes to the first of its addresses to go to the second.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.4"), Rfc(5061, "5.2"), Rfc(6458, "6.1.2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_primary_address_that_libusrsctp_asks_for_is_told_of_and_sent_to(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        await using IAsyncEnumerator<SctpNotification> changes = met.Braid.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.Confirmed));
        await TellAsync(met, $"peer-primary {s_theirs[1]}");
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.MadePrimary));
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Sent);
        Assert.Equal(s_theirs[1], (await met.Braid.GetPathsAsync()).Single(static path => path.IsPrimary).Path.Remote.WithPort(0).ToString());
        await flow.EndAsync();
    }

    /// <summary>libusrsctp removes the first of its addresses, which it has asked to be left before.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.2"), Rfc(5061, "5.2"), Rfc(6458, "6.1.2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_idle_address_that_libusrsctp_removes_is_told_of_and_forgotten(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        await using IAsyncEnumerator<SctpNotification> changes = met.Braid.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.Confirmed));
        await TellAsync(met, $"peer-primary {s_theirs[1]}");
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.MadePrimary));
        await met.Usrsctp.TellAsync($"primary {s_ours[1]}");
        Assert.True(await met.Braid.ConfigurePathAsync(
            new IPEndPoint(IPAddress.Parse(s_theirs[0]), SctpDefaults.UdpPort), new PathOptions { Heartbeats = false }));
        await met.Usrsctp.TellAsync($"quiet {s_ours[0]}");
        await flow.UntilIdleAsync(() => namespaces.Traffic(0));
        await TellAsync(met, $"local remove {s_theirs[0]}");
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[0], SctpPathState.Removed));
        Assert.Equal([s_theirs[1]], (await met.Braid.GetPathsAsync()).Select(static path => path.Path.Remote.WithPort(0).ToString()));
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Sent);
        await flow.EndAsync();
    }

    /// <summary>libusrsctp removes the address that we send to when its network has gone; then that is there again.</summary>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    [Theory, Rfc(5061, "4.2.2"), Rfc(5061, "5.2"), Rfc(6458, "6.1.2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_primary_address_that_libusrsctp_removes_is_told_of_and_left(bool usrsctpIsServer)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.CreatePair(cables: 2);
        await using UsrsctpNetworks met = await MeetAsync(namespaces, s_theirs, usrsctpIsServer);
        await using IAsyncEnumerator<SctpNotification> changes = met.Braid.ReadNotificationsAsync(Token).GetAsyncEnumerator(Token);
        using var flow = new Flow(met, Token);
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[1], SctpPathState.Confirmed));
        namespaces.Plug(0, isIn: false);
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[0], SctpPathState.Unreachable));
        await flow.MeanwhileAsync(met.Feed.UntilAsync("address", $"{s_ours[0]} unreachable", Token));
        Assert.Equal(s_theirs[0], (await met.Braid.GetPathsAsync()).Single(static path => path.IsPrimary).Path.Remote.WithPort(0).ToString());
        await TellAsync(met, $"local remove {s_theirs[0]}");
        await flow.MeanwhileAsync(UntilAsync(changes, s_theirs[0], SctpPathState.Removed));
        PathStatistics left = Assert.Single(await met.Braid.GetPathsAsync());
        Assert.Equal((s_theirs[1], true), (left.Path.Remote.WithPort(0).ToString(), left.IsPrimary));
        namespaces.Plug(0, isIn: true);
        await flow.UntilCarriesAsync(() => namespaces.Traffic(1).Sent);
        await flow.EndAsync();
    }

    private async Task<UsrsctpNetworks> MeetAsync(NetworkNamespaces namespaces, string[] theirs, bool usrsctpIsServer)
    {
        // An ASCONF that libusrsctp sends again must have another way. Where it has one that is verified first; where it has none it is given time.
        bool hasOtherWay = theirs.Length > 1;
        UsrsctpNetworks met = await UsrsctpNetworks.MeetAsync(
            namespaces, SctpEncapsulation.Udp, s_ours, theirs, usrsctpIsServer, s_options, Token, hasOtherWay ? 100 : 10_000);
        Assert.Equal(Extensions.AddressReconfiguration, met.Braid.Extensions & Extensions.AddressReconfiguration);
        if (hasOtherWay)
        {
            await met.Feed.UntilAsync("address", $"{s_ours[1]} confirmed", Token);
        }

        return met;
    }

    // What it says is that it has taken the call: the peer is asked behind it.
    private async Task TellAsync(UsrsctpNetworks met, string line)
    {
        await met.Usrsctp.TellAsync(line);
        Assert.Equal(["ok"], await met.Feed.NextAsync("local", Token));
    }

    private static async Task UntilAsync(IAsyncEnumerator<SctpNotification> changes, string address, SctpPathState state)
    {
        do
        {
            Assert.True(await changes.MoveNextAsync());
        }
        while (changes.Current is not SctpNotification.PeerAddressChange change || change.Address.Address.ToString() != address || change.State != state);
    }

    /// <summary>Messages both ways, without end.</summary>
    private sealed class Flow : IDisposable
    {
        private readonly UsrsctpNetworks _met;
        private readonly CancellationToken _cancellationToken;
        private readonly Direction _here;
        private readonly Direction _there;

        public Flow(UsrsctpNetworks met, CancellationToken cancellationToken)
        {
            (_met, _cancellationToken) = (met, cancellationToken);
            byte[] ours = UsrsctpPeer.Pattern(0, Size);
            byte[] theirs = UsrsctpPeer.Pattern(1, Size);
            _there = new Direction(
                () => met.Braid.SendAsync(ours, cancellationToken).AsTask(),
                async number => Assert.Equal(["0", $"{(ushort)number}", $"{Size}"], await met.Feed.NextAsync("message", cancellationToken)),
                cancellationToken);
            _here = new Direction(
                () => met.Usrsctp.TellAsync($"send 1 {Size}"),
                async number =>
                {
                    using SctpMessage message = await met.Braid.ReceiveAsync(cancellationToken);
                    Assert.Equal((1, (ushort)number), (message.Info.StreamId, message.Info.Ssn));
                    Assert.True(theirs.AsSpan().SequenceEqual(message.ToArray()));
                },
                cancellationToken);
        }

        public Task MoreAsync() => Task.WhenAll(_here.Arrivals.MoreAsync(Some), _there.Arrivals.MoreAsync(Some));

        /// <summary>Goes on until something has happened, and some more.</summary>
        public async Task MeanwhileAsync(Task event_)
        {
            await Task.WhenAll(_here.Arrivals.MeanwhileAsync(event_), _there.Arrivals.MeanwhileAsync(event_));
            await MoreAsync();
        }

        /// <summary>Goes on until a network has carried as much as <see cref="Some"/> messages are. Acknowledgements are never that much in so few rounds.</summary>
        public async Task UntilCarriesAsync(Func<long> traffic)
        {
            long before = traffic();
            for (int round = 0; traffic() - before < (long)Some * Size; round++)
            {
                Assert.InRange(round, 0, 10);
                await MoreAsync();
            }
        }

        /// <summary>Goes on until a network has carried nothing meanwhile.</summary>
        public async Task UntilIdleAsync(Func<(long Received, long Sent)> traffic)
        {
            (long, long) before;
            int round = 0;
            do
            {
                Assert.InRange(round++, 0, 10);
                before = traffic();
                await MoreAsync();
            }
            while (traffic() != before);
        }

        /// <summary>No more is sent; all that was comes, and the association ends.</summary>
        public async Task EndAsync()
        {
            await Task.WhenAll(_here.EndAsync(), _there.EndAsync());
            _met.Usrsctp.EndInput();
            await _met.Braid.ShutdownAsync(_cancellationToken);
            Assert.Equal([$"{_there.Sent}", $"{(long)_there.Sent * Size}", "0"], await _met.Feed.NextAsync("received", _cancellationToken));
            await _met.Feed.NextAsync("closed", _cancellationToken);
            SctpException end = await Assert.ThrowsAsync<SctpException>(async () => await _met.Braid.ReceiveAsync(_cancellationToken));
            Assert.Equal(SctpError.AssociationClosed, end.Error);        // nothing came twice
        }

        public void Dispose()
        {
            _here.Dispose();
            _there.Dispose();
        }
    }

    /// <summary>One of the two ways: never more than <see cref="Window"/> messages are under way.</summary>
    private sealed class Direction : IDisposable
    {
        private readonly SemaphoreSlim _window = new(Window);
        private readonly Task _sending;
        private int _sent;
        private bool _isEnough;

        public Direction(Func<Task> send, Func<int, Task> receive, CancellationToken cancellationToken)
        {
            Arrivals = new Arrivals(async number =>
            {
                await receive(number);
                _window.Release();
            });
            _sending = Task.Run(
                async () =>
                {
                    while (!Volatile.Read(ref _isEnough))
                    {
                        await _window.WaitAsync(cancellationToken);
                        await send();
                        Interlocked.Increment(ref _sent);
                    }
                },
                cancellationToken);
        }

        public Arrivals Arrivals { get; }

        public int Sent => Volatile.Read(ref _sent);

        public Task EndAsync()
        {
            Volatile.Write(ref _isEnough, true);
            return Arrivals.AllAsync(_sending, () => Sent);
        }

        public void Dispose() => _window.Dispose();
    }
}
