using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc;

/// <summary>
/// A connection with a peer, for data channels (W3C RTCPeerConnection; RFC 9429). The members have the W3C's names; where that has promises
/// and events there are tasks, too. All of them may be called from any thread. Events are raised on the thread pool, one after the other and
/// in their order, those of channels included. It has to be closed or disposed: until then it keeps sockets.
/// </summary>
public sealed class RTCPeerConnection : IAsyncDisposable, IEventTarget
{
    private readonly ConnectionHost _host;
    private EventHandler<RTCDataChannel>? _dataChannel;

    /// <param name="configuration">How it is to be; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="RTCException">SyntaxError: a URL of a server cannot be read.</exception>
    /// <exception cref="DtlsUnavailableException">There is no libssl of OpenSSL 3; the message says how to install it.</exception>
    public RTCPeerConnection(RTCConfiguration? configuration = null)
    {
        configuration ??= new RTCConfiguration();
        configuration.Validate();
        if (configuration.Sessions is null)
        {
            DtlsLibrary.EnsureLoaded();
        }

        _host = new ConnectionHost(this, configuration);
    }

    /// <summary>An offer should be made (W3C negotiationneeded). With <see cref="SetLocalDescriptionAsync"/> without a description that is perfect negotiation.</summary>
    public event EventHandler? NegotiationNeeded;

    /// <summary><see cref="SignalingState"/> has changed.</summary>
    public event EventHandler? SignalingStateChange;

    /// <summary><see cref="IceGatheringState"/> has changed.</summary>
    public event EventHandler? IceGatheringStateChange;

    /// <summary><see cref="IceConnectionState"/> has changed.</summary>
    public event EventHandler? IceConnectionStateChange;

    /// <summary><see cref="ConnectionState"/> has changed; not when it was closed by us.</summary>
    public event EventHandler? ConnectionStateChange;

    /// <summary>A candidate that the peer is to be told (W3C icecandidate); null when there will be no more.</summary>
    public event EventHandler<RTCIceCandidate?>? IceCandidate;

    /// <summary>
    /// The peer has opened a channel (W3C datachannel). Channels that come while nobody has subscribed wait for that, or for
    /// <see cref="AcceptDataChannelAsync"/>.
    /// </summary>
    public event EventHandler<RTCDataChannel>? DataChannel
    {
        add
        {
            _dataChannel += value;
            _host.Channels.Raise();
        }
        remove => _dataChannel -= value;
    }

    /// <summary>Where the connection stands, ICE and DTLS together.</summary>
    public RTCPeerConnectionState ConnectionState => _host.Progress.State;

    /// <summary>Where ICE stands.</summary>
    public RTCIceConnectionState IceConnectionState => _host.IceState;

    /// <summary>Whether candidates are being gathered.</summary>
    public RTCIceGatheringState IceGatheringState => _host.GatheringState;

    /// <summary>Where offer and answer stand.</summary>
    public RTCSignalingState SignalingState =>
        _host.Progress.State == RTCPeerConnectionState.Closed ? RTCSignalingState.Closed : (RTCSignalingState)_host.Descriptions.Signaling;

    /// <summary>Our description, of the exchange that is under way or else of the last one, with all candidates so far.</summary>
    public RTCSessionDescription? LocalDescription => Describe(_host.Descriptions.Local);

    /// <summary>Our description of the last exchange that was completed.</summary>
    public RTCSessionDescription? CurrentLocalDescription => Describe(_host.Descriptions.CurrentLocal);

    /// <summary>Our description of the exchange that is under way; null for none.</summary>
    public RTCSessionDescription? PendingLocalDescription => Describe(_host.Descriptions.PendingLocal);

    /// <summary>The peer's description, of the exchange that is under way or else of the last one, with all candidates so far.</summary>
    public RTCSessionDescription? RemoteDescription => Describe(_host.Descriptions.Remote);

    /// <summary>The peer's description of the last exchange that was completed.</summary>
    public RTCSessionDescription? CurrentRemoteDescription => Describe(_host.Descriptions.CurrentRemote);

    /// <summary>The peer's description of the exchange that is under way; null for none.</summary>
    public RTCSessionDescription? PendingRemoteDescription => Describe(_host.Descriptions.PendingRemote);

    /// <summary>The SCTP transport as it is now; null before it was negotiated. Ask again for what has changed.</summary>
    public RTCSctpTransport? Sctp => _host.Sctp;

    /// <summary>The certificate that the peer is shown.</summary>
    public RTCCertificate Certificate => _host.Certificate;

    /// <summary>How it was made. It cannot be changed.</summary>
    public RTCConfiguration Configuration => _host.Configuration;

