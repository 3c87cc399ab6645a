using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>NR-SACKs both ways, over a network that loses one datagram in twenty (draft-natarajan-tsvwg-sctp-nrsack).</summary>
public sealed class UsrsctpNrSackTests : IDisposable
{
    private const int Streams = 5;
    private const int Count = 2000;
    private const ushort Port = 7000;

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(300),
        RtoMinimum = TimeSpan.FromMilliseconds(300),
        RtoMaximum = TimeSpan.FromSeconds(1),
        SendBufferSize = 100_000,
        Extensions = AssociationOptions.Default.Extensions | Extensions.NonRenegableSack,
    };

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    /// <summary>What usrsctp echoes comes once and in order.</summary>
    /// <param name="usrsctpIsServer">Who opens.</param>
    /// <param name="drains">Whether it may take back what it has not delivered yet: then it says so.</param>
    /// <param name="unordered">How messages are sent.</param>
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public async Task What_usrsctp_echoes_comes_once_and_in_order(bool usrsctpIsServer, bool drains, bool unordered)
    {
        var environment = new Dictionary<string, string> { ["SHORT_RTO"] = "1", ["NRSACK"] = drains ? "1" : "0" };
        await using SctpListener? listener = usrsctpIsServer ? null : await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Association = s_options }, _guard.Token);
        int usrsctpPort = UsrsctpPeer.FreeUdpPort();
        await using var relay = new UdpRelay(listener?.LocalEndPoints[0].Port ?? usrsctpPort, 0.05, TimeSpan.FromMilliseconds(2), 12);
        await using UsrsctpPeer peer = usrsctpIsServer
            ? UsrsctpPeer.Start("server", usrsctpPort, SctpDefaults.UdpPort, Port, environment, "echo")
            : UsrsctpPeer.Start("client", usrsctpPort, relay.EndPoint.Port, Port, environment, "echo");
        if (usrsctpIsServer)
        {
            await peer.ExpectAsync("ready", _guard.Token);
        }

        await using SctpAssociation association = listener is not null ? await listener.AcceptAssociationAsync(_guard.Token)
            : await SctpAssociation.ConnectAsync(
                new SctpConnectOptions { RemoteEndPoints = [relay.EndPoint], RemotePort = Port, Association = s_options }, _guard.Token);
        await peer.ExpectAsync("up", _guard.Token);
        Assert.Equal(Extensions.NonRenegableSack, association.Extensions & Extensions.NonRenegableSack);

        Task reading = CheckAsync(association, unordered);
        for (int i = 0; i < Count; i++)
        {
            var message = new byte[LengthOf(i)];
            BinaryPrimitives.WriteInt32BigEndian(message, i);
            await association.SendAsync(message, new SctpSendInfo((ushort)(i % Streams), Unordered: unordered), _guard.Token);
        }

        await reading;
        Assert.True(relay.Lost > 0);
        await association.ShutdownAsync(_guard.Token);
        Assert.Equal($"{Count}", (await peer.ExpectAsync("received", _guard.Token))[0]);
    }

    public void Dispose() => _guard.Dispose();

    private static int LengthOf(int number) => number % 7 == 0 ? 4000 : 200;

    private async Task CheckAsync(SctpAssociation association, bool unordered)
    {
        var seen = new HashSet<int>();
        var before = new Dictionary<ushort, int>();
        while (seen.Count < Count)
        {
            using SctpMessage message = await association.ReceiveAsync(_guard.Token);
            int number = BinaryPrimitives.ReadInt32BigEndian(message.ToArray());
            Assert.Equal(LengthOf(number), message.Length);
            Assert.True(seen.Add(number), $"message {number} came twice");
            ushort stream = message.Info.StreamId;
            Assert.Equal(number % Streams, stream);
            Assert.True(unordered || number > before.GetValueOrDefault(stream, -1), $"message {number} came after {before.GetValueOrDefault(stream)}");
            before[stream] = number;
        }
    }
}
