using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>
/// An address borrowed from a TURN server (RFC 8656): allocated with long-term credentials, refreshed a minute before it ends,
/// with permissions and channels for peers. Over UDP and over streams; the connection itself is the owner's.
/// </summary>
public sealed class TurnAllocation : IRelay
{
    private const int MostRedirects = 4;
    private const int MostChallenges = 4;                    // of one request: a 401, another realm, and nonces that grow stale meanwhile
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private readonly TurnOptions _options;
    private readonly IRandomSource _random;
    private readonly LongTermCredentials _credentials;
    private readonly TurnTransactions _transactions = new();
    private readonly TurnPeers _peers = new();
    private readonly TurnData _data;
    private readonly List<NetworkAddress> _relayed = [];
    private readonly List<NetworkAddress> _visited = [];
    private Instant _now;
    private Instant _refreshAt = Instant.Never;
    private Instant _expiresAt = Instant.Never;
    private string _refreshFailure = "";
    private bool _isStarted;
    private bool _isRenewing;                                // a Refresh shows whether there still is what we had
    private bool _isReleased;

    /// <param name="options">User, password, and what is asked for.</param>
    /// <param name="serverPath">From which of our addresses to which server.</param>
    /// <param name="random">Where transactions come from.</param>
    public TurnAllocation(TurnOptions options, in NetworkPath serverPath, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        _options = options;
        _random = random;
        _credentials = new LongTermCredentials(options.Username, options.Password);
        _data = new TurnData(_peers, random, options.IsStream);
        ServerPath = serverPath;
    }

    /// <inheritdoc/>
    public RelayState State { get; private set; }

    /// <inheritdoc/>
    public string FailureText { get; private set; } = "";

    /// <summary>The code that the server has refused with; 0 for none.</summary>
    public int ErrorCode { get; private set; }

    /// <summary>Where the server has sent us; none when it has not. Over a stream the owner connects there and begins anew (RFC 8489 §10).</summary>
    public NetworkAddress AlternateServer { get; private set; }

    /// <inheritdoc/>
    public NetworkPath ServerPath { get; private set; }

    /// <inheritdoc/>
    public bool IsStream => _options.IsStream;

    /// <inheritdoc/>
    public IReadOnlyList<NetworkAddress> RelayedAddresses => _relayed;

    /// <inheritdoc/>
    public NetworkAddress MappedAddress { get; private set; }

    /// <summary>What the server has granted last.</summary>
    public TimeSpan Lifetime { get; private set; }

    /// <summary>Messages from the server that could not be used.</summary>
    public long Dropped => _data.Dropped;

    /// <inheritdoc/>
    public Instant NextTimeout
    {
        get
        {
            Instant next = _transactions.NextTimeout;
            return _relayed.Count > 0
                ? Instant.Min(Instant.Min(next, _peers.NextTimeout), Instant.Min(_refreshAt, _expiresAt))
                : next;
        }
    }

    /// <inheritdoc/>
    public void Start(Instant now)
    {
        Enter(now);
        if (!_isStarted)
        {
            _isStarted = true;
            Ask(StunMethod.Allocate);
        }
    }

    /// <inheritdoc/>
    public void Renew(Instant now)
    {
        Enter(now);
        if (!_isStarted || _isReleased || IsStream || State == RelayState.Allocating)
        {
            return;                                          // a stream has not moved, or it has ended: another allocation takes its place
        }

        _isRenewing = State == RelayState.Allocated;
        State = RelayState.Allocating;
        FailureText = "";
        ErrorCode = 0;
        Ask(_isRenewing ? StunMethod.Refresh : StunMethod.Allocate);
    }

    /// <inheritdoc/>
    public void Permit(Instant now, in NetworkAddress peer)
    {
        Enter(now);
        _peers.Permit(_now, peer);
        AskForWhatIsDue();
    }

    /// <inheritdoc/>
    public void Prefer(Instant now, in NetworkAddress peer)
    {
        Enter(now);
        _peers.Permit(_now, peer);
        _peers.Bind(_now, peer);
        AskForWhatIsDue();
    }

    /// <inheritdoc/>
    public RelayPermission PermissionOf(in NetworkAddress peer) =>
        State == RelayState.Failed ? RelayPermission.Refused : _peers.StateOf(peer);

    /// <inheritdoc/>
    public void Release(Instant now)
    {
        Enter(now);
        if (State == RelayState.Allocated && !_isReleased)
        {
            _transactions.Clear();
            Ask(StunMethod.Refresh, isDelete: true);
        }
        else if (!_isReleased)
        {
            _transactions.Clear();
        }

        _isReleased = true;
        State = RelayState.Failed;
        FailureText = "given back";
        _relayed.Clear();
    }

    /// <summary>The stream to the server has ended, and the allocation with it (RFC 8656 §3.1). The owner of the stream says so.</summary>
    public void OnConnectionLost(Instant now)
    {
        Enter(now);
        if (State != RelayState.Failed)
        {
            Fail("the connection to the server has ended", 0);
        }
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable) =>
        TryUnwrap(now, path, datagram, out _, out _);

