using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

public sealed class UsrsctpTests : IDisposable
{
    private const int Streams = UsrsctpPair.Streams;

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public static TheoryData<bool, int, bool> Matrix
    {
        get
        {
            var data = new TheoryData<bool, int, bool>();
            int[] sizes = [1, 2, 100, 1024, 1200, 1452, 4096, 65_536, 100_000, 1 << 20];
            foreach (bool usrsctpIsServer in new[] { true, false })
            {
                foreach (int size in sizes)
                {
                    data.Add(usrsctpIsServer, size, true);
                    data.Add(usrsctpIsServer, size, false);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Messages_go_both_ways_at_once_on_ten_streams(bool usrsctpIsServer, int size, bool ordered)
    {
        int count = size > 50_000 ? 6 : 50;
        await using UsrsctpPair pair = await ConnectAsync(usrsctpIsServer, UsrsctpPair.Talk(count, size, Streams, ordered));
        await pair.TalkAsync(count, size, ordered, Streams, _guard.Token);
    }

    [Theory, Rfc(8260, "2.2.1"), Rfc(8260, "2.2.3")]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Large_messages_on_two_streams_are_interleaved_both_ways(bool usrsctpIsServer, bool ordered)
    {
        const int Size = 1 << 20;
        await using UsrsctpPair pair = await UsrsctpPair.OverUdpAsync(
            usrsctpIsServer, UsrsctpPair.Talk(6, Size, streams: 2, ordered), new Dictionary<string, string> { ["INTERLEAVE"] = "1" }, _guard.Token);
        Assert.Equal(Extensions.Interleaving, pair.Braid.Extensions & Extensions.Interleaving);
        await pair.TalkAsync(6, Size, ordered, streams: 2, _guard.Token);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_shutdown_with_data_in_flight_loses_nothing(bool usrsctpIsServer, bool usrsctpShutsDown)
    {
        const int Count = 300;
        const int Size = 20_000;
        await using UsrsctpPair pair = usrsctpShutsDown
            ? await ConnectAsync(usrsctpIsServer, "talk", $"{Count}", $"{Size}", $"{Streams}", "1", "shutdown")
            : await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "wait");
        if (usrsctpShutsDown)
        {
            await CheckAsync(pair.Braid, Count, Size, ordered: true);
            await pair.Braid.Closed.WaitAsync(_guard.Token);
            await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
            await pair.ExpectReceivedAsync(0, Size, _guard.Token);
        }
        else
        {
            await SendAsync(pair.Braid, Count, Size, ordered: true);
            await pair.Braid.ShutdownAsync(_guard.Token);
            await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
            await pair.ExpectReceivedAsync(Count, Size, _guard.Token);
        }

        await pair.Usrsctp.ExpectAsync("closed", _guard.Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_of_usrsctp_arrives_with_its_reason(bool usrsctpIsServer)
    {
        await using UsrsctpPair pair = await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "abort");
        SctpException error = await Assert.ThrowsAsync<SctpException>(() => pair.Braid.Closed.WaitAsync(_guard.Token));
        Assert.Equal(SctpError.PeerAborted, error.Error);
        Assert.Equal("enough", error.PeerReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_of_ours_arrives_at_usrsctp(bool usrsctpIsServer)
    {
        await using UsrsctpPair pair = await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "wait");
        await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
        pair.Braid.Abort("enough");
        await pair.Usrsctp.ExpectAsync("received", _guard.Token);
        await pair.Usrsctp.ExpectAsync("aborted", _guard.Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_echo_keeps_stream_ppid_and_order(bool usrsctpIsServer)
    {
        await using UsrsctpPair pair = await ConnectAsync(usrsctpIsServer, "echo");
        for (int i = 0; i < 20; i++)
        {
            var info = new SctpSendInfo((ushort)(i % Streams), 0x01020300u + (uint)i, Unordered: i % 2 == 1);
            byte[] payload = UsrsctpPeer.Pattern(i, 1 + (i * 700));
            await pair.Braid.SendAsync(payload, info, _guard.Token);
            using SctpMessage message = await pair.Braid.ReceiveAsync(_guard.Token);
            Assert.Equal(payload, message.ToArray());
            Assert.Equal((info.StreamId, info.Ppid, info.Unordered), (message.Info.StreamId, message.Info.Ppid, message.Info.Unordered));
        }

        await pair.Braid.ShutdownAsync(_guard.Token);
        await pair.Usrsctp.ExpectAsync("received", _guard.Token);
        await pair.Usrsctp.ExpectAsync("closed", _guard.Token);
    }

    /// <summary>The same checks with Braid on both sides: when they fail too, usrsctp is not to blame. Runs everywhere.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(1452, false)]
    [InlineData(1 << 20, true)]
    public async Task Braid_passes_its_own_checks(int size, bool ordered)
    {
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = UsrsctpPair.Port }, _guard.Token);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = listener.LocalEndPoints, RemotePort = UsrsctpPair.Port }, _guard.Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        Task sending = Task.WhenAll(SendAsync(client, 20, size, ordered), SendAsync(server, 20, size, ordered));
        await CheckAsync(server, 20, size, ordered);
        await CheckAsync(client, 20, size, ordered);
        await sending;
    }

    public void Dispose() => _guard.Dispose();

    private Task<UsrsctpPair> ConnectAsync(bool usrsctpIsServer, params string[] action) =>
        UsrsctpPair.OverUdpAsync(usrsctpIsServer, action, new Dictionary<string, string>(), _guard.Token);

    private Task SendAsync(SctpAssociation association, int count, int size, bool ordered) =>
        UsrsctpPair.SendAsync(association, count, size, ordered, Streams, _guard.Token);

    private Task CheckAsync(SctpAssociation association, int count, int size, bool ordered) =>
        UsrsctpPair.CheckAsync(association, count, size, ordered, _guard.Token);
}