    /// <summary>
    /// Completes when it was closed by us and nothing is left of it, or by the peer; faults with an <see cref="RTCException"/> when DTLS or SCTP
    /// has failed. Who serves many awaits it, and then disposes the connection.
    /// </summary>
    public Task Closed => _host.Closed;

    /// <summary>
    /// Creates a channel (W3C createDataChannel). It opens with the connection, or at once where that is up; the first one wants an offer.
    /// </summary>
    /// <param name="label">What it is called: at most 65,535 bytes of UTF-8; need not be unique.</param>
    /// <param name="init">How it is to be; null for ordered and reliable.</param>
    /// <exception cref="RTCException">
    /// InvalidStateError: the connection is closed. TypeError: an argument is not allowed. OperationError: the id is in use.
    /// </exception>
    public RTCDataChannel CreateDataChannel(string label, RTCDataChannelInit? init = null)
    {
        ArgumentNullException.ThrowIfNull(label);
        return _host.Channels.Create(label, init).Api;
    }

    /// <summary>Makes an offer (W3C createOffer). Nothing happens before it is set.</summary>
    /// <param name="options">What it is to be; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">InvalidStateError: an offer of the peer is open, or the connection is closed.</exception>
    public ValueTask<RTCSessionDescription> CreateOfferAsync(RTCOfferOptions? options = null, CancellationToken cancellationToken = default)
    {
        bool restartsIce = options?.IceRestart == true;
        return AskAsync(
            (core, now) => Check(core.CreateOffer(now, restartsIce, out string sdp), new RTCSessionDescription(RTCSdpType.Offer, sdp)), cancellationToken);
    }

    /// <summary>Makes an answer to the peer's offer (W3C createAnswer). Nothing happens before it is set.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">InvalidStateError: no offer of the peer is open.</exception>
    public ValueTask<RTCSessionDescription> CreateAnswerAsync(CancellationToken cancellationToken = default) => AskAsync(
        (core, now) => Check(core.CreateAnswer(now, out string sdp), new RTCSessionDescription(RTCSdpType.Answer, sdp)), cancellationToken);