    /// <inheritdoc/>
    public RelayInput TryUnwrap(Instant now, scoped in NetworkPath path, ReadOnlySpan<byte> datagram, out NetworkAddress peer, out ReadOnlySpan<byte> data)
    {
        peer = default;
        data = default;
        if (path != ServerPath || !_isStarted)
        {
            return RelayInput.NotMine;
        }

        Enter(now);
        if (ChannelData.LooksLikeChannelData(datagram))
        {
            return _data.OnChannelData(datagram, out peer, out data);
        }

        if (!StunView.TryRead(datagram, out StunView message))
        {
            return IsStream ? _data.Drop() : RelayInput.NotMine;   // another protocol on the same socket
        }

        if (message is { Class: StunClass.Indication, Method: StunMethod.Data })
        {
            return _data.OnIndication(message, out peer, out data);
        }

        TurnRequest? request = message.Class is StunClass.SuccessResponse or StunClass.ErrorResponse ? _transactions.Find(message.TransactionId) : null;
        if (request is null)
        {
            return RelayInput.NotMine;                       // the same server may answer Binding requests of the agent
        }

        if (message.Method != request.Method)
        {
            return _data.Drop();
        }

        OnAnswer(request, message);
        return RelayInput.Consumed;
    }

    /// <inheritdoc/>
    public int Wrap(Instant now, in NetworkAddress peer, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (_relayed.Count == 0 || State == RelayState.Failed)
        {
            return 0;
        }

        Enter(now);
        return _data.Wrap(_now, peer, data, destination);
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        Enter(now);
        while (_transactions.TakeTimedOut(_now) is { } request)
        {
            OnFailed(request, request.HasBadAnswer ? "the answers were not authentic" : "the server does not answer", 0);
        }

        if (State != RelayState.Failed && _now >= _expiresAt)
        {
            Fail(_refreshFailure.Length == 0 ? "the allocation has expired" : $"the allocation has expired: {_refreshFailure}", 0);
        }

        AskForWhatIsDue();
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        Enter(now);
        while (_transactions.TakeToSend() is { } request)
        {
            int length = TurnMessages.Write(request, _options, _credentials, destination);
            if (length > 0)
            {
                datagram = new OutgoingDatagram(length, ServerPath);
                return true;
            }
        }

        datagram = default;
        return false;
    }

    private void AskForWhatIsDue()
    {
        if (_relayed.Count == 0)
        {
            return;
        }

        if (_now >= _refreshAt)
        {
            _refreshAt = Instant.Never;
            Ask(StunMethod.Refresh);
        }

        while (_peers.TakeDuePermission(_now) is { } permission)
        {
            Ask(StunMethod.CreatePermission, permission);
        }

        while (_peers.TakeDueChannel(_now) is { } channel)
        {
            Ask(StunMethod.ChannelBind, channel: channel);
        }
    }

    private void Ask(StunMethod method, TurnPermission? permission = null, TurnChannel? channel = null, bool isDelete = false, int challenges = 0) =>
        _transactions.Start(new TurnRequest
        {
            Method = method,
            Id = StunTransactionId.Draw(_random),
            Transaction = new StunTransaction(_options.Timing, _now, isReliable: IsStream),
            Permission = permission,
            Channel = channel,
            IsDelete = isDelete,
            Challenges = challenges,
            IsSigned = _credentials.IsChallenged,
        });

    private void OnAnswer(TurnRequest request, in StunView answer)
    {
        int code = 0;
        if (answer.Class == StunClass.ErrorResponse && !answer.TryReadError(out code, out _))
        {
            _transactions.Remove(request);
            OnFailed(request, "the server's answer cannot be understood", 0);
            return;
        }

        // RFC 8489 §9.2.5: a challenge cannot be signed; everything else has to be, once we sign ourselves.
        if (code is StunError.Unauthenticated or StunError.StaleNonce)
        {
            _transactions.Remove(request);
            if (request.Challenges >= MostChallenges)
            {
                OnFailed(request, "the server asks for other credentials again and again", code);
            }
            else if (_credentials.OnErrorResponse(answer) == StunChallenge.Retry)
            {
                Ask(request.Method, request.Permission, request.Channel, request.IsDelete, request.Challenges + 1);
            }
            else
            {
                OnFailed(request, "the server does not know the user, or the password is wrong", code);
            }

            return;
        }

        bool isAuthentic = request.IsSigned && _credentials.TryAccept(answer);
        if (request.IsSigned && !isAuthentic)
        {
            OnForged(request);
            return;
        }

        _transactions.Remove(request);
        if (code != 0)
        {
            OnRefused(request, answer, code, isAuthentic);
        }
        else if (answer.FindUnknownRequired(stackalloc ushort[1]) > 0)
        {
            OnFailed(request, "the server's answer has an attribute that is not known", 0);
        }
        else
        {
            OnSuccess(request, answer);
        }
    }

