using System;
using System.Collections.Generic;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>A candidate that was told apart from the description (RFC 8838); the W3C's RTCIceCandidateInit.</summary>
/// <param name="Candidate">As it stands behind <c>a=</c>; empty for the end of candidates.</param>
/// <param name="Mid">Tag of its section.</param>
/// <param name="Index">Place of its section; looked at only without a tag.</param>
/// <param name="Ufrag">The username fragment that it belongs to.</param>
internal readonly record struct TrickledCandidate(string Candidate, string? Mid = null, int? Index = null, string? Ufrag = null);

/// <summary>What came of a candidate.</summary>
/// <param name="State">The next state; the same one when there is an error.</param>
/// <param name="Ufrag">The ICE session of the peer that is to hear of it; null when ours does not use its section.</param>
/// <param name="Error">Why nothing has changed.</param>
internal readonly record struct CandidateResult(JsepState State, string? Ufrag = null, RTCError Error = default);

/// <summary>Finds the section and the ICE session that a candidate belongs to (RFC 9429 §4.1.19, W3C addIceCandidate).</summary>
internal static class Candidates
{
    /// <summary>Candidates of a section; more are refused.</summary>
    public const int Maximum = 1024;

    /// <summary>The W3C's addIceCandidate.</summary>
    /// <param name="state">The state.</param>
    /// <param name="trickled">The candidate; without a section and a text for the end of all candidates.</param>
    public static CandidateResult AddRemote(JsepState state, in TrickledCandidate trickled)
    {
        if (state.Signaling == SignalingState.Closed)
        {
            return new CandidateResult(state, Error: RTCError.InvalidState("The connection is closed."));
        }

        bool isForAll = trickled.Mid is null && trickled.Index is null;
        if (isForAll && trickled.Candidate.Length > 0)
        {
            return new CandidateResult(state, Error: RTCError.Type("A candidate names its section."));
        }

        if (state.Remote is not { } remote)
        {
            return new CandidateResult(state, Error: RTCError.InvalidState("There is no remote description yet."));
        }

        string? ufrag = trickled.Ufrag;
        string candidate = trickled.Candidate.StartsWith("a=", StringComparison.Ordinal) ? trickled.Candidate[2..] : trickled.Candidate;
        if (candidate.Length > 0)
        {
            if (!AttributeValues.TryReadCandidate(candidate, out string? named))
            {
                return new CandidateResult(state, Error: RTCError.Operation("The candidate cannot be read."));
            }

            ufrag ??= named;
        }

        SectionDescription? section = isForAll ? remote.Description.Data : Find(remote.Description, trickled);
        if (section is null)
        {
            return isForAll ? new CandidateResult(state) : new CandidateResult(state, Error: RTCError.Operation("There is no such section."));
        }

        JsepState next = state;
        bool isFound = false;
        (next, isFound) = Add(next, isPending: true, section.Index, candidate, ufrag, isFound);
        (next, isFound) = Add(next, isPending: false, section.Index, candidate, ufrag, isFound);
        if (!isFound && ufrag is not null)
        {
            return new CandidateResult(state, Error: RTCError.Operation("No description of that section has this username fragment."));
        }

        if (next.Remote!.Description.Sections[section.Index].Candidates.Count > Maximum)
        {
            return new CandidateResult(state, Error: RTCError.Operation("There are too many candidates."));
        }

        ufrag ??= remote.Description.TransportOf(section).Credentials?.Ufrag;
        return new CandidateResult(next, Carries(state, section, ufrag) ? ufrag : null);
    }

    /// <summary>One of ours was gathered, or there are no more: it stands in our description from now on.</summary>
    /// <param name="state">The state.</param>
    /// <param name="candidate">As it stands behind <c>a=</c>; empty for the end of candidates.</param>
    /// <param name="ufrag">The username fragment of the ICE session that has gathered it.</param>
    public static JsepState AddLocal(JsepState state, string candidate, string ufrag)
    {
        AppliedDescription? Change(AppliedDescription? applied) =>
            applied?.Description.Data is { } data && data.Transport.Credentials?.Ufrag == ufrag
                ? applied with { Description = applied.Description.WithCandidate(data.Index, candidate) } : applied;

        return state with { CurrentLocal = Change(state.CurrentLocal), PendingLocal = Change(state.PendingLocal) };
    }

    private static SectionDescription? Find(SessionDescription description, TrickledCandidate trickled) => trickled.Mid is { } mid
        ? description.Sections.FirstOrDefault(section => mid.Equals(section.Mid, StringComparison.Ordinal))
        : trickled.Index >= 0 ? description.Sections.ElementAtOrDefault(trickled.Index!.Value) : null;

    // A candidate goes into each description whose ICE session it is of; without a name, into the newest.
    private static (JsepState State, bool IsFound) Add(JsepState state, bool isPending, int index, string candidate, string? ufrag, bool isFound)
    {
        AppliedDescription? applied = isPending ? state.PendingRemote : state.CurrentRemote;
        if (applied is null || index >= applied.Description.Sections.Count || (ufrag is null && isFound))
        {
            return (state, isFound);
        }

        SessionDescription description = applied.Description;
        if (ufrag is not null && description.TransportOf(description.Sections[index]).Credentials?.Ufrag != ufrag)
        {
            return (state, isFound);
        }

        AppliedDescription changed = applied with { Description = description.WithCandidate(index, candidate) };
        return (isPending ? state with { PendingRemote = changed } : state with { CurrentRemote = changed }, true);
    }

    // Whether our transport is the one of that section: its own, or one that is bundled with it and has the same credentials.
    private static bool Carries(JsepState state, SectionDescription section, string? ufrag)
    {
        IEnumerable<SessionDescription> descriptions = new[] { state.PendingRemote, state.CurrentRemote }.OfType<AppliedDescription>().Select(applied => applied.Description);
        foreach (SessionDescription description in descriptions)
        {
            if (description.Data is { } data && ufrag is not null && description.TransportOf(data).Credentials?.Ufrag == ufrag
                && (data.Index == section.Index || (section.Mid is not null && description.GroupOf(data)?.Contains(section.Mid, StringComparer.Ordinal) == true)))
            {
                return true;
            }
        }

        return false;
    }
}