    /// <summary>Sets our description; candidates are gathered from then on (W3C setLocalDescription).</summary>
    /// <param name="description">
    /// What was created last; or null, the default, or one without a text: it is made here, an answer where an offer of the peer is open, else
    /// an offer.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">
    /// InvalidStateError: it does not fit the state. InvalidModificationError: it is not what was created last.
    /// </exception>
    public async ValueTask SetLocalDescriptionAsync(RTCSessionDescription? description = null, CancellationToken cancellationToken = default) =>
        await AskAsync(
            (core, now) =>
            {
                SdpType? type = description is null ? null : TypeOf(description);
                Check(core.SetLocalDescription(now, type, description?.Sdp ?? ""), true);
                _host.Candidates.Begin(core.Descriptions.Local?.Description.Data?.Transport.Credentials?.Ufrag);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Sets the peer's description (W3C setRemoteDescription). An offer takes back an open one of ours: so the polite side of perfect negotiation yields.</summary>
    /// <param name="description">What the peer has sent; whatever it holds is safe to pass on.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">
    /// InvalidStateError: it does not fit the state. OperationError with <see cref="RTCErrorDetail.SdpSyntaxError"/>: it cannot be read, and
    /// <see cref="RTCException.SdpLineNumber"/> says where. InvalidAccessError: it does not fit what was said before.
    /// </exception>
    public async ValueTask SetRemoteDescriptionAsync(RTCSessionDescription description, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        await AskAsync(
            (core, now) => Check(core.SetRemoteDescription(now, TypeOf(description), description.Sdp ?? ""), true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells a candidate of the peer (W3C addIceCandidate, RFC 8838).</summary>
    /// <param name="candidate">What the peer has sent; null for the end of candidates.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">
    /// InvalidStateError: there is no description of the peer yet. TypeError: it names no section. OperationError: it cannot be read, or
    /// belongs to no session of the peer.
    /// </exception>
    public async ValueTask AddIceCandidateAsync(RTCIceCandidateInit? candidate, CancellationToken cancellationToken = default)
    {
        var trickled = new TrickledCandidate(candidate?.Candidate ?? "", candidate?.SdpMid, candidate?.SdpMLineIndex, candidate?.UsernameFragment);
        await AskAsync((core, now) => Check(core.AddRemoteCandidate(now, trickled), true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has the next offer look for a path anew (W3C restartIce); <see cref="NegotiationNeeded"/> is raised. Data goes over the old path until then.</summary>
    public void RestartIce() => _host.Post(new Order(static (core, now) => core.RestartIce(now)));

    /// <summary>
    /// Our candidates, of the present ICE session, from the first to the last: for who does not want <see cref="IceCandidate"/>. Waits for
    /// <see cref="SetLocalDescriptionAsync"/>, and ends when gathering is complete.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RTCException">The connection was closed before.</exception>
    public IAsyncEnumerable<RTCIceCandidate> GatherCandidatesAsync(CancellationToken cancellationToken = default) => _host.Candidates.ReadAllAsync(cancellationToken);

    /// <summary>Waits until all candidates are gathered: for who sends one description with all of them, and no candidates behind it.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Our description, with the candidates.</returns>
    /// <exception cref="RTCException">The connection was closed before.</exception>
    public async ValueTask<RTCSessionDescription> GatherAsync(CancellationToken cancellationToken = default)
    {
        await foreach (RTCIceCandidate _ in GatherCandidatesAsync(cancellationToken).ConfigureAwait(false))
        {
            // each of them stands in the description by now
        }

        return LocalDescription!;
    }

    /// <summary>Takes the next channel that the peer opens; it is open.</summary>
    /// <param name="cancellationToken">Ends the waiting; no channel is lost.</param>
    /// <exception cref="RTCException">The connection is closed.</exception>
    /// <exception cref="InvalidOperationException">Channels are raised as events: <see cref="DataChannel"/> has a handler.</exception>
    public ValueTask<RTCDataChannel> AcceptDataChannelAsync(CancellationToken cancellationToken = default) => _host.Channels.IsRaising
        ? throw new InvalidOperationException("Channels of the peer are raised as events: either the event or this, not both.")
        : _host.Channels.Accepted.DequeueAsync(cancellationToken);

    /// <summary>Waits until data can flow.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">It has failed, or is closed: <see cref="RTCException.Reason"/> says why. After a restart of ICE it may be waited for again.</exception>
    public ValueTask WaitConnectedAsync(CancellationToken cancellationToken = default) => new(_host.Progress.WaitConnectedAsync(cancellationToken));

    /// <summary>What happens just now, in the W3C's terms (W3C getStats).</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RTCException">The connection is closed.</exception>
    public ValueTask<RTCStatsReport> GetStatsAsync(CancellationToken cancellationToken = default) =>
        AskAsync((core, _) => StatsReporter.Report(core, _host), cancellationToken);

    /// <summary>
    /// Closes the connection at once (W3C close): the peer is told, and what was not delivered is lost. To have it delivered, close the
    /// channels first: <see cref="RTCDataChannel.CloseAsync"/>. Raises no event but those of the channels.
    /// </summary>
    public void Close() => _host.Close();

    /// <summary><see cref="Close"/>, and waits until its sockets are closed, too.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the closing.</param>
    public async ValueTask CloseAsync(CancellationToken cancellationToken = default)
    {
        _host.Close();
        await _host.Freed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, and gives back messages that nobody took.</summary>
    public async ValueTask DisposeAsync()
    {
        _host.Close();
        await _host.Freed.ConfigureAwait(false);
    }

    void IEventTarget.Raise(EventKind kind, object? argument, in RTCMessage message)
    {
        switch (kind)
        {
            case EventKind.DataChannel:
                _dataChannel?.Invoke(this, (RTCDataChannel)argument!);
                break;
            case EventKind.IceCandidate:
                IceCandidate?.Invoke(this, (RTCIceCandidate?)argument);
                break;
            default:
                EventHandler? handler = kind switch
                {
                    EventKind.NegotiationNeeded => NegotiationNeeded,
                    EventKind.SignalingStateChange => SignalingStateChange,
                    EventKind.IceGatheringStateChange => IceGatheringStateChange,
                    EventKind.IceConnectionStateChange => IceConnectionStateChange,
                    _ => ConnectionStateChange,
                };
                handler?.Invoke(this, EventArgs.Empty);
                break;
        }
    }

    private static RTCSessionDescription? Describe(AppliedDescription? applied) =>
        applied is null ? null : new RTCSessionDescription((RTCSdpType)applied.Type, applied.Text);

    // Descriptions are read from JSON that somebody has sent: a type may be any number there, and a text null.
    private static SdpType TypeOf(RTCSessionDescription description) => Enum.IsDefined(description.Type)
        ? (SdpType)description.Type : throw new RTCException(RTCError.Type("There is no such type of a description."));

    private static T Check<T>(RTCError error, T result) => error.IsNone ? result : throw new RTCException(error);

    private ValueTask<T> AskAsync<T>(Func<Peer.PeerCore, Core.Instant, T> run, CancellationToken cancellationToken) => new(_host.AskAsync(run, cancellationToken));
}
