using System.Collections.Generic;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>
/// Offers and answers for data (RFC 9429): from a state and a step the next state, or an error and the same state. Random numbers are
/// arguments: <c>fresh</c> credentials are used where new ones are needed, and else forgotten.
/// </summary>
internal static class OfferAnswer
{
    /// <summary>The W3C's createOffer; the text is <see cref="JsepState.LastOffer"/>.</summary>
    /// <param name="state">The state.</param>
    /// <param name="fresh">New credentials.</param>
    /// <param name="restartsIce">The option iceRestart.</param>
    public static JsepResult CreateOffer(JsepState state, IceCredentials fresh, bool restartsIce = false)
    {
        if (state.Signaling is not (SignalingState.Stable or SignalingState.HaveLocalOffer))
        {
            return Refuse(state, $"An offer cannot be made in the state {state.Signaling}.");
        }

        bool restarts = restartsIce || (state.LocalData?.Transport.Credentials is { } old && state.CredentialsToReplace.Contains(old));
        (JsepState next, string text) = DescriptionMaker.MakeOffer(state, restarts, fresh);
        return new JsepResult(next with { LastOffer = text, IsLastOfferOutdated = false });
    }

    /// <summary>The W3C's createAnswer; the text is <see cref="JsepState.LastAnswer"/>.</summary>
    public static JsepResult CreateAnswer(JsepState state, IceCredentials fresh)
    {
        if (state.Signaling is not (SignalingState.HaveRemoteOffer or SignalingState.HaveLocalPranswer))
        {
            return Refuse(state, $"An answer cannot be made in the state {state.Signaling}.");
        }

        SessionDescription offer = state.PendingRemote!.Description;
        SectionDescription? accepted = RemoteCheck.Acceptable(state, offer);
        DtlsSetup role = DtlsSetup.None;
        IceCredentials credentials = fresh;
        if (accepted is not null)
        {
            TransportDescription remote = offer.TransportOf(accepted);
            role = RemoteCheck.RoleFor(state, remote, isOffer: true);

            // RFC 8839 §4.4.1.1.1: other credentials of the peer are a restart, and ours become others too. A provisional answer's stay.
            bool restarts = state.PendingLocal is null && state.Negotiated is { } negotiated && remote.Credentials != negotiated.Remote.Credentials;
            SectionDescription? same = state.LocalData is { } data && data.Index == accepted.Index && data.Mid == accepted.Mid ? data : null;
            credentials = restarts ? fresh : same?.Transport.Credentials ?? fresh;
        }

        (JsepState next, string text) = DescriptionMaker.MakeAnswer(state, accepted, role, credentials);
        return new JsepResult(next with { LastAnswer = text });
    }

    /// <summary>
    /// The W3C's setLocalDescription. Nothing is set but what was created last: with an empty text that is found out here, and made where
    /// it is not there.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="type">What it is; null for what the state asks for: an answer to an open offer, or an offer.</param>
    /// <param name="text">The description, or nothing.</param>
    /// <param name="fresh">New credentials.</param>
    public static JsepResult SetLocal(JsepState state, SdpType? type, string text, IceCredentials fresh)
    {
        if (state.Signaling == SignalingState.Closed)
        {
            return Refuse(state, "The connection is closed.");
        }

        bool isOpen = state.Signaling is SignalingState.HaveRemoteOffer or SignalingState.HaveLocalPranswer;
        SdpType what = type ?? (isOpen ? SdpType.Answer : SdpType.Offer);
        if (what == SdpType.Rollback)
        {
            return RollBack(state);
        }

        bool fits = what == SdpType.Offer ? state.Signaling is SignalingState.Stable or SignalingState.HaveLocalOffer : isOpen;
        if (!fits)
        {
            return Refuse(state, $"A local {Name(what)} does not fit the state {state.Signaling}.");
        }

        JsepState next = state;
        if (text.Length == 0)
        {
            bool isThere = what == SdpType.Offer ? state.LastOffer is not null && !state.IsLastOfferOutdated : state.LastAnswer is not null;
            JsepResult created = isThere ? new JsepResult(state) : what == SdpType.Offer ? CreateOffer(state, fresh) : CreateAnswer(state, fresh);
            next = created.State;
            text = (what == SdpType.Offer ? next.LastOffer : next.LastAnswer)!;
        }
        else if (text != (what == SdpType.Offer ? state.LastOffer : state.LastAnswer))
        {
            return new JsepResult(state, new RTCError(RTCErrorName.InvalidModificationError, $"This is not the {Name(what)} that was created last."));
        }

        if (!SessionDescription.TryRead(text, out SessionDescription? description, out SdpError error))
        {
            return new JsepResult(state, error.ToRTCError());
        }

        next = next with { PendingLocal = new AppliedDescription(what, description) };
        return new JsepResult(what switch
        {
            SdpType.Offer => next with { Signaling = SignalingState.HaveLocalOffer },
            SdpType.PrAnswer => Negotiate(next with { Signaling = SignalingState.HaveLocalPranswer }, isOfferer: false, isProvisional: true),
            _ => Complete(next, isOfferer: false),
        });
    }

