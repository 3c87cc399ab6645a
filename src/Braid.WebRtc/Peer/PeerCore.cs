using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc.Peer;

/// <summary>
/// A WebRTC peer for data, as a state machine: offer and answer, ICE, DTLS, SCTP and channels in one. Time, randomness and bytes are
/// arguments. After whatever was called the owner drains it: <see cref="TryTake"/> until false, <see cref="TryGetBatch"/> until false,
/// both until neither gives anything, and then it reads <see cref="NextDeadline"/>. Several calls may come before that: datagrams that
/// arrived together are acknowledged together. One thread at a time.
/// </summary>
internal sealed partial class PeerCore : IDisposable
{
    /// <summary>Room that <see cref="TryGetBatch"/> needs at least: the longest datagram.</summary>
    public const int LongestDatagram = 1 << 14;

    private readonly PeerOptions _options;
    private readonly IRandomSource _random;
    private readonly PeerIce _ice;
    private readonly PeerDescriptions _descriptions;
    private readonly PeerSecurity _security = new();
    private readonly PeerSender _sender = new();
    private readonly PeerFarewell _farewell = new();
    private readonly PeerNews _news = new();
    private PeerChannels _channels = new();
    private PeerAssociation? _association;
    private Negotiation? _negotiation;
    private NetworkPath _lastPath;
    private PeerEnd _transportEnd;                           // of DTLS or SCTP
    private Instant _now;
    private bool _wasSilent;
    private bool _isSettled = true;
    private bool _isClosed;

    /// <param name="options">What it is made of.</param>
    /// <param name="random">The system's generator in production.</param>
    public PeerCore(PeerOptions options, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        _options = options;
        _random = random;
        _ice = new PeerIce(options, random.Fork());
        _descriptions = new PeerDescriptions(options, random.Fork(), _ice.Agent.LocalCredentials);
    }

    // ---- What is so ----

    /// <summary>The W3C's connectionState.</summary>
    public RTCPeerConnectionState ConnectionState => _news.Connection;

    /// <summary>The W3C's iceConnectionState.</summary>
    public RTCIceConnectionState IceConnectionState => _news.IceConnection;

    /// <summary>The W3C's iceGatheringState.</summary>
    public RTCIceGatheringState GatheringState => _ice.Gathering;

    /// <summary>Why it has failed, or ended.</summary>
    public PeerEnd End => _transportEnd.Reason != RTCFailureReason.None ? _transportEnd
        : Agent.State == IceState.Failed ? PeerState.Describe(Agent.Reason, Agent)
        : PeerEnd.None;

    /// <summary>What offer and answer have come to: descriptions, signaling state.</summary>
    public JsepState Descriptions => _descriptions.State;

    /// <summary>The longest message that may be sent, in bytes.</summary>
    public long MaximumMessageSize => _channels.Negotiator.MaximumMessageSize;

    /// <summary>For its statistics; its commands are given here.</summary>
    public IceAgent Agent => _ice.Agent;

    /// <summary>For its statistics; null before there is one.</summary>
    public ISecureDatagramSession? Session => _security.Session;

    /// <summary>Whether we began the DTLS handshake, or are to.</summary>
    public bool IsDtlsClient => _security.IsClient;

    /// <summary>For its statistics; null before there is one.</summary>
    public Association? Association => _association?.Association;

    /// <summary>Where memory for messages is rented (<see cref="Send(Instant, Channel, PooledBuffer, bool)"/>); null before channels are open.</summary>
    public BufferPool? Buffers => _association?.Buffers;

    /// <summary>What channels have counted, those of the present association.</summary>
    public ChannelCounters ChannelCounters => _channels.Negotiator.Counters;

    /// <summary>When <see cref="OnTimer"/> wants to be called; <see cref="Instant.Never"/> when nothing is pending.</summary>
    public Instant NextDeadline
    {
        get
        {
            if (!_isSettled)
            {
                return _now;                                 // it was not drained
            }

            Instant next = IsHeard ? Instant.Min(Agent.NextTimeout, _security.NextTimeout) : Agent.NextTimeout;
            return CanSend && _association is not null ? Instant.Min(next, _association.NextTimeout) : next;
        }
    }

    // Without a pair nothing is taken from SCTP, and its timers wait: nobody could answer, and it would only give up.
    private bool CanSend => Agent.SelectedPair is not null;

    // While nothing gets through, the timers of DTLS wait too: its handshake would use its time up.
    private bool IsHeard => CanSend && !Agent.IsSilent;

    // ---- The network: in ----

