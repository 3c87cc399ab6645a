using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>libusrsctp over IP itself, in a network namespace of its own: like every program with a raw socket, it answers all that comes.</summary>
public sealed class UsrsctpRawTests : IDisposable
{
    private const ushort Port = 7000;
    private const int Streams = 10;

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public static TheoryData<bool, bool, int> Matrix
    {
        get
        {
            var data = new TheoryData<bool, bool, int>();
            foreach (bool usrsctpIsServer in new[] { true, false })
            {
                foreach (bool isIPv6 in new[] { false, true })
                {
                    foreach (int size in new[] { 100, 1452, 100_000, 1 << 20 })
                    {
                        data.Add(usrsctpIsServer, isIPv6, size);
                    }
                }
            }

            return data;
        }
    }

    public void Dispose() => _guard.Dispose();

    [Theory, MemberData(nameof(Matrix)), Rfc(9260, "3")]
    public async Task Messages_go_both_ways_over_bare_IP(bool usrsctpIsServer, bool isIPv6, int size)
    {
        using NetworkNamespaces namespaces = NetworkNamespaces.Create();
        string here = isIPv6 ? "fd98:0::1" : "10.98.0.1";
        string there = isIPv6 ? "fd98:0::2" : "10.98.0.2";
        int count = size > 50_000 ? 6 : 50;
        string[] talk = ["talk", $"{count}", $"{size}", $"{Streams}", "1", "wait"];
        SctpListener? listener = usrsctpIsServer ? null : namespaces.In(0, () => SctpListener.Listen(new SctpListenerOptions
        {
            ListenEndPoints = [new IPEndPoint(IPAddress.Parse(here), 0)],
            Port = Port,
            Encapsulation = SctpEncapsulation.RawIp,
        }));
        await using UsrsctpPeer peer = UsrsctpPeer.StartRaw(usrsctpIsServer ? "server" : "client", namespaces[1], there, here, Port, talk);
        SctpAssociation association;
        if (listener is not null)
        {
            association = await listener.AcceptAssociationAsync(_guard.Token);
        }
        else
        {
            await peer.ExpectAsync("ready", _guard.Token);
            Task<SctpAssociation> connecting = namespaces.In(0, () => SctpAssociation.ConnectAsync(
                new SctpConnectOptions
                {
                    RemoteEndPoints = [new IPEndPoint(IPAddress.Parse(there), 0)],
                    RemotePort = Port,
                    Encapsulation = SctpEncapsulation.RawIp,
                },
                _guard.Token).AsTask());
            association = await connecting;
        }

        await peer.ExpectAsync("up", _guard.Token);
        Task sending = SendAsync(association, count, size);
        var parts = new List<byte>();                        // a long message may come in parts
        for (int i = 0; i < count;)
        {
            using SctpMessage message = await association.ReceiveAsync(_guard.Token);
            parts.AddRange(message.ToArray());
            if (message.Info.EndOfRecord)
            {
                Assert.Equal(UsrsctpPeer.Pattern(message.Info.StreamId, size), parts);
                parts.Clear();
                i++;
            }
        }

        await sending;
        await peer.ExpectAsync("sent", _guard.Token);
        await association.ShutdownAsync(_guard.Token);
        string[] received = await peer.ExpectAsync("received", _guard.Token);
        Assert.Equal([Text(count), Text(count * size), "0"], received);
        await peer.ExpectAsync("closed", _guard.Token);
        await association.DisposeAsync();
        if (listener is not null)
        {
            await listener.DisposeAsync();
        }
    }

    private async Task SendAsync(SctpAssociation association, int count, int size)
    {
        for (int i = 0; i < count; i++)
        {
            ushort stream = (ushort)(i % Streams);
            await association.SendAsync(UsrsctpPeer.Pattern(stream, size), new SctpSendInfo(stream, 1000u + stream), _guard.Token);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