    /// <summary>The W3C's setRemoteDescription. An offer takes back an open one of ours: so perfect negotiation yields.</summary>
    /// <param name="state">The state.</param>
    /// <param name="type">What it is.</param>
    /// <param name="text">The description: anything.</param>
    public static JsepResult SetRemote(JsepState state, SdpType type, string text)
    {
        if (state.Signaling == SignalingState.Closed)
        {
            return Refuse(state, "The connection is closed.");
        }

        if (type == SdpType.Rollback)
        {
            return RollBack(state);
        }

        bool isOffer = type == SdpType.Offer;
        bool fits = isOffer
            ? state.Signaling is SignalingState.Stable or SignalingState.HaveRemoteOffer or SignalingState.HaveLocalOffer
            : state.Signaling is SignalingState.HaveLocalOffer or SignalingState.HaveRemotePranswer;
        if (!fits)
        {
            return Refuse(state, $"A remote {Name(type)} does not fit the state {state.Signaling}.");
        }

        if (!SessionDescription.TryRead(text, out SessionDescription? description, out SdpError error))
        {
            return new JsepResult(state, error.ToRTCError());
        }

        JsepState next = isOffer && state.Signaling == SignalingState.HaveLocalOffer
            ? state with { Signaling = SignalingState.Stable, PendingLocal = null, LastOffer = null, LastAnswer = null } : state;
        if ((isOffer ? RemoteCheck.Offer(next, description) : RemoteCheck.Answer(next, description)) is { } reason)
        {
            return new JsepResult(state, RTCError.Operation(reason));
        }

        next = next with { PendingRemote = new AppliedDescription(type, description) };
        return new JsepResult(type switch
        {
            SdpType.Offer => next with { Signaling = SignalingState.HaveRemoteOffer, LastAnswer = null },
            SdpType.PrAnswer => Negotiate(next with { Signaling = SignalingState.HaveRemotePranswer }, isOfferer: true, isProvisional: true),
            _ => Complete(next, isOfferer: true),
        });
    }

    /// <summary>The application has a data channel: the next offer has a section for it.</summary>
    public static JsepState WantData(JsepState state) => state.WantsData || state.Signaling == SignalingState.Closed ? state
        : UpdateNegotiationNeeded(state with { WantsData = true, IsLastOfferOutdated = true });

    /// <summary>The W3C's restartIce: the next offer has other credentials than those that are in use.</summary>
    public static JsepState RestartIce(JsepState state)
    {
        if (state.Signaling == SignalingState.Closed)
        {
            return state;
        }

        IceCredentials?[] all = [state.CurrentLocal?.Description.Data?.Transport.Credentials, state.PendingLocal?.Description.Data?.Transport.Credentials];
        IReadOnlyList<IceCredentials> used = [.. all.OfType<IceCredentials>().Distinct()];
        return UpdateNegotiationNeeded(state with { CredentialsToReplace = used, IsLastOfferOutdated = true });
    }

    /// <summary>Nothing happens any more.</summary>
    public static JsepState Close(JsepState state) => state with { Signaling = SignalingState.Closed, IsNegotiationNeeded = false };

