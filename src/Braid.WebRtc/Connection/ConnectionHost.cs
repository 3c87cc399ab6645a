using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Sctp;
using Braid.Sockets;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Network;
using Braid.WebRtc.Peer;
using Microsoft.Extensions.Logging;

namespace Braid.WebRtc;

/// <summary>
/// One connection between the application's threads and the loop: what either leaves for the other, and the tasks that complete when its
/// state changes. The core is touched on the loop alone.
/// </summary>
#pragma warning disable CA1001 // Its core is disposed once the loop has let go of it.
internal sealed class ConnectionHost : IPeerApplication
#pragma warning restore CA1001
{
    private const long MostBegun = 256 << 20;                // bytes

    private static long s_lastId;

    private readonly RTCPeerConnection _api;
    private readonly PeerCore _core;
    private readonly IPeerDriver _driver;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Command> _commands = new();
    private readonly long _id = Interlocked.Increment(ref s_lastId);
    private Milestone _freed;
    private Milestone _closed;

    // Written by anybody, under the gate where nothing else is said.
    private ReturnedMessages _returned;
    private int _isPosted;                                   // interlocked

    // Written only by the loop.
    private DecidedWaiters _decided;
    private JsepState _descriptions;
    private RTCSctpTransport? _sctp;
    private long _maxMessageSize = 65536;                    // RFC 8841 §6.1, until the peer says otherwise
    private int _maxChannels;
    private volatile RTCIceConnectionState _iceState;
    private volatile RTCIceGatheringState _gatheringState;
    private volatile bool _isFreed;

    public ConnectionHost(RTCPeerConnection api, RTCConfiguration configuration)
    {
        _api = api;
        _logger = LogMessages.LoggerFor(configuration.LoggerFactory);
        Configuration = configuration;
        Certificate = configuration.Certificate ?? RTCCertificate.Generate();
        Progress = new ConnectionProgress(_gate);
        Events = new EventPump(_logger, configuration.RunsHandlersInline);
        Sends = new SendBuffer(this, _gate, configuration.SendBufferSize);
        Channels = new ConnectionChannels(this, api, _gate, _logger, _id);
        Parts = new PartsMemory(configuration.ReceiveBufferSize, Math.Max(MostBegun, 2L * configuration.MaxMessageSize), Wake);
        _returned = new ReturnedMessages(_gate);
        _core = new PeerCore(configuration.ToPeerOptions(Certificate, _logger.IsEnabled(LogLevel.Debug)), configuration.Random);
        _descriptions = _core.Descriptions;
        _driver = configuration.StartDriver(_core, this);
        Meters.OnCreated();
    }

    public RTCConfiguration Configuration { get; }

    public RTCCertificate Certificate { get; }

    /// <summary>The sending half.</summary>
    public SendBuffer Sends { get; }

    public EventPump Events { get; }

    public FoundCandidates Candidates { get; } = new();

    public ConnectionChannels Channels { get; }

    /// <summary>Messages that come in parts.</summary>
    public PartsMemory Parts { get; }

    /// <summary>Where it stands, and why it has failed or ended.</summary>
    public ConnectionProgress Progress { get; }

    public RTCIceConnectionState IceState => Progress.IsClosed ? RTCIceConnectionState.Closed : _iceState;

    public RTCIceGatheringState GatheringState => _gatheringState;

    /// <summary>What offer and answer have come to, as of the last run.</summary>
    public JsepState Descriptions => Volatile.Read(ref _descriptions);

    public RTCSctpTransport? Sctp => Volatile.Read(ref _sctp);

    public long MaxMessageSize => Volatile.Read(ref _maxMessageSize);

    public long MaxReceiveSize => Configuration.MaxMessageSize;

    /// <summary>Completes when nothing is left of it.</summary>
    public Task Freed => _freed.Task;

    /// <summary>The same; faults where it was not closed by us.</summary>
    public Task Closed => _closed.Task;

    /// <summary>There is something to do on the loop. By anybody, without a lock.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isPosted) == 0 && Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            _driver.Wake();
        }
    }

    /// <summary>Has a command run on the loop, after everything that was sent so far was handed over.</summary>
    public void Post(Command command)
    {
        _commands.Enqueue(command);
        Wake();
        if (_isFreed)
        {
            RefuseCommands();
        }
    }

    /// <summary>The same, for a command that the caller waits for.</summary>
    /// <param name="run">What is done; may throw an <see cref="RTCException"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<T> AskAsync<T>(Func<PeerCore, Instant, T> run, CancellationToken cancellationToken)
    {
        var call = new Call<T>((core, now) =>
        {
            T result = run(core, now);
            Volatile.Write(ref _descriptions, core.Descriptions);            // before the caller looks
            return result;
        });
        Post(call);
        return call.Done.WaitAsync(cancellationToken);
    }

    /// <exception cref="RTCException">The connection is closed.</exception>
    public void ThrowIfClosed()
    {
        if (Progress.IsClosed || _isFreed)
        {
            throw Progress.Why();
        }
    }

    /// <summary>The W3C's close.</summary>
    public void Close()
    {
        if (Progress.TryClose())
        {
            Sends.Refuse(Progress.Why());
            Post(new Order(static (core, now) => core.Close(now)));
        }
    }

    /// <summary>A message that the core gave is the application's. On the loop.</summary>
    public RTCMessage Take(in PeerMessage message)
    {
        _returned.OnDelivered(message.Source);
        return new RTCMessage(this, message.Source, message.IsText, message.IsEmpty);
    }

    /// <summary>The application is done with a message.</summary>
    public void Release(ReceivedMessage message)
    {
        if (_returned.Add(message, Configuration.ReceiveBufferSize, out bool isFirst) || isFirst)
        {
            Wake();
        }
    }

    /// <inheritdoc/>
    public void OnWork(Instant now)
    {
        if (Volatile.Read(ref _isPosted) == 0)
        {
            Sends.HandOver(_core, now);                      // what there was no room for
            return;
        }

        Interlocked.Exchange(ref _isPosted, 0);              // whoever adds from now on wakes anew
        _returned.TakeBack();
        Channels.Resume(ref _decided);
        Sends.HandOver(_core, now);
        while (_commands.TryDequeue(out Command? command))
        {
            command.Run(_core, now);
            Sends.HandOver(_core, now);
        }
    }

    /// <inheritdoc/>
    public void OnOutput(Instant now, in PeerOutput output)
    {
        if (output.Event is { } change)
        {
            OnEvent(change);
        }
        else if (output.Message.Channel.Tag is ChannelHost channel)
        {
            channel.OnMessage(output.Message, ref _decided);
        }
    }

    /// <inheritdoc/>
    public void OnDrained(Instant now)
    {
        Sends.Collect(_core);
        if (!ReferenceEquals(_descriptions, _core.Descriptions))
        {
            Volatile.Write(ref _descriptions, _core.Descriptions);
        }

        if (_core.Association is { State: AssociationState.Established })
        {
            Volatile.Write(ref _maxMessageSize, _core.MaximumMessageSize);      // another exchange may say otherwise
        }

        FollowTransport();
        DecidedWaiters decided = _decided;
        _decided = default;
        decided.Complete();
        while (_core.TryGetLogRecord(out IceLogRecord? record))
        {
            LogMessages.Ice(_logger, _id, record);
        }

        Events.RunInline();
    }

    /// <inheritdoc/>
    public void OnLog(IceLogRecord record) => LogMessages.Ice(_logger, _id, record);

    /// <inheritdoc/>
    public void OnFreed(Exception? error)
    {
        if (error is not null)
        {
            LogMessages.LoopFailed(_logger, error, _id);
            Progress.End = new PeerEnd(RTCFailureReason.SctpFailed, $"The loop of the connection failed: {error.Message}");
        }

        bool wasClosed = Progress.IsClosed;
        SetState(RTCPeerConnectionState.Closed, isRaised: !wasClosed);
        _isFreed = true;
        RTCException end = Progress.Why();
        RefuseCommands();
        Channels.CloseAll(wasClosed ? RTCError.None : end.Error);
        Sends.Refuse(end);
        Sends.Discard();
        Candidates.End(end);
        Channels.Accepted.Complete(end);
        DecidedWaiters decided = _decided;
        _decided = default;
        decided.Complete();
        _core.Dispose();
        Meters.OnFreed();
        _freed.Decide(null);
        _closed.Decide(wasClosed ? null : end);
        Events.RunInline();
    }

    private void OnEvent(PeerEvent change)
    {
        switch (change)
        {
            case PeerEvent.ChannelChanged channel:
                Channels.OnChange(channel.Change, ref _decided);
                break;
            case PeerEvent.ConnectionStateChanged connection:
                Progress.End = connection.End.Reason == RTCFailureReason.None ? Progress.End : connection.End;
                SetState(connection.State, isRaised: !Progress.IsClosed);
                break;
            case PeerEvent.IceConnectionStateChanged ice:
                _iceState = ice.State;
                Raise(EventKind.IceConnectionStateChange);
                break;
            case PeerEvent.GatheringStateChanged gathering:
                _gatheringState = gathering.State;
                Raise(EventKind.IceGatheringStateChange);
                break;
            case PeerEvent.SignalingStateChanged:
                Volatile.Write(ref _descriptions, _core.Descriptions);
                Raise(EventKind.SignalingStateChange);
                break;
            case PeerEvent.NegotiationNeeded:
                Raise(EventKind.NegotiationNeeded);
                break;
            case PeerEvent.CandidateFound found:
                Volatile.Write(ref _descriptions, _core.Descriptions);
                RTCIceCandidate? candidate = found.Candidate is { } known ? new RTCIceCandidate(known, found.Mid, found.Index, found.Fragment) : null;
                Candidates.Add(candidate, found.Fragment);
                Raise(EventKind.IceCandidate, candidate);
                break;
            case PeerEvent.TransportUp up:
                Volatile.Write(ref _maxMessageSize, up.MaximumMessageSize);
                _maxChannels = up.MaximumChannels;
                break;
            case PeerEvent.TransportDown down when !Progress.IsClosed:
                OnDown(down.End);
                break;
            case PeerEvent.RoomAvailable:
                Wake();
                break;
        }
    }

    // ICE may be restarted, but of DTLS and SCTP nothing comes back unless the peer begins them anew.
    private void OnDown(PeerEnd end)
    {
        Progress.End = end;
        Channels.Accepted.Complete(Progress.Why());
        _closed.Decide(end.Reason == RTCFailureReason.ClosedByPeer ? null : Progress.Why());
    }

    private void SetState(RTCPeerConnectionState state, bool isRaised)
    {
        if (!Progress.TrySet(state))
        {
            return;
        }

        PeerEnd end = Progress.End;
        if (state == RTCPeerConnectionState.Failed)
        {
            LogMessages.Failed(_logger, _id, end.Reason, end.Message);
            Meters.OnFailed(end.Reason);
        }
        else
        {
            LogMessages.StateChanged(_logger, _id, state);
        }

        if (isRaised)
        {
            Events.Add(_api, EventKind.ConnectionStateChange);
        }
    }

    // W3C: nothing is raised once it was closed.
    private void Raise(EventKind kind, object? argument = null)
    {
        if (!Progress.IsClosed)
        {
            Events.Add(_api, kind, argument);
        }
    }

    private void FollowTransport()
    {
        if (_core.Descriptions.Negotiated is not null || _sctp is not null)
        {
            RTCSctpTransport now = TransportSnapshot.Of(_core, MaxMessageSize, _maxChannels, _sctp);
            if (!ReferenceEquals(now, _sctp))
            {
                Volatile.Write(ref _sctp, now);
            }
        }
    }

    private void RefuseCommands()
    {
        while (_commands.TryDequeue(out Command? command))
        {
            command.Refuse(Progress.Why());
        }
    }
}
