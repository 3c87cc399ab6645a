using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>Both ends of an association over two networks: Braid's in the first of a pair of namespaces, libusrsctp's in the second.</summary>
internal sealed class UsrsctpNetworks : IAsyncDisposable
{
    private const ushort Port = 7000;

    private readonly SctpListener? _listener;

    private UsrsctpNetworks(UsrsctpPeer usrsctp, UsrsctpFeed feed, SctpAssociation braid, SctpListener? listener)
    {
        (Usrsctp, Feed, Braid) = (usrsctp, feed, braid);
        _listener = listener;
    }

    public UsrsctpPeer Usrsctp { get; }

    public UsrsctpFeed Feed { get; }

    public SctpAssociation Braid { get; }

    /// <summary>The addresses of a host, 1 for Braid's and 2 for libusrsctp's: one in each network.</summary>
    public static string[] Addresses(bool isIPv6, int host) =>
        isIPv6 ? [$"fd98::{host}", $"fd98:1::{host}"] : [$"10.98.0.{host}", $"10.98.1.{host}"];

    /// <summary>Starts both. The client knows the first address of the server.</summary>
    /// <param name="namespaces">Where they are.</param>
    /// <param name="encapsulation">What packets travel in.</param>
    /// <param name="ours">Braid's addresses.</param>
    /// <param name="theirs">Those of libusrsctp.</param>
    /// <param name="usrsctpIsServer">Who is asked.</param>
    /// <param name="options">Braid's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="usrsctpRto">The least retransmission time-out of libusrsctp, in milliseconds.</param>
    public static async Task<UsrsctpNetworks> MeetAsync(
        NetworkNamespaces namespaces,
        SctpEncapsulation encapsulation,
        string[] ours,
        string[] theirs,
        bool usrsctpIsServer,
        SctpAssociationOptions options,
        CancellationToken cancellationToken,
        int usrsctpRto = 100)
    {
        SctpListener? listener = usrsctpIsServer ? null : namespaces.In(0, () => SctpListener.Listen(new SctpListenerOptions
        {
            ListenEndPoints = Ends(ours),
            Port = Port,
            Encapsulation = encapsulation,
            Association = options,
        }));
        UsrsctpPeer peer = UsrsctpPeer.StartIn(
            usrsctpIsServer ? "server" : "client", namespaces[1], encapsulation, theirs, [ours[0]], Port, new Dictionary<string, string> { ["PATHS"] = $"{usrsctpRto}" }, "control");
        var feed = new UsrsctpFeed(peer, cancellationToken);
        if (usrsctpIsServer)
        {
            await feed.NextAsync("ready", cancellationToken);
        }

        SctpAssociation association = listener is not null ? await listener.AcceptAssociationAsync(cancellationToken)
            : await namespaces.In(0, () => SctpAssociation.ConnectAsync(
                new SctpConnectOptions
                {
                    RemoteEndPoints = Ends(theirs[0]),
                    RemotePort = Port,
                    LocalEndPoints = Ends(ours),
                    Encapsulation = encapsulation,
                    Association = options,
                },
                cancellationToken).AsTask());
        await feed.NextAsync("up", cancellationToken);
        return new UsrsctpNetworks(peer, feed, association, listener);
    }

    public async ValueTask DisposeAsync()
    {
        Braid.Abort();
        await Usrsctp.DisposeAsync();
        await Braid.DisposeAsync();
        await (_listener?.DisposeAsync() ?? default);
    }

    private static IReadOnlyList<IPEndPoint> Ends(params string[] addresses) =>
        [.. addresses.Select(static address => new IPEndPoint(IPAddress.Parse(address), SctpDefaults.UdpPort))];
}
