using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

public sealed class UsrsctpTests : IDisposable
{
    private const int Streams = 10;
    private const ushort Port = 7000;

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
        await using Pair pair = await ConnectAsync(usrsctpIsServer, "talk", $"{count}", $"{size}", $"{Streams}", ordered ? "1" : "0", "wait");
        Task sending = SendAsync(pair.Braid, count, size, ordered);
        await CheckAsync(pair.Braid, count, size, ordered);
        await sending;
        await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
        await pair.Braid.ShutdownAsync(_guard.Token);
        await ExpectReceivedAsync(pair.Usrsctp, count, size);
        await pair.Usrsctp.ExpectAsync("closed", _guard.Token);
    }

    [Theory, Rfc(8260, "2.2.1"), Rfc(8260, "2.2.3")]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Large_messages_on_two_streams_are_interleaved_both_ways(bool usrsctpIsServer, bool ordered)
    {
        const int Size = 1 << 20;
        await using Pair pair = await ConnectAsync(
            usrsctpIsServer, new Dictionary<string, string> { ["INTERLEAVE"] = "1" }, "talk", "6", $"{Size}", "2", ordered ? "1" : "0", "wait");
        Assert.Equal(Extensions.Interleaving, pair.Braid.Extensions & Extensions.Interleaving);
        Task sending = SendAsync(pair.Braid, 6, Size, ordered, streams: 2);
        await CheckAsync(pair.Braid, 6, Size, ordered);
        await sending;
        await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
        await pair.Braid.ShutdownAsync(_guard.Token);
        await ExpectReceivedAsync(pair.Usrsctp, 6, Size);
        await pair.Usrsctp.ExpectAsync("closed", _guard.Token);
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
        await using Pair pair = usrsctpShutsDown
            ? await ConnectAsync(usrsctpIsServer, "talk", $"{Count}", $"{Size}", $"{Streams}", "1", "shutdown")
            : await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "wait");
        if (usrsctpShutsDown)
        {
            await CheckAsync(pair.Braid, Count, Size, ordered: true);
            await pair.Braid.Closed.WaitAsync(_guard.Token);
            await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
            await ExpectReceivedAsync(pair.Usrsctp, 0, Size);
        }
        else
        {
            await SendAsync(pair.Braid, Count, Size, ordered: true);
            await pair.Braid.ShutdownAsync(_guard.Token);
            await pair.Usrsctp.ExpectAsync("sent", _guard.Token);
            await ExpectReceivedAsync(pair.Usrsctp, Count, Size);
        }

        await pair.Usrsctp.ExpectAsync("closed", _guard.Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_of_usrsctp_arrives_with_its_reason(bool usrsctpIsServer)
    {
        await using Pair pair = await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "abort");
        SctpException error = await Assert.ThrowsAsync<SctpException>(() => pair.Braid.Closed.WaitAsync(_guard.Token));
        Assert.Equal(SctpError.PeerAborted, error.Error);
        Assert.Equal("enough", error.PeerReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_abort_of_ours_arrives_at_usrsctp(bool usrsctpIsServer)
    {
        await using Pair pair = await ConnectAsync(usrsctpIsServer, "talk", "0", "1", "1", "1", "wait");
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
        await using Pair pair = await ConnectAsync(usrsctpIsServer, "echo");
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
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port }, _guard.Token);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = listener.LocalEndPoints, RemotePort = Port }, _guard.Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        Task sending = Task.WhenAll(SendAsync(client, 20, size, ordered), SendAsync(server, 20, size, ordered));
        await CheckAsync(server, 20, size, ordered);
        await CheckAsync(client, 20, size, ordered);
        await sending;
    }

    public void Dispose() => _guard.Dispose();

    private Task<Pair> ConnectAsync(bool usrsctpIsServer, params string[] action) =>
        ConnectAsync(usrsctpIsServer, new Dictionary<string, string>(), action);

    private async Task<Pair> ConnectAsync(bool usrsctpIsServer, Dictionary<string, string> environment, params string[] action)
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default;     // libusrsctp has I-DATA only where it is told so
        if (usrsctpIsServer)
        {
            UsrsctpPeer server = UsrsctpPeer.Start("server", UsrsctpPeer.FreeUdpPort(), SctpDefaults.UdpPort, Port, environment, action);
            await server.ExpectAsync("ready", _guard.Token);
            SctpAssociation client = await SctpAssociation.ConnectAsync(
                new SctpConnectOptions { RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, server.UdpPort)], RemotePort = Port, Association = options },
                _guard.Token);
            await server.ExpectAsync("up", _guard.Token);
            return new Pair(server, client, null);
        }

        SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Association = options }, _guard.Token);
        UsrsctpPeer peer = UsrsctpPeer.Start("client", UsrsctpPeer.FreeUdpPort(), listener.LocalEndPoints[0].Port, Port, environment, action);
        SctpAssociation accepted = await listener.AcceptAssociationAsync(_guard.Token);
        await peer.ExpectAsync("up", _guard.Token);
        return new Pair(peer, accepted, listener);
    }

    private async Task SendAsync(SctpAssociation association, int count, int size, bool ordered, int streams = Streams)
    {
        byte[][] payloads = Enumerable.Range(0, streams).Select(stream => UsrsctpPeer.Pattern(stream, size)).ToArray();
        for (int i = 0; i < count; i++)
        {
            int stream = i % streams;
            await association.SendAsync(payloads[stream], new SctpSendInfo((ushort)stream, 1000u + (uint)stream, !ordered), _guard.Token);
        }
    }

    private async Task CheckAsync(SctpAssociation association, int count, int size, bool ordered)
    {
        var next = new Dictionary<ushort, ushort>();
        var parts = new Dictionary<ushort, List<byte>>();    // with I-DATA, long messages of several streams fill the buffer together
        for (int i = 0; i < count;)
        {
            using SctpMessage message = await association.ReceiveAsync(_guard.Token);
            ushort stream = message.Info.StreamId;
            Assert.Equal(!ordered, message.Info.Unordered);
            Assert.Equal(1000u + stream, message.Info.Ppid);
            parts.TryAdd(stream, []);
            parts[stream].AddRange(message.ToArray());
            if (!message.Info.EndOfRecord)
            {
                continue;
            }

            i++;
            parts.Remove(stream, out List<byte>? bytes);
            Assert.True(bytes!.ToArray().AsSpan().SequenceEqual(UsrsctpPeer.Pattern(stream, size)), "the bytes are not those that were sent");
            if (ordered)
            {
                next.TryGetValue(stream, out ushort expected);
                Assert.Equal(expected, message.Info.Ssn);
                next[stream] = (ushort)(expected + 1);
            }
        }
    }

    private async Task ExpectReceivedAsync(UsrsctpPeer peer, int count, long size)
    {
        string[] words = await peer.ExpectAsync("received", _guard.Token);
        Assert.Equal([$"{count}", (count * size).ToString(CultureInfo.InvariantCulture), "0"], words);
    }

    private sealed class Pair(UsrsctpPeer usrsctp, SctpAssociation braid, SctpListener? listener) : IAsyncDisposable
    {
        public UsrsctpPeer Usrsctp { get; } = usrsctp;

        public SctpAssociation Braid { get; } = braid;

        public async ValueTask DisposeAsync()
        {
            Braid.Abort();
            await Usrsctp.DisposeAsync();
            if (listener is not null)
            {
                await listener.DisposeAsync();
            }
        }
    }
}
