using System;
using System.Collections.Generic;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>A description that was set.</summary>
/// <param name="Type">What it is; never a rollback.</param>
/// <param name="Description">The description, with the candidates that came later.</param>
internal sealed record AppliedDescription(SdpType Type, SessionDescription Description)
{
    /// <summary>All of it, for the application.</summary>
    public string Text => SdpWriter.Write(Description.Sdp);
}

/// <summary>All that offer and answer leave behind: a value, that <see cref="OfferAnswer"/> makes the next one from.</summary>
internal sealed record JsepState
{
    public required SessionSettings Settings { get; init; }

    public SignalingState Signaling { get; init; }

    /// <summary>Ours of the last exchange that was completed.</summary>
    public AppliedDescription? CurrentLocal { get; init; }

    /// <summary>Ours of the exchange that is under way.</summary>
    public AppliedDescription? PendingLocal { get; init; }

    /// <inheritdoc cref="CurrentLocal"/>
    public AppliedDescription? CurrentRemote { get; init; }

    /// <inheritdoc cref="PendingLocal"/>
    public AppliedDescription? PendingRemote { get; init; }

    /// <summary>What the last answer has settled; null before the first one, and when data was rejected.</summary>
    public Negotiation? Negotiated { get; init; }

    /// <summary>Whether an event "negotiationneeded" is due or was fired, and no exchange was completed since.</summary>
    public bool IsNegotiationNeeded { get; init; }

    /// <summary>How many such events there were: the owner fires one whenever it grows.</summary>
    public int NegotiationsWanted { get; init; }

    /// <summary>Whether the application has data channels that need a section.</summary>
    public bool WantsData { get; init; }

    /// <summary>Local credentials that the next offer replaces: an ICE restart was asked for.</summary>
    public IReadOnlyList<IceCredentials> CredentialsToReplace { get; init; } = [];

    /// <summary>Version of the last description that was made.</summary>
    public ulong Version { get; init; }

    /// <summary>The number that the next new identification tag begins to search from: none is used twice.</summary>
    public int NextMid { get; init; }

    /// <summary>Whether we made the first offer that was answered; null before.</summary>
    public bool? IsFirstOfferer { get; init; }

    /// <summary>What createOffer returned last; null when it cannot be set any more.</summary>
    public string? LastOffer { get; init; }

    /// <summary>Whether something has changed since, that another offer would say.</summary>
    public bool IsLastOfferOutdated { get; init; }

    /// <summary>What createAnswer returned last; null when it cannot be set any more.</summary>
    public string? LastAnswer { get; init; }

    /// <summary>The W3C's localDescription.</summary>
    public AppliedDescription? Local => PendingLocal ?? CurrentLocal;

    /// <summary>The W3C's remoteDescription.</summary>
    public AppliedDescription? Remote => PendingRemote ?? CurrentRemote;

    /// <summary>
    /// Our data section as it was last described, as long as the peer has not rejected it; null where there is none.
    /// </summary>
    public SectionDescription? LocalData
    {
        get
        {
            SectionDescription? data = Local?.Description.Data;
            bool isRejected = data is not null && PendingLocal is null
                && CurrentRemote?.Description.Sections.ElementAtOrDefault(data.Index) is { IsRejected: true };
            return isRejected ? null : data;
        }
    }

    /// <summary>The first state of a connection.</summary>
    public static JsepState Create(SessionSettings settings) => new() { Settings = settings };

    public bool IsUsedTag(string mid) =>
        new[] { CurrentLocal, PendingLocal, CurrentRemote, PendingRemote }.Any(
            applied => applied?.Description.Sections.Any(section => mid.Equals(section.Mid, StringComparison.Ordinal)) == true);
}

/// <summary>What came of a step.</summary>
/// <param name="State">The next state; the same one when there is an error.</param>
/// <param name="Error">Why nothing has changed.</param>
internal readonly record struct JsepResult(JsepState State, RTCError Error = default)
{
    public bool IsOk => Error.IsNone;
}
