using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>
/// An ICE agent for one data stream with one component, which is what multiplexed WebRTC needs (RFC 8445; trickle: RFC 8838;
/// consent: RFC 7675; patience: RFC 8863; TCP: RFC 6544). It has no socket and no clock: the owner gives it addresses, datagrams
/// and the instant, and drains datagrams, events and <see cref="NextTimeout"/> after each call.
/// </summary>
public sealed partial class IceAgent : IDatagramMachine
{
    private readonly IceContext _context;
    private readonly RoleState _roles;
    private readonly Gatherer _gatherer;
    private readonly AgentRelays _relays;
    private readonly AgentSessions _sessions;
    private readonly List<NetworkAddress> _servers = [];
    private Instant _nextTransaction = Instant.Zero;
    private CandidatePair? _announced;
    private bool _isGathering;
    private bool _isGathered;
    private bool _isClosed;

    /// <param name="options">The numbers.</param>
    /// <param name="role">Controlling for whoever makes the offer, unless only the other side is a full agent (RFC 8445 §6.1.1).</param>
    /// <param name="random">Where credentials, transactions and the tie-breaker come from: secrets, so the system's generator.</param>
    public IceAgent(IceOptions options, IceRole role, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        _context = new IceContext(options, random);
        _roles = new RoleState(random, options.IsLite ? IceRole.Controlled : role);
        _gatherer = new Gatherer(_context);
        _relays = new AgentRelays(_context);
        _sessions = new AgentSessions(_context, _roles);
    }

    /// <summary>Where the agent is.</summary>
    public IceState State { get; private set; }

    /// <summary>Why it is there.</summary>
    public IceReason Reason { get; private set; }

    /// <summary>Which agent decides; may change when both thought that they do.</summary>
    public IceRole Role => _roles.Role;

    /// <summary>What the peer has to know.</summary>
    public IceCredentials LocalCredentials => _sessions.Present.Local;

    /// <summary>What the peer has told; null before.</summary>
    public IceCredentials? RemoteCredentials => _sessions.Present.Remote;

    /// <summary>Whether the host and server-reflexive and relayed candidates are all known.</summary>
    public bool IsGatheringComplete => _isGathered;

    /// <summary>The pair that data goes over; null when nothing may be sent.</summary>
    public IceSelectedPair? SelectedPair { get; private set; }

    /// <summary>Whether the peer does not answer over <see cref="SelectedPair"/> just now, and consent is about to expire (RFC 7675).</summary>
    public bool IsSilent => _sessions.IsSilent;

    /// <summary>The last sample of the chosen pair; zero when there is none.</summary>
    public TimeSpan RoundTripTime => _sessions.Present.RoundTripTime;

    /// <summary>What was not used, by reason.</summary>
    public IceDropCounters Drops => _context.Drops;

    /// <inheritdoc/>
    public Instant NextTimeout
    {
        get
        {
            if (_isClosed)
            {
                return _relays.NextTimeout;
            }

            Instant next = Instant.Min(_sessions.NextTimeout, _gatherer.NextTimeout);
            if (_gatherer.HasNext || _sessions.Present.HasNext)
            {
                next = Instant.Min(next, Instant.Max(_nextTransaction, _context.Now));
            }

            return Instant.Min(next, _relays.NextTimeout);
        }
    }

