using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Stacks without threads: what a call brings has happened when it returns.</summary>
public sealed class InlineLinkTests : IAsyncDisposable
{
    private const ushort Port = 5001;

    private readonly ManualTimeProvider _time = new();
    private readonly SctpInlineLink _client;
    private readonly SctpInlineLink _server;
    private readonly SctpListener _listener;
    private int _toLose;

    public InlineLinkTests()
    {
        var options = new SctpStackOptions { TimeProvider = _time };
        _client = new SctpInlineLink(
            (packet, ecn) =>
            {
                if (_toLose-- <= 0)
                {
                    _server!.Deliver(packet, ecn);
                }
            },
            options);
        _server = new SctpInlineLink((packet, ecn) => _client.Deliver(packet, ecn), options);
        _listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = _server.Stack });
    }

    [Fact]
    public void Set_up_a_message_and_the_end_are_there_when_the_call_returns()
    {
        SctpAssociation client = Begin();
        Assert.True(client.Established.IsCompletedSuccessfully);
        SctpAssociation server = Accepted();
        Assert.True(client.TrySend("ping"u8));
        Assert.True(server.TryReceive(out SctpMessage ping));
        Assert.Equal("ping"u8.ToArray(), ping.ToArray());
        ping.Dispose();
        Task closed = client.ShutdownAsync().AsTask();
        Assert.True(client.Closed.IsCompletedSuccessfully && server.Closed.IsCompletedSuccessfully);
        Assert.Equal(AssociationState.Closed, server.State);
        Assert.False(closed.IsFaulted);
    }

    [Fact]
    public void Nothing_is_repeated_before_somebody_lets_the_time_pass()
    {
        _toLose = 1;
        SctpAssociation client = Begin();
        Assert.Equal(AssociationState.CookieWait, client.State);
        _time.Advance(SctpAssociationOptions.Default.RtoInitial);
        Assert.True(client.Established.IsCompletedSuccessfully);
        Assert.Equal(AssociationState.Established, Accepted().State);
    }

    [Fact]
    public void What_is_sent_before_it_is_up_goes_along_with_the_handshake()
    {
        _toLose = 1;
        SctpAssociation client = Begin();
        Assert.True(client.TrySend("early"u8));
        _time.Advance(SctpAssociationOptions.Default.RtoInitial);
        Assert.True(Accepted().TryReceive(out SctpMessage early));
        early.Dispose();
    }

    [Fact]
    public void A_peer_that_never_answers_is_told_of_by_the_task()
    {
        _toLose = int.MaxValue;
        SctpAssociation client = Begin();
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        var exception = Assert.IsType<SctpException>(client.Established.Exception!.InnerException);
        Assert.Equal(SctpError.ConnectTimeout, exception.Error);
    }

    [Fact]
    public async Task Several_threads_may_call_at_once()
    {
        const int Threads = 4;
        const int Messages = 2_000;
        SctpAssociation client = Begin();
        SctpAssociation server = Accepted();
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Task[] sending = [.. Enumerable.Range(0, Threads).Select(id => Task.Run(
            async () =>
            {
                for (int i = 0; i < Messages; i++)
                {
                    await client.SendAsync(BitConverter.GetBytes(i), new SctpSendInfo((ushort)id), guard.Token);
                }
            },
            guard.Token))];
        var next = new int[Threads];
        for (int left = Threads * Messages; left > 0; left--)
        {
            using SctpMessage message = await server.ReceiveAsync(guard.Token);
            Assert.Equal(next[message.Info.StreamId]++, BitConverter.ToInt32(message.ToArray()));
        }

        await Task.WhenAll(sending);
    }

    [Fact]
    public void What_is_too_large_or_protected_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SctpInlineLink((_, _) => { }, maximumPacketSize: 511));
        Assert.Throws<ArgumentNullException>(() => new SctpInlineLink(null!));
        _server.Deliver(new byte[ushort.MaxValue + 1]);
        Assert.Empty(_server.Stack.GetDrops());
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    private SctpAssociation Begin() => SctpAssociation.Begin(new SctpConnectOptions { RemotePort = Port, Stack = _client.Stack });

    private SctpAssociation Accepted()
    {
        Task<SctpAssociation> accepting = _listener.AcceptAssociationAsync().AsTask();
        Assert.True(accepting.IsCompletedSuccessfully);
        return accepting.Result;
    }
}