    // The W3C's "check if negotiation is needed", for data.
    private static JsepState UpdateNegotiationNeeded(JsepState state)
    {
        if (state.Signaling != SignalingState.Stable)
        {
            return state;                                                    // asked again when the exchange is over
        }

        bool isNeeded = state.CredentialsToReplace.Count > 0 || (state.WantsData && state.LocalData is null);
        return state with
        {
            IsNegotiationNeeded = isNeeded,
            NegotiationsWanted = state.NegotiationsWanted + (isNeeded && !state.IsNegotiationNeeded ? 1 : 0),
        };
    }

    // W3C: a provisional answer is not taken back. RFC 9429 §5.7: whose offer it is does not matter.
    private static JsepResult RollBack(JsepState state) =>
        state.Signaling is not (SignalingState.HaveLocalOffer or SignalingState.HaveRemoteOffer)
            ? Refuse(state, $"There is nothing to take back in the state {state.Signaling}.")
            : new JsepResult(OnStable(state with { PendingLocal = null, PendingRemote = null }));

    private static JsepState Complete(JsepState state, bool isOfferer)
    {
        JsepState negotiated = Negotiate(state, isOfferer, isProvisional: false);
        bool wasRejected = negotiated.Negotiated is null && negotiated.PendingLocal!.Description.Sections.Any(section => section.Sctp is not null);
        IceCredentials? credentials = negotiated.PendingLocal!.Description.Data?.Transport.Credentials;
        return OnStable(negotiated with
        {
            CurrentLocal = negotiated.PendingLocal,
            CurrentRemote = negotiated.PendingRemote,
            PendingLocal = null,
            PendingRemote = null,

            // The channels that wanted it have failed; who creates another one asks again.
            WantsData = negotiated.WantsData && !wasRejected,
            CredentialsToReplace = credentials is { } used && negotiated.CredentialsToReplace.Contains(used) ? negotiated.CredentialsToReplace : [],
        });
    }

    private static JsepState OnStable(JsepState state) => UpdateNegotiationNeeded(state with
    {
        Signaling = SignalingState.Stable,
        LastOffer = null,
        LastAnswer = null,
        IsNegotiationNeeded = false,
    });

    private static JsepState Negotiate(JsepState state, bool isOfferer, bool isProvisional)
    {
        SessionDescription local = state.PendingLocal!.Description;
        SessionDescription remote = state.PendingRemote!.Description;
        SectionDescription? ours = local.Data;
        SectionDescription? theirs = ours is null ? null : remote.Sections[ours.Index];
        bool isFirstOfferer = state.IsFirstOfferer ?? isOfferer;
        if (ours?.Sctp is null || theirs?.Sctp is null || theirs.IsRejected)
        {
            return state with { Negotiated = null, IsFirstOfferer = isFirstOfferer };
        }

        TransportDescription theirTransport = remote.TransportOf(theirs);
        DtlsSetup role = isOfferer ? RemoteCheck.RoleFor(state, theirTransport, isOffer: false) : ours.Transport.Setup;
        Negotiation? before = state.Negotiated;
        bool startsIce = before is null || before.Remote.Credentials != theirTransport.Credentials || before.Local.Credentials != ours.Transport.Credentials;
        bool startsDtls = before is null || before.Role != role || !theirTransport.ContinuesDtlsOf(before.Remote);
        return state with
        {
            IsFirstOfferer = isFirstOfferer,
            Negotiated = new Negotiation
            {
                Index = ours.Index,
                Mid = ours.Mid,
                IsProvisional = isProvisional,
                Role = role,
                IsControlling = remote.IsIceLite != state.Settings.IsIceLite ? remote.IsIceLite : before?.IsControlling ?? isFirstOfferer,
                Local = ours.Transport,
                Remote = theirTransport,
                IsRemoteIceLite = remote.IsIceLite,
                LocalSctpPort = ours.Sctp.Port,
                RemoteSctpPort = theirs.Sctp.Port,
                MaximumMessageSize = Negotiation.MessageSize(theirs.Sctp.MaximumMessageSize, state.Settings.MaximumSendSize),
                MaximumRecordSize = theirs.Sctp.MaximumRecordSize,
                StartsIce = startsIce,
                StartsDtls = startsDtls,
            },
        };
    }

    private static string Name(SdpType type) => type switch { SdpType.PrAnswer => "pranswer", SdpType.Answer => "answer", _ => "offer" };

    private static JsepResult Refuse(JsepState state, string message) => new(state, RTCError.InvalidState(message));
}
