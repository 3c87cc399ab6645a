using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Ice.Turn;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>
/// Gives a peer what candidates are made of (RFC 8445 §5.1.1): sockets at this host's addresses, addresses of STUN servers, ways to TURN
/// servers. Owns the names in .local that were published for them, and how the TURN servers are reached that want a connection.
/// </summary>
internal sealed class Gathering(PeerHost host, INetworkPeer peer)
{
    private const ushort DiscardPort = 9;                    // RFC 6544 §4.5: of active candidates

    private readonly List<string> _published = [];           // only the loop
    private readonly Dictionary<RelayServer, (IceServerUrl Url, RTCIceServer Server, NetworkAddress Address)> _streamServers = [];   // only the loop
    private bool _isBegun;

    private NetworkOptions Options => host.Options;

    /// <summary>Begins. On the loop only; later calls do nothing.</summary>
    /// <exception cref="RTCException">The URL of a server cannot be read.</exception>
    public void Begin()
    {
        if (_isBegun)
        {
            return;
        }

        _isBegun = true;
        List<(IceServerUrl Url, RTCIceServer Server)> servers = [];
        foreach (RTCIceServer server in Options.Servers)
        {
            List<IceServerUrl> urls = [];
            RTCError error = IceServerUrl.TryParse(server, urls);
            if (!error.IsNone)
            {
                throw new RTCException(error);
            }

            urls.ForEach(url => servers.Add((url, server)));
        }

        _ = Task.Run(() => GatherAsync(servers));            // asking the system for addresses takes a while
    }

    /// <summary>Looks for the address behind a name of the peer's. On the loop only.</summary>
    public void Resolve(string hostName) => Options.Mdns.Resolve(
        hostName, address => host.PostToPeer((now, to) => to.CompleteResolution(now, hostName, address)));

    /// <summary>Opens a connection to a TURN server, and says what has become of it. On the loop only.</summary>
    public void Connect(RelayServer wanted) => _ = ConnectAsync(wanted, _streamServers[wanted]);

    /// <summary>Takes back what was published. On the loop only.</summary>
    public void Close()
    {
        _published.ForEach(Options.Mdns.Withdraw);
        _published.Clear();
    }

    private async Task GatherAsync(List<(IceServerUrl Url, RTCIceServer Server)> servers)
    {
        try
        {
            List<UdpPort> ports = OpenPorts();
            List<Task> asked = [];
            foreach ((IceServerUrl url, RTCIceServer server) in servers)
            {
                asked.Add(AskAsync(url, server, ports));
            }

            await Task.WhenAll(asked).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Nobody awaits it: what nobody foresaw ends the peer, not silently.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            host.OnFault(exception);
        }

        host.PostToPeer(static (now, to) => to.Gather(now));
    }

    // Returns the sockets that TURN servers are asked from.
    private List<UdpPort> OpenPorts()
    {
        IReadOnlyList<NetworkAddress> addresses = AddressSelection.Select(
            Options.ReadInterfaces(), Options.AddressPolicy, InterfaceAddresses.ReadDefaultRoutes(), Options.IncludesLoopback, Options.MaximumAddresses);
        List<UdpPort> own = [];
        bool needsOwn = Options.UdpMux is null || Array.Exists([.. Options.Servers], HasTurnOverUdp);
        if (needsOwn)
        {
            foreach (NetworkAddress address in addresses)
            {
                if (TryOpen(address) is { } port)
                {
                    own.Add(port);
                }
            }
        }

        IReadOnlyList<UdpPort> shown = host.Mux is null ? own : host.Mux.Shard.Ports;
        List<NetworkAddress> locals = [];
        foreach (UdpPort port in shown)
        {
            locals.Add(port.Local);
        }

        IReadOnlyList<int> preferences = CandidatePriority.LocalPreferences(locals);
        host.Post(now =>
        {
            if (host.IsClosed)
            {
                own.ForEach(static port => port.Close());
                return;
            }

            foreach (UdpPort port in own)
            {
                host.Outbox.Add(port);
                port.Start();
            }

            for (int i = 0; i < shown.Count; i++)
            {
                if (host.Mux is not null)
                {
                    host.Outbox.Add(shown[i]);
                }

                if (!Options.IsRelayOnly)
                {
                    Show(now, shown[i].Local, preferences[i]);
                }
            }
        });
        return own;

        static bool HasTurnOverUdp(RTCIceServer server) =>
            server.Urls is { } urls && Array.Exists([.. urls], url => IceServerUrl.TryParse(url, out IceServerUrl? read) is null
                && read is { IsTurn: true, Transport: IceServerTransport.Udp });
    }

