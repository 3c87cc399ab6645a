using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Network;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>
/// Puts a <see cref="PeerCore"/> onto the network: what its <see cref="PeerHost"/> drives. Answers those of its events that are about sockets,
/// and hands all of them to the application.
/// </summary>
internal sealed class NetworkPeer : INetworkPeer, IPeerDriver
{
    private readonly PeerCore _core;
    private readonly IPeerApplication _application;
    private readonly PeerHost _host;
    private bool _isLeaving;
    private int _isFreed;

    public NetworkPeer(PeerCore core, IPeerApplication application, NetworkOptions options)
    {
        _core = core;
        _application = application;
        _host = new PeerHost(this, options);
    }

    /// <summary>Its end, where that is not a fault; completes when the application was told.</summary>
    internal Task Leaving { get; private set; } = Task.CompletedTask;

    public Instant Now => _host.Now;

    public Instant NextDeadline => _core.NextDeadline;

    public void Wake() => _host.Wake();

    public void OnRun(Instant now) => _application.OnWork(now);

    public void Receive(Instant now, IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn) =>
        _core.Receive(now, transport, path, datagram, ecn);

    public void OnTimer(Instant now) => _core.OnTimer(now);

    public bool Drain(Instant now)
    {
        bool any = false;
        while (_core.TryTake(now, out PeerOutput output))
        {
            any = true;
            if (output.Event is { } change)
            {
                OnEvent(change);
            }

            _application.OnOutput(now, output);
        }

        if (!any)
        {
            _application.OnDrained(now);
            if (!_isLeaving && _core.ConnectionState == RTCPeerConnectionState.Closed)
            {
                _isLeaving = true;
                Leaving = LeaveAsync();
            }
        }

        return any;
    }

    public bool TryGetBatch(Instant now, Span<byte> destination, out NetworkBatch batch)
    {
        batch = default;
        if (destination.Length < PeerCore.LongestDatagram || !_core.TryGetBatch(now, destination, out OutgoingBatch made))
        {
            return false;
        }

        batch = new NetworkBatch(made.Length, made.SegmentLength, made.Path, made.Transport, made.MayBeFragmented, made.Ecn);
        return true;
    }

    public void AddHostCandidate(Instant now, in NetworkAddress address, int localPreference, IceTcpType tcpType, string? hostName) =>
        _core.AddHostCandidate(now, address, localPreference, tcpType, hostName);

    public void AddServer(Instant now, in NetworkAddress server) => _core.AddServer(now, server);

    public void AddRelay(Instant now, IRelay relay, int localPreference) => _core.AddRelay(now, relay, localPreference);

    public void AddRelay(Instant now, RelayServer server) => _core.AddRelay(now, server);

    public bool CompleteRelay(Instant now, RelayServer server, IRelay? relay) => _core.CompleteRelay(now, server, relay);

    public void Gather(Instant now) => _core.Gather(now);

    public void CompleteResolution(Instant now, string hostName, in NetworkAddress address) => _core.CompleteResolution(now, hostName, address);

    public void CompleteConnection(Instant now, in NetworkAddress local, in NetworkAddress remote, NetworkPath? path) =>
        _core.CompleteConnection(now, local, remote, path);

    public void WriteLog(Instant now, IceLogKind kind, string detail) => _application.OnLog(new IceLogRecord(now, kind, null, null, detail));

    public void OnFault(Exception exception) => Free(exception);

    private void OnEvent(PeerEvent change)
    {
        switch (change)
        {
            case PeerEvent.GatheringWanted:
                _host.Gathering.Begin();
                break;
            case PeerEvent.UsernameFragmentAdded added:
                _host.AddUsernameFragment(added.Fragment);
                break;
            case PeerEvent.SelectedPairChanged changed:
                _host.OnSelected(changed.Pair);
                break;
            case PeerEvent.ResolutionWanted wanted:
                _host.Gathering.Resolve(wanted.HostName);
                break;
            case PeerEvent.ConnectionWanted wanted:
                _host.Streams.Connect(wanted.Local, wanted.Remote);
                break;
            case PeerEvent.RelayWanted wanted:
                _host.Gathering.Connect(wanted.Server);
                break;
            case PeerEvent.RelayReleased released:
                _host.Streams.Finish(released.Relay.ServerPath);
                break;
        }
    }

    // Once more it runs, which sends what is left, and then nobody uses the core any more.
    private async Task LeaveAsync()
    {
        await _host.CloseAsync().ConfigureAwait(false);
        Free(null);
    }

    private void Free(Exception? error)
    {
        if (Interlocked.Exchange(ref _isFreed, 1) == 0)        // a fault in the last run is told on the loop, while the end is told on the pool
        {
            _application.OnFreed(error);
        }
    }
}
