using System;
using System.Collections.Generic;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>Whether the peer's description fits what was said before (RFC 9429 §5.8.3).</summary>
internal static class RemoteCheck
{
    /// <summary>What is wrong with an offer; null for nothing.</summary>
    public static string? Offer(JsepState state, SessionDescription offer)
    {
        // RFC 3264 §8: sections stay in their places, and none goes away.
        IReadOnlyList<SectionDescription> before = state.CurrentRemote?.Description.Sections ?? [];
        if (offer.Sections.Count < before.Count)
        {
            return "There are fewer sections than before.";
        }

        for (int i = 0; i < before.Count; i++)
        {
            SectionDescription then = before[i];
            SectionDescription now = offer.Sections[i];
            bool isInUse = state.Negotiated?.Index == i && !now.IsRejected;
            if (isInUse && (then.Media.Kind != now.Media.Kind || then.Mid != now.Mid))
            {
                return $"Section {i} is in use, and another one now.";
            }
        }

        return Acceptable(state, offer) is { } data ? Transport(state, offer, data, isOffer: true) : null;
    }

    /// <summary>The section of an offer that we can take; null for none. All others are rejected, and so is everything that is not data.</summary>
    public static SectionDescription? Acceptable(JsepState state, SessionDescription offer)
    {
        SectionDescription? inUse = state.Negotiated is { } negotiated ? offer.Sections.ElementAtOrDefault(negotiated.Index) : null;
        SectionDescription? data = inUse is { Sctp: not null, IsRejected: false } ? inUse : offer.Data;
        if (data is null || state.Settings.BundlePolicy != BundlePolicy.MaxBundle || data.Index == 0)
        {
            // RFC 9143 §7.3.3 would have us reject all that is bundled with a section that describes the transport and is rejected. No
            // browser means that: it goes on with the first section of the group that is accepted, and so do we.
            return data;
        }

        string? first = offer.Sections[0].Mid;
        return first is not null && offer.GroupOf(data)?.Contains(first, StringComparer.Ordinal) == true ? data : null;
    }

    /// <summary>What is wrong with an answer to our offer; null for nothing.</summary>
    public static string? Answer(JsepState state, SessionDescription answer)
    {
        SessionDescription offer = state.PendingLocal!.Description;
        if (answer.Sections.Count != offer.Sections.Count)
        {
            return "The answer has as many sections as the offer.";
        }

        foreach (SectionDescription section in answer.Sections)
        {
            SectionDescription offered = offer.Sections[section.Index];
            if (section.Media.Kind != offered.Media.Kind || (section.Mid is not null && section.Mid != offered.Mid))
            {
                return $"Section {section.Index} of the answer is not that of the offer.";
            }

            if (section.IsRejected)
            {
                continue;
            }

            if (offered.IsRejected)
            {
                return $"Section {section.Index} of the offer was rejected by its author.";
            }

            if (section.Media.Protocol != offered.Media.Protocol || section.Sctp is null)
            {
                return $"Section {section.Index} of the answer has another protocol.";
            }

            if (Transport(state, answer, section, isOffer: false) is { } reason)
            {
                return reason;
            }
        }

        // RFC 9143 §7.3: an answer bundles nothing that the offer does not.
        IEnumerable<string> bundled = offer.BundleGroups.SelectMany(group => group);
        return answer.BundleGroups.SelectMany(group => group).Except(bundled, StringComparer.Ordinal).Any()
            ? "The answer bundles what the offer does not." : null;
    }

    /// <summary>Our part in the DTLS handshake; <see cref="DtlsSetup.None"/> when what the peer says cannot be.</summary>
    /// <param name="state">The state.</param>
    /// <param name="remote">What the peer says.</param>
    /// <param name="isOffer">Whether that is an offer.</param>
    public static DtlsSetup RoleFor(JsepState state, TransportDescription remote, bool isOffer)
    {
        DtlsSetup wanted = remote.Setup switch
        {
            DtlsSetup.Active => DtlsSetup.Passive,
            DtlsSetup.Passive => DtlsSetup.Active,

            // RFC 9429 §5.3.1: we begin. What goes on keeps its roles (RFC 8842 §5.5).
            DtlsSetup.ActPass or DtlsSetup.None when isOffer => KeptRole(state, remote) ?? DtlsSetup.Active,
            _ => DtlsSetup.None,
        };
        return KeptRole(state, remote) is { } kept && kept != wanted ? DtlsSetup.None : wanted;
    }

    private static DtlsSetup? KeptRole(JsepState state, TransportDescription remote) =>
        state.Negotiated is { } negotiated && remote.ContinuesDtlsOf(negotiated.Remote) ? negotiated.Role : null;

    private static string? Transport(JsepState state, SessionDescription description, SectionDescription data, bool isOffer)
    {
        TransportDescription transport = description.TransportOf(data);
        if (transport.Credentials is null)
        {
            return "The data section has no ICE credentials.";
        }

        // RFC 8122 §5: by others nobody would be let in, and that is better said now than after the handshake.
        if (!transport.Fingerprints.Any(fingerprint => fingerprint.Algorithm is "sha-256" or "sha-384" or "sha-512"))
        {
            return "The data section has no fingerprint by SHA-256 or a longer hash.";
        }

        if (RoleFor(state, transport, isOffer) == DtlsSetup.None)
        {
            return "The data section's DTLS role cannot be.";
        }

        // §5.8.3: another DTLS association comes with another ICE session.
        return state.Negotiated is { } negotiated && transport.TlsId != negotiated.Remote.TlsId && transport.TlsId is not null
            && negotiated.Remote.TlsId is not null && transport.Credentials == negotiated.Remote.Credentials
            ? "The TLS id is another one, and the ICE credentials are not." : null;
    }
}
