using System;
using Braid.Core;
using Braid.Ice;

namespace Braid.WebRtc.Network;

/// <summary>Datagrams of one size that go one way, side by side in the host's buffer: what UDP_SEGMENT takes as it is.</summary>
/// <param name="Length">Bytes of all of them.</param>
/// <param name="SegmentLength">Bytes of each; the last one may be shorter.</param>
/// <param name="Path">Where they go.</param>
/// <param name="Transport">UDP; or each goes into the TCP connection of the path, as one frame.</param>
/// <param name="MayBeFragmented">Whether IP may fragment them.</param>
/// <param name="Ecn">What their IP headers are to say.</param>
internal readonly record struct NetworkBatch(
    int Length,
    int SegmentLength,
    NetworkPath Path,
    IceTransport Transport = IceTransport.Udp,
    bool MayBeFragmented = false,
    EcnCodepoint Ecn = EcnCodepoint.NotCapable);

/// <summary>
/// What a <see cref="PeerHost"/> drives: a peer without sockets, and who uses it. All members are called on the host's loop, one at a
/// time. After input comes <see cref="Drain"/>, and <see cref="TryGetBatch"/> until there is no more.
/// </summary>
internal interface INetworkPeer
{
    /// <summary>When <see cref="OnTimer"/> wants to be called.</summary>
    Instant NextDeadline { get; }

    /// <summary>First of all in each run: what was left for the peer since the last one is taken (<see cref="PeerHost.Wake"/>).</summary>
    void OnRun(Instant now);

    /// <summary>Takes in a datagram, or a frame of a TCP connection.</summary>
    void Receive(Instant now, IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn);

    /// <summary>Runs all timers that are due.</summary>
    void OnTimer(Instant now);

    /// <summary>Tells what has happened.</summary>
    /// <returns>Whether there was anything.</returns>
    bool Drain(Instant now);

    /// <summary>Writes the next datagrams: as many of one size, to one address, as there are and fit.</summary>
    bool TryGetBatch(Instant now, Span<byte> destination, out NetworkBatch batch);

    /// <inheritdoc cref="IceAgent.AddHostCandidate"/>
    void AddHostCandidate(Instant now, in NetworkAddress address, int localPreference, IceTcpType tcpType, string? hostName);

    /// <inheritdoc cref="IceAgent.AddServer"/>
    void AddServer(Instant now, in NetworkAddress server);

    /// <inheritdoc cref="IceAgent.AddRelay(Instant, IRelay, int)"/>
    void AddRelay(Instant now, IRelay relay, int localPreference);

    /// <inheritdoc cref="IceAgent.AddRelay(Instant, RelayServer)"/>
    void AddRelay(Instant now, RelayServer server);

    /// <inheritdoc cref="IceAgent.CompleteRelay"/>
    bool CompleteRelay(Instant now, RelayServer server, IRelay? relay);

    /// <inheritdoc cref="IceAgent.Gather"/>
    void Gather(Instant now);

    /// <inheritdoc cref="IceAgent.CompleteResolution"/>
    void CompleteResolution(Instant now, string hostName, in NetworkAddress address);

    /// <inheritdoc cref="IceAgent.CompleteConnection"/>
    void CompleteConnection(Instant now, in NetworkAddress local, in NetworkAddress remote, NetworkPath? path);

    /// <summary>A line for the log of gathering: a server's name that nobody knows, a port that cannot be used.</summary>
    void WriteLog(Instant now, IceLogKind kind, string detail);

    /// <summary>A bug of ours has ended the host: nothing is called any more.</summary>
    void OnFault(Exception exception);
}