    /// <summary>Adds an address that a socket is bound to.</summary>
    /// <inheritdoc cref="IceAgent.AddHostCandidate"/>
    public void AddHostCandidate(
        Instant now, in NetworkAddress address, int localPreference = ushort.MaxValue, IceTcpType tcpType = IceTcpType.None, string? hostName = null)
    {
        Enter(now);
        Agent.AddHostCandidate(_now, address, localPreference, tcpType, hostName);
    }

    /// <summary>Adds a STUN server.</summary>
    public void AddServer(Instant now, in NetworkAddress server)
    {
        Enter(now);
        Agent.AddServer(_now, server);
    }

    /// <summary>Adds a TURN server. From now on its relay is run by this.</summary>
    public void AddRelay(Instant now, IRelay relay, int localPreference = ushort.MaxValue)
    {
        Enter(now);
        Agent.AddRelay(_now, relay, localPreference);
    }

    /// <summary>Adds a TURN server that is reached over a stream: <see cref="PeerEvent.RelayWanted"/> will ask for it.</summary>
    public void AddRelay(Instant now, RelayServer server)
    {
        Enter(now);
        Agent.AddRelay(_now, server);
    }

    /// <summary>The answer to <see cref="PeerEvent.RelayWanted"/>.</summary>
    /// <inheritdoc cref="IceAgent.CompleteRelay"/>
    public bool CompleteRelay(Instant now, RelayServer server, IRelay? relay)
    {
        Enter(now);
        return Agent.CompleteRelay(_now, server, relay);
    }

    /// <summary>Says that all addresses and servers were added: the answer to <see cref="PeerEvent.GatheringWanted"/>.</summary>
    public void Gather(Instant now)
    {
        Enter(now);
        Agent.Gather(_now);
    }

    /// <summary>The answer to <see cref="PeerEvent.ResolutionWanted"/>.</summary>
    public void CompleteResolution(Instant now, string hostName, in NetworkAddress address)
    {
        Enter(now);
        Agent.CompleteResolution(_now, hostName, address);
    }

    /// <summary>The answer to <see cref="PeerEvent.ConnectionWanted"/>.</summary>
    public void CompleteConnection(Instant now, in NetworkAddress local, in NetworkAddress remote, NetworkPath? path)
    {
        Enter(now);
        Agent.CompleteConnection(_now, local, remote, path);
    }

    /// <summary>Takes in a datagram, or a frame of a TCP connection. Never throws on its content.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="transport">What it came in.</param>
    /// <param name="path">The local address that its socket is bound to, and where it comes from.</param>
    /// <param name="datagram">Its bytes; not kept.</param>
    /// <param name="ecn">What its IP header says.</param>
    public void Receive(Instant now, IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        Enter(now);

        // RFC 7983 §7: STUN and TURN channels are the agent's, DTLS has 20 to 63, and there is no media here.
        if (!Agent.TryUnwrap(_now, transport, path, datagram, out ReadOnlySpan<byte> data, out _) || data.IsEmpty || data[0] is < 20 or > 63)
        {
            return;
        }

        _security.OnDatagram(_now, data);
        if (_association is null && _security.State == DtlsState.Connected)
        {
            SettleSecurity();                                // what has come with the end of the handshake is for the association
        }

        while (_association is not null && _security.TryReceive(out ReadOnlySpan<byte> packet))
        {
            _association.OnPacket(_now, packet, ecn);
        }
    }

    /// <summary>Runs all timers that are due.</summary>
    public void OnTimer(Instant now)
    {
        Enter(now);
        Agent.HandleTimeout(_now);
        SettleIce();                                         // a pair that is new gives the handshake more time
        if (IsHeard)
        {
            _security.HandleTimeout(_now);
        }

        if (CanSend)
        {
            _association?.HandleTimeout(_now);
        }
    }

    // ---- The network: out ----

    /// <summary>Writes the next datagrams into a buffer: as many of one size, to one address, as there are and fit.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="destination">From <see cref="LongestDatagram"/> on; 65,507 bytes are the most that UDP_SEGMENT takes.</param>
    /// <param name="batch">What was written.</param>
    public bool TryGetBatch(Instant now, Span<byte> destination, out OutgoingBatch batch)
    {
        Settle(now);
        if (_farewell.TryTake(destination, out batch))
        {
            return true;
        }

        if (Agent.TryGetDatagram(_now, destination, out OutgoingDatagram datagram, out IceTransport transport))
        {
            batch = new OutgoingBatch(datagram.Length, datagram.Length, datagram.Path, transport);
            return true;
        }

        if (PeerSender.TryGetHandshake(_now, Agent, _security, destination, out batch))
        {
            return true;
        }

        if (_association is null || !_sender.TryGetBatch(_now, Agent, _security.Session!, _association, destination, out batch))
        {
            return false;
        }

        _isSettled &= !_channels.IsDraining;                 // what waits to be sent is less
        return true;
    }