    /// <summary>Adds an address of this host. The candidate comes out as an event at once.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address that a socket is bound to.</param>
    /// <param name="localPreference">0 to 65,535, each once: see <see cref="CandidatePriority.LocalPreferences"/>.</param>
    /// <param name="tcpType">None for UDP.</param>
    /// <param name="hostName">A name ending in .local that the peer is told in the address's place; null to tell the address.</param>
    public void AddHostCandidate(
        Instant now, in NetworkAddress address, int localPreference = ushort.MaxValue, IceTcpType tcpType = IceTcpType.None, string? hostName = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)localPreference, ushort.MaxValue);
        Enter(now);
        IceTransport transport = tcpType == IceTcpType.None ? IceTransport.Udp : IceTransport.Tcp;
        int preference = transport == IceTransport.Udp
            ? localPreference
            : CandidatePriority.TcpLocalPreference(IceCandidateType.Host, tcpType, localPreference & 8191);
        LocalCandidate? added = _context.Candidates.Add(
            IceCandidateType.Host, transport, address, address, preference, tcpType: tcpType, hostName: hostName);
        Announce(added);
        if (added is not null && !_context.Options.IsLite)
        {
            foreach (NetworkAddress server in _servers)
            {
                _gatherer.Add(added, server);
            }
        }

        Leave();
    }

    /// <summary>Adds a STUN server, which every UDP address of this host asks.</summary>
    public void AddServer(Instant now, in NetworkAddress server)
    {
        Enter(now);
        _servers.Add(server);
        if (!_context.Options.IsLite)
        {
            foreach (LocalCandidate candidate in _context.Candidates.All)
            {
                _gatherer.Add(candidate, server);
            }
        }

        Leave();
    }

    /// <summary>Adds a TURN server; its relayed address becomes a candidate. From now on the agent runs the relay.</summary>
    public void AddRelay(Instant now, IRelay relay, int localPreference = ushort.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(relay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)localPreference, ushort.MaxValue);
        Enter(now);
        _relays.Add(relay, localPreference);
        Leave();
    }

    /// <summary>Adds a TURN server that is reached over a stream: <see cref="IceEvent.RelayWanted"/> asks for it, now and after each restart.</summary>
    public void AddRelay(Instant now, RelayServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        Enter(now);
        _relays.Add(server);
        Leave();
    }

    /// <summary>Answers <see cref="IceEvent.RelayWanted"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="server">As in the event.</param>
    /// <param name="relay">A relay over a new connection; null when that could not be opened.</param>
    /// <returns>Whether the agent runs the relay from now on; false when nobody waits for it any more.</returns>
    public bool CompleteRelay(Instant now, RelayServer server, IRelay? relay)
    {
        ArgumentNullException.ThrowIfNull(server);
        Enter(now);
        bool isUsed = _relays.Complete(server, relay);
        Leave();
        return isUsed;
    }

    /// <summary>Says that all addresses and servers were added: once they have answered, gathering is complete.</summary>
    public void Gather(Instant now)
    {
        Enter(now);
        _isGathering = true;
        Leave();
    }

    /// <summary>Tells the peer's credentials; checks begin.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="credentials">Out of the peer's description.</param>
    /// <param name="isLite">Whether that says that the peer is lite.</param>
    /// <exception cref="ArgumentException">They are not made of ice-chars, or too short or long.</exception>
    /// <exception cref="InvalidOperationException">There are others already: <see cref="Restart"/> comes first.</exception>
    public void SetRemoteCredentials(Instant now, IceCredentials credentials, bool isLite = false)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (!credentials.IsValid)
        {
            throw new ArgumentException("A user name fragment has 4 to 256 ice-chars, a password 22 to 256 (RFC 8839 section 5.4).", nameof(credentials));
        }

        if (_sessions.Present.Remote is { } known)
        {
            if (known != credentials)
            {
                throw new InvalidOperationException("The peer's credentials change with a restart only.");
            }

            return;
        }

        Enter(now);
        _sessions.SetRemote(credentials, isLite);
        Leave();
    }

    /// <summary>Tells a candidate of the peer, before or after its credentials.</summary>
    /// <returns>Whether it is, or may come to be, of use.</returns>
    public bool AddRemoteCandidate(Instant now, IceCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        Enter(now);
        RemoteCandidateResult result = _isClosed ? RemoteCandidateResult.Refused : _sessions.Present.OnRemoteCandidate(candidate);
        Leave();
        return result is not (RemoteCandidateResult.Refused or RemoteCandidateResult.TooMany);
    }

    /// <summary>Says that the peer has told all candidates (RFC 8838 §14).</summary>
    public void EndRemoteCandidates(Instant now)
    {
        Enter(now);
        _sessions.Present.OnRemoteComplete();
        Leave();
    }

    /// <summary>Answers <see cref="IceEvent.ResolutionWanted"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="hostName">The name.</param>
    /// <param name="address">Its address; none when it has none.</param>
    public void CompleteResolution(Instant now, string hostName, in NetworkAddress address)
    {
        ArgumentNullException.ThrowIfNull(hostName);
        Enter(now);
        _sessions.Present.OnResolved(hostName, address);
        Leave();
    }

    /// <summary>Answers <see cref="IceEvent.ConnectionWanted"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="local">As in the event.</param>
    /// <param name="remote">As in the event.</param>
    /// <param name="path">The two ends of the connection; null when it could not be opened.</param>
    public void CompleteConnection(Instant now, in NetworkAddress local, in NetworkAddress remote, NetworkPath? path)
    {
        Enter(now);
        _sessions.Present.OnConnection(local, remote, path);
        Leave();
    }

    /// <summary>
    /// Begins anew with other credentials (RFC 8445 §9): the peer has to be told them, and to tell its own. Host
    /// candidates come out as events once more; STUN and TURN servers are asked again, and the others come as they answer. Data goes over
    /// the old pair, under consent, until a new one is chosen.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="credentials">What the peer is told; null to have them drawn.</param>
    /// <exception cref="ArgumentException">They are not made of ice-chars, or too short or long.</exception>
    public void Restart(Instant now, IceCredentials? credentials = null)
    {
        credentials ??= IceCredentials.Draw(_context.Random);
        if (!credentials.IsValid)
        {
            throw new ArgumentException("A user name fragment has 4 to 256 ice-chars, a password 22 to 256 (RFC 8839 section 5.4).", nameof(credentials));
        }

        Enter(now);
        if (!_isClosed)
        {
            _sessions.Restart(credentials);
            _relays.AskAgain(_announced?.Local.Relay);

            // What servers have seen may be so no more, and the peer would try it before what they see now: it has the same foundation.
            _context.Candidates.RemoveAll(static candidate => candidate.Candidate.Type == IceCandidateType.ServerReflexive);
            foreach (LocalCandidate candidate in _context.Candidates.All)
            {
                if (candidate.Candidate.Type != IceCandidateType.PeerReflexive)
                {
                    _context.Raise(new IceEvent.CandidateFound(candidate.Candidate));
                }
            }

            _gatherer.AskAgain();
            _isGathered = false;
            Reason = IceReason.Restarted;
        }

        Leave();
    }

    /// <summary>Takes a restart back that the peer was told of and has not answered: the offer was rolled back (RFC 9429 §5.7).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="credentials">Those before.</param>
    /// <returns>False when it cannot be taken back, or they are others.</returns>
    public bool TryRollBack(Instant now, IceCredentials credentials)
    {
        Enter(now);
        if (_isClosed || !_sessions.TryRollBack(credentials))
        {
            return false;
        }

        _isGathered = false;                                 // the end of candidates is told once more, for these
        Leave();
        return true;
    }

    /// <summary>
    /// Says which agent decides, where that is known later than the agent is made. Once checks have begun, ours or the peer's that were of
    /// another opinion, only the peer changes it.
    /// </summary>
    public void SetRole(Instant now, IceRole role)
    {
        Enter(now);
        if (_sessions.Present.Remote is null && _sessions.Previous is null && !_context.Options.IsLite)
        {
            _roles.Determine(role);
        }

        Leave();
    }

    /// <summary>Ends everything; relayed addresses are given back.</summary>
    public void Close(Instant now)
    {
        Enter(now);
        _isClosed = true;
        _sessions.End();
        _context.DiscardOutgoing();
        _relays.Release();

        Leave();
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable) =>
        TryUnwrap(now, IceTransport.Udp, path, datagram, out _, out _);

    /// <summary>Takes in what has come to one of our addresses. What is not for ICE or TURN comes out as data, without a copy.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="transport">A datagram, or a frame of a connection.</param>
    /// <param name="path">From where to where.</param>
    /// <param name="datagram">Its bytes.</param>
    /// <param name="data">A slice of it.</param>
    /// <param name="dataPath">Where the data comes from: behind a TURN server, the peer; then the local end is the relayed address.</param>
    /// <returns>Whether there is data.</returns>
    public bool TryUnwrap(
        Instant now, IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> data, out NetworkPath dataPath)
    {
        data = datagram;
        dataPath = path;
        Enter(now);
        bool isData = _relays.TryUnwrap(ref transport, ref dataPath, ref data);
        if (isData && StunView.LooksLikeStun(data))
        {
            OnStun(transport, dataPath, data);
            isData = false;
        }

        Leave();
        return isData && !_isClosed;
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        Enter(now);
        Advance();
        Leave();
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram) =>
        TryGetDatagram(now, destination, out datagram, out _);

    /// <summary>As the other one; says whether the datagram goes into a TCP connection, as one frame.</summary>
    public bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram, out IceTransport transport)
    {
        Enter(now);
        Advance();
        bool isThere = AgentOutput.TryTake(_context, destination, out datagram, out transport)
            || _relays.TryGetDatagram(destination, out datagram, out transport);
        Leave();
        return isThere;
    }

    /// <summary>Makes a datagram of data for the peer, over <see cref="SelectedPair"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="data">The data.</param>
    /// <param name="destination">Room for it and up to 36 bytes, where it is relayed.</param>
    /// <param name="datagram">What is to be sent.</param>
    /// <param name="transport">Whether it goes into a TCP connection.</param>
    /// <returns>False when nothing may be sent, or the room does not suffice.</returns>
    public bool TryWrap(Instant now, ReadOnlySpan<byte> data, Span<byte> destination, out OutgoingDatagram datagram, out IceTransport transport)
    {
        datagram = default;
        transport = default;
        return _announced is { } pair && AgentOutput.TryWrap(now, pair, data, destination, out datagram, out transport);
    }

    /// <summary>Takes the next event.</summary>
    public bool TryGetEvent([NotNullWhen(true)] out IceEvent? raised) => _context.TryTakeEvent(out raised);

    /// <summary>Writes to the log what the owner of the sockets knows: a server's name that has no address, a port that is in use.</summary>
    public void WriteLog(Instant now, IceLogKind kind, string detail)
    {
        Enter(now);
        _context.Write(kind, detail: detail);
    }

    /// <summary>Takes the next record of the log.</summary>
    public bool TryGetLogRecord([NotNullWhen(true)] out IceLogRecord? record) => _context.Log.TryTake(out record);
}