    private void OnForged(TurnRequest request)
    {
        _data.Drop();
        request.HasBadAnswer = true;
        if (IsStream)
        {
            _transactions.Remove(request);
            OnFailed(request, "the answer was not authentic", 0);
        }
    }

    private void OnSuccess(TurnRequest request, in StunView answer)
    {
        switch (request.Method)
        {
            case StunMethod.Allocate:
                OnAllocated(answer);
                break;
            case StunMethod.Refresh when !request.IsDelete:
                OnRefreshed(answer);
                break;
            case StunMethod.CreatePermission:
                TurnPeers.OnGranted(request.Permission!, _now);
                break;
            case StunMethod.ChannelBind:
                _peers.OnBound(request.Channel!, _now);
                break;
        }
    }

    private void OnAllocated(in StunView answer)
    {
        // Two of them answer ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §7.3).
        foreach (StunAttribute attribute in answer.Attributes)
        {
            if (attribute.Type == StunAttributeType.XorRelayedAddress
                && StunAddress.TryRead(attribute.Value, answer.AddressMask, out NetworkAddress address)
                && address.IsUnicast && !_relayed.Exists(known => known.Family == address.Family))
            {
                _relayed.Add(address);
            }
        }

        if (_relayed.Count == 0)
        {
            Fail("the server's answer has no relayed address", 0);
            return;
        }

        answer.TryReadAddress(StunAttributeType.XorMappedAddress, out NetworkAddress mapped);
        MappedAddress = mapped;
        OnRefreshed(answer);
        AskForWhatIsDue();
    }

    private void OnRefreshed(in StunView answer)
    {
        _isRenewing = false;
        State = RelayState.Allocated;
        Lifetime = answer.TryReadUInt32(StunAttributeType.Lifetime, out uint seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : _options.Lifetime;
        _expiresAt = _now + Lifetime;
        _refreshFailure = "";
        _refreshAt = _now + (Lifetime > 2 * s_margin ? Lifetime - s_margin : Lifetime / 2);   // §8
    }

    private void OnRefused(TurnRequest request, in StunView answer, int code, bool isAuthentic)
    {
        if (code == StunError.TryAlternate && request.Method == StunMethod.Allocate && (isAuthentic || _options.FollowsUnsignedRedirects)
            && answer.TryReadAddress(StunAttributeType.AlternateServer, out NetworkAddress server)
            && server.Family == ServerPath.Remote.Family && server.IsUnicast && server.Port != 0)
        {
            AlternateServer = server;
            _visited.Add(ServerPath.Remote);
            if (!IsStream && !_visited.Contains(server) && _visited.Count <= MostRedirects)
            {
                ServerPath = new NetworkPath(ServerPath.Local, server);
                Ask(StunMethod.Allocate);
                return;
            }
        }

        OnFailed(request, StunError.ReasonOf(code), code);
    }

    private void OnFailed(TurnRequest request, string why, int code)
    {
        if (request.IsDelete || _isReleased)
        {
            return;                                          // §8.3: 437 means that it is gone already
        }

        if (_isRenewing && (code == StunError.AllocationMismatch || request.Method == StunMethod.Refresh))
        {
            OnNotRenewed(isLost: code == StunError.AllocationMismatch);
            return;
        }

        switch (request.Method)
        {
            case StunMethod.CreatePermission when code != StunError.AllocationMismatch:
                TurnPeers.OnRefused(request.Permission!, _now);
                break;
            case StunMethod.ChannelBind when code != StunError.AllocationMismatch:
                TurnPeers.OnRefused(request.Channel!, _now); // Send indications go on
                break;
            case StunMethod.Refresh when code != StunError.AllocationMismatch:
                _refreshAt = TurnPeers.RetryAt(_now, _expiresAt);                  // §8.3: only a 437 says that it is gone
                _refreshFailure = code == 0 ? why : $"{code} {why}";
                break;
            default:
                Fail(why, code);
                break;
        }
    }

    // RFC 8656 §5: an allocation belongs to the address that the server sees. When that is another one, there is another allocation.
    private void OnNotRenewed(bool isLost)
    {
        _isRenewing = false;
        if (isLost)
        {
            Forget();
            Ask(StunMethod.Allocate);
        }
        else
        {
            State = RelayState.Allocated;                    // nobody has said that it is gone
        }
    }

    private void Fail(string why, int code)
    {
        Forget();
        State = RelayState.Failed;
        FailureText = code == 0 ? why : $"{code} {why}";
        ErrorCode = code;
    }

    private void Forget()
    {
        _isRenewing = false;
        _relayed.Clear();
        _peers.BeginAnew(_now);
        _transactions.Clear();
        _refreshAt = Instant.Never;
        _expiresAt = Instant.Never;
    }

    private void Enter(Instant now) => _now = Instant.Max(_now, now);
}