    // ---- The application: out ----

    /// <summary>Takes the next event or message.</summary>
    public bool TryTake(Instant now, out PeerOutput output)
    {
        Settle(now);
        return _news.Outputs.TryDequeue(out output);
    }

    /// <summary>Takes the next record of ICE's log.</summary>
    public bool TryGetLogRecord([NotNullWhen(true)] out IceLogRecord? record) => Agent.TryGetLogRecord(out record);

    // ---- The application: descriptions ----

    /// <summary>The W3C's createOffer.</summary>
    public RTCError CreateOffer(Instant now, bool restartsIce, out string sdp)
    {
        Enter(now);
        return _descriptions.CreateOffer(restartsIce, out sdp);
    }

    /// <summary>The W3C's createAnswer.</summary>
    public RTCError CreateAnswer(Instant now, out string sdp)
    {
        Enter(now);
        return _descriptions.CreateAnswer(out sdp);
    }

    /// <summary>The W3C's setLocalDescription; implicit with null and an empty text. Rollback is a type.</summary>
    public RTCError SetLocalDescription(Instant now, SdpType? type = null, string sdp = "")
    {
        Enter(now);
        RTCError error = _descriptions.SetLocal(type, sdp);
        OnDescribed();
        return error;
    }

    /// <summary>The W3C's setRemoteDescription.</summary>
    public RTCError SetRemoteDescription(Instant now, SdpType type, string sdp)
    {
        Enter(now);
        RTCError error = _descriptions.SetRemote(type, sdp);
        OnDescribed();
        return error;
    }

    /// <summary>The W3C's addIceCandidate.</summary>
    public RTCError AddRemoteCandidate(Instant now, in TrickledCandidate candidate)
    {
        Enter(now);
        RTCError error = _descriptions.AddRemoteCandidate(candidate, out string? fragment);
        if (fragment is not null && fragment == Agent.RemoteCredentials?.UsernameFragment)
        {
            _ice.AddRemote(_now, candidate.Candidate);       // else it waits in the description
        }

        return error;
    }

    /// <summary>The W3C's restartIce.</summary>
    public void RestartIce(Instant now)
    {
        Enter(now);
        _descriptions.RestartIce();
    }

    // ---- The application: channels ----

    /// <summary>The W3C's createDataChannel.</summary>
    public RTCError CreateChannel(Instant now, string label, RTCDataChannelInit? init, out Channel? channel)
    {
        Enter(now);
        channel = null;
        if (_isClosed)
        {
            return RTCError.InvalidState("The connection is closed.");
        }

        if (_channels.TryCreate(label, init, out channel, out RTCError error))
        {
            _descriptions.WantData();
        }

        return error;
    }

    /// <summary>
    /// Sends a message: an OperationError when the send buffer is full (<see cref="PeerEvent.RoomAvailable"/> will come), else nothing but
    /// what the W3C's send throws.
    /// </summary>
    public RTCError Send(Instant now, Channel channel, ReadOnlySpan<byte> message, bool isText = false)
    {
        Enter(now);
        return _channels.Send(_now, Association, channel, message, isText);
    }

    /// <summary>Sends a message without copying it. The memory passes on only without an error.</summary>
    public RTCError Send(Instant now, Channel channel, PooledBuffer message, bool isText = false)
    {
        Enter(now);
        return _channels.Send(_now, Association, channel, message, isText);
    }

    /// <summary>The W3C's close of a channel.</summary>
    public void CloseChannel(Instant now, Channel channel)
    {
        Enter(now);
        _channels.Negotiator.Close(channel);
    }

    /// <summary>The W3C's close: what is to be said to the peer and to servers has to be taken with <see cref="TryGetBatch"/> yet.</summary>
    public void Close(Instant now)
    {
        Enter(now);
        if (_isClosed)
        {
            return;
        }

        Settle(now);
        _isClosed = true;
        _farewell.Say(_now, Agent, _security, _sender, _association);
        EndTransport(new PeerEnd(RTCFailureReason.Closed, "The connection was closed."));
        _descriptions.Close();
        Agent.Close(_now);
        _isSettled = false;
    }

    /// <summary>Frees what is not managed. Nothing may be called after it.</summary>
    public void Dispose()
    {
        _sender.Dispose();
        _security.Dispose();
    }
}
