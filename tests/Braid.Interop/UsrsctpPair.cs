using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>An association between Braid and a libusrsctp in a process of its own, and what the two say to each other.</summary>
internal sealed class UsrsctpPair : IAsyncDisposable
{
    public const ushort Port = 7000;
    public const int Streams = 10;

    private readonly SctpListener? _listener;

    private UsrsctpPair(UsrsctpPeer usrsctp, SctpAssociation braid, SctpListener? listener)
    {
        Usrsctp = usrsctp;
        Braid = braid;
        _listener = listener;
    }

    public UsrsctpPeer Usrsctp { get; }

    public SctpAssociation Braid { get; }

    /// <summary>What libusrsctp does in <see cref="TalkAsync"/>.</summary>
    public static string[] Talk(int count, int size, int streams = Streams, bool ordered = true) =>
        ["talk", Text(count), Text(size), Text(streams), ordered ? "1" : "0", "wait"];

    /// <summary>Sets it up over UDP; libusrsctp has I-DATA only where the environment says so.</summary>
    public static Task<UsrsctpPair> OverUdpAsync(
        bool usrsctpIsServer, string[] action, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken) => MeetAsync(
            usrsctpIsServer,
            static () => SctpListener.Listen(new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port }),
            listener => UsrsctpPeer.Start(
                listener is null ? "server" : "client", UsrsctpPeer.FreeUdpPort(), listener?.LocalEndPoints[0].Port ?? SctpDefaults.UdpPort, Port, environment, action),
            peer => SctpAssociation.ConnectAsync(
                new SctpConnectOptions { RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, peer.UdpPort)], RemotePort = Port }, cancellationToken).AsTask(),
            cancellationToken);

    /// <summary>Sets it up over IP itself, each in a network namespace.</summary>
    public static Task<UsrsctpPair> OverIPAsync(
        NetworkNamespaces namespaces, bool isIPv6, bool usrsctpIsServer, string[] action, CancellationToken cancellationToken)
    {
        (string here, string there) = isIPv6 ? ("fd98:0::1", "fd98:0::2") : ("10.98.0.1", "10.98.0.2");
        return MeetAsync(
            usrsctpIsServer,
            () => namespaces.In(0, () => SctpListener.Listen(new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Parse(here), 0)],
                Port = Port,
                Encapsulation = SctpEncapsulation.RawIp,
            })),
            listener => UsrsctpPeer.StartIn(
                listener is null ? "server" : "client", namespaces[1], SctpEncapsulation.RawIp, [there], [here], Port, new Dictionary<string, string>(), action),
            _ => namespaces.In(0, () => SctpAssociation.ConnectAsync(
                new SctpConnectOptions
                {
                    RemoteEndPoints = [new IPEndPoint(IPAddress.Parse(there), 0)],
                    RemotePort = Port,
                    Encapsulation = SctpEncapsulation.RawIp,
                },
                cancellationToken).AsTask()),
            cancellationToken);
    }

    /// <summary>Both send at once, all arrives, and the association is shut down from here.</summary>
    public async Task TalkAsync(int count, int size, bool ordered, int streams, CancellationToken cancellationToken)
    {
        Task sending = SendAsync(Braid, count, size, ordered, streams, cancellationToken);
        await CheckAsync(Braid, count, size, ordered, cancellationToken);
        await sending;
        await Usrsctp.ExpectAsync("sent", cancellationToken);
        await Braid.ShutdownAsync(cancellationToken);
        await ExpectReceivedAsync(count, size, cancellationToken);
        await Usrsctp.ExpectAsync("closed", cancellationToken);
    }

    /// <summary>Sends messages, on one stream after the other.</summary>
    public static async Task SendAsync(SctpAssociation association, int count, int size, bool ordered, int streams, CancellationToken cancellationToken)
    {
        byte[][] payloads = Enumerable.Range(0, streams).Select(stream => UsrsctpPeer.Pattern(stream, size)).ToArray();
        for (int i = 0; i < count; i++)
        {
            int stream = i % streams;
            await association.SendAsync(payloads[stream], new SctpSendInfo((ushort)stream, 1000u + (uint)stream, !ordered), cancellationToken);
        }
    }

    /// <summary>Receives what the other side sends, and compares it.</summary>
    public static async Task CheckAsync(SctpAssociation association, int count, int size, bool ordered, CancellationToken cancellationToken)
    {
        var next = new Dictionary<ushort, ushort>();
        var parts = new Dictionary<ushort, List<byte>>();    // with I-DATA, long messages of several streams fill the buffer together
        for (int i = 0; i < count;)
        {
            using SctpMessage message = await association.ReceiveAsync(cancellationToken);
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

    /// <summary>What libusrsctp says that it has received.</summary>
    public async Task ExpectReceivedAsync(int count, long size, CancellationToken cancellationToken)
    {
        string[] words = await Usrsctp.ExpectAsync("received", cancellationToken);
        Assert.Equal([Text(count), Text(count * size), "0"], words);
    }

    public async ValueTask DisposeAsync()
    {
        Braid.Abort();
        await Usrsctp.DisposeAsync();
        await Braid.DisposeAsync();
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }

    private static async Task<UsrsctpPair> MeetAsync(
        bool usrsctpIsServer,
        Func<SctpListener> listen,
        Func<SctpListener?, UsrsctpPeer> start,
        Func<UsrsctpPeer, Task<SctpAssociation>> connect,
        CancellationToken cancellationToken)
    {
        SctpListener? listener = usrsctpIsServer ? null : listen();
        UsrsctpPeer peer = start(listener);
        if (listener is null)
        {
            await peer.ExpectAsync("ready", cancellationToken);
        }

        SctpAssociation association = listener is null ? await connect(peer) : await listener.AcceptAssociationAsync(cancellationToken);
        await peer.ExpectAsync("up", cancellationToken);
        return new UsrsctpPair(peer, association, listener);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