    // A host candidate, and those of TCP beside it. On the loop.
    private void Show(Instant now, in NetworkAddress local, int preference)
    {
        string? name = null;
        if (Options.HidesAddresses)
        {
            name = Options.Mdns.Publish(local);
            if (name is null)
            {
                peer.WriteLog(now, IceLogKind.CandidateDropped, $"{local}: its name cannot be published by mDNS");
                return;                                      // better no candidate than one that tells what was to be hidden
            }

            _published.Add(name);
        }

        peer.AddHostCandidate(now, local, preference, IceTcpType.None, name);
        if (!Options.EnablesIceTcp)
        {
            return;
        }

        NetworkAddress listening = host.Streams.Listen(local);
        if (listening.Family != NetworkFamily.None)
        {
            peer.AddHostCandidate(now, listening, preference, IceTcpType.Passive, name);
        }

        peer.AddHostCandidate(now, local.WithPort(DiscardPort), preference, IceTcpType.Active, name);
    }

    private UdpPort? TryOpen(in NetworkAddress address)
    {
        try
        {
            return host.MakePort(UdpTransport.Open(address.ToIPEndPoint()));
        }
        catch (SocketException exception)
        {
            NetworkAddress failed = address;
            host.PostToPeer((now, to) => to.WriteLog(now, IceLogKind.CandidateDropped, $"{failed} cannot be used: {exception.Message}"));
            return null;
        }
    }

    private async Task AskAsync(IceServerUrl url, RTCIceServer server, List<UdpPort> ports)
    {
        if (!url.IsTurn && (url.Transport != IceServerTransport.Udp || Options.IsRelayOnly || Options.UdpMux is not null))
        {
            if (url.Transport != IceServerTransport.Udp)
            {
                Fail(url, "STUN over TLS gives no address that a peer could use");
            }

            return;
        }

        (IReadOnlyList<NetworkAddress> addresses, string why) = await ServerNames.ResolveAsync(url, host.Streams.Closing).ConfigureAwait(false);
        if (addresses.Count == 0)
        {
            Fail(url, why);
        }

        foreach (NetworkAddress address in addresses)
        {
            if (!url.IsTurn)
            {
                host.PostToPeer((now, to) => to.AddServer(now, address));
            }
            else if (url.Transport == IceServerTransport.Udp)
            {
                host.PostToPeer((now, _) => AddRelays(now, server, address, ports));
            }
            else
            {
                var way = new RelayServer($"{url.Text} at {address}", url.Transport == IceServerTransport.Tcp ? 2 : 1);
                host.PostToPeer((now, to) =>
                {
                    _streamServers[way] = (url, server, address);
                    to.AddRelay(now, way);
                });
            }
        }
    }

    private void AddRelays(Instant now, RTCIceServer server, in NetworkAddress address, List<UdpPort> ports)
    {
        int preference = ushort.MaxValue;
        foreach (UdpPort port in ports)
        {
            NetworkAddress local = port.Local;
            if (local.Family == address.Family && (local.Scope == NetworkScope.Wide || local.Scope == address.Scope))
            {
                peer.AddRelay(now, new TurnAllocation(OptionsFor(server, isStream: false), new NetworkPath(local, address), OperatingSystemRandom.Instance), preference--);
            }
        }
    }

    private async Task ConnectAsync(RelayServer wanted, (IceServerUrl Url, RTCIceServer Server, NetworkAddress Address) way)
    {
        try
        {
            StreamLink link = await host.Streams.ConnectAsync(way.Url, way.Address).ConfigureAwait(false);
            var relay = new TurnAllocation(OptionsFor(way.Server, isStream: true), link.Path, OperatingSystemRandom.Instance);
            host.Post(now =>
            {
                host.Streams.Use(link, onEnded: relay.OnConnectionLost);
                if (!host.IsClosed && !peer.CompleteRelay(now, wanted, relay))
                {
                    link.Finish();                           // nobody waits for it any more
                }
            });
        }
        catch (IOException exception)
        {
            Fail(way.Url, exception.Message);
            host.PostToPeer((now, to) => to.CompleteRelay(now, wanted, null));
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            host.OnFault(exception);
        }
    }

    private static TurnOptions OptionsFor(RTCIceServer server, bool isStream) =>
        new() { Username = server.Username!, Password = server.Credential!, IsStream = isStream };

    private void Fail(IceServerUrl url, string why) => host.PostToPeer((now, to) => to.WriteLog(now, IceLogKind.ServerFailed, $"{url.Text}: {why}"));
}
