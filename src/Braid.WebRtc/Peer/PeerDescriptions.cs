using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Dtls;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;
using IceCredentials = Braid.WebRtc.Sdp.IceCredentials;

namespace Braid.WebRtc.Peer;

/// <summary>
/// Offer and answer of one peer: owns the <see cref="JsepState"/>, and draws the credentials that new descriptions have. What a step means
/// for ICE and DTLS, <see cref="PeerCore"/> reads off the state.
/// </summary>
internal sealed class PeerDescriptions
{
    private readonly IRandomSource _random;
    private IceCredentials? _first;                          // of the agent, as it was made: for the first description

    /// <param name="options">What descriptions say.</param>
    /// <param name="random">Where the session's id and credentials come from.</param>
    /// <param name="first">The ICE agent's credentials.</param>
    public PeerDescriptions(PeerOptions options, IRandomSource random, Ice.IceCredentials first)
    {
        _random = random;
        _first = new IceCredentials(first.UsernameFragment, first.Password);
        State = JsepState.Create(new SessionSettings
        {
            SessionId = random.NextUInt64() >> 1,            // RFC 9429 §5.2.1: the highest bit is 0
            Fingerprints = [.. options.Fingerprints.Select(one => new SdpFingerprint(one.HashName, Value(one)))],
            IsIceLite = options.Ice.IsLite,
            MaximumReceiveSize = options.MaximumReceiveSize,
            MaximumSendSize = options.MaximumSendSize,
            BundlePolicy = options.BundlePolicy,
        });
    }

    /// <summary>Where it stands.</summary>
    public JsepState State
    {
        get;
        private set
        {
            field = value;
            LocalSection = value.Local?.Description.Data;
        }
    }

    /// <summary>Our ICE credentials as they were last described; null before, and where data was rejected.</summary>
    public IceCredentials? LocalCredentials => LocalSection?.Transport.Credentials;

    /// <summary>Our data section; asked for all the time, searched for once.</summary>
    public SectionDescription? LocalSection { get; private set; }

    /// <summary>Whether an exchange was completed in which the data section was rejected, by either side.</summary>
    public bool IsDataRejected => State is { Signaling: SignalingState.Stable, Negotiated: null, CurrentLocal: { } local }
        && local.Description.Sections.Any(section => section.Sctp is not null);

    public RTCError CreateOffer(bool restartsIce, out string text)
    {
        JsepResult result = OfferAnswer.CreateOffer(State, Fresh(), restartsIce);
        text = result.IsOk ? result.State.LastOffer! : "";
        return Take(result);
    }

    public RTCError CreateAnswer(out string text)
    {
        JsepResult result = OfferAnswer.CreateAnswer(State, Fresh());
        text = result.IsOk ? result.State.LastAnswer! : "";
        return Take(result);
    }

    public RTCError SetLocal(SdpType? type, string text)
    {
        RTCError error = Take(OfferAnswer.SetLocal(State, type, text, Fresh()));
        _first = LocalCredentials is null ? _first : null;   // the peer knows them now: they are not used for anything else
        return error;
    }

    public RTCError SetRemote(SdpType type, string text) => Take(OfferAnswer.SetRemote(State, type, text));

    /// <summary>A candidate of the peer was told.</summary>
    /// <param name="trickled">The candidate.</param>
    /// <param name="ufrag">Of the ICE session that is to hear of it; null for none.</param>
    public RTCError AddRemoteCandidate(in TrickledCandidate trickled, out string? ufrag)
    {
        CandidateResult result = Candidates.AddRemote(State, trickled);
        State = result.State;
        ufrag = result.Ufrag;
        return result.Error;
    }

    /// <summary>One of ours was found; empty for the end of them.</summary>
    public void AddLocalCandidate(string candidate, string ufrag) => State = Candidates.AddLocal(State, candidate, ufrag);

    public void WantData() => State = OfferAnswer.WantData(State);

    public void RestartIce() => State = OfferAnswer.RestartIce(State);

    public void Close() => State = OfferAnswer.Close(State);

    /// <summary>
    /// The candidates that the peer's description has for the transport of the data section: its own, and those of sections that it is
    /// bundled with.
    /// </summary>
    /// <param name="negotiation">What was settled.</param>
    /// <param name="isComplete">Whether there will be no more of them.</param>
    public IReadOnlyList<string> RemoteCandidates(Negotiation negotiation, out bool isComplete)
    {
        SessionDescription remote = State.Remote!.Description;
        SectionDescription data = remote.Sections[negotiation.Index];
        IReadOnlyList<string>? group = remote.GroupOf(data);
        var candidates = new List<string>();

        // RFC 8838 §5: who does not trickle has told all.
        isComplete = !negotiation.Remote.IceOptions.Contains("trickle");
        foreach (SectionDescription section in remote.Sections)
        {
            bool isSame = section == data || (section.Mid is not null && group?.Contains(section.Mid, StringComparer.Ordinal) == true
                && remote.TransportOf(section).Credentials == negotiation.Remote.Credentials);
            if (isSame)
            {
                candidates.AddRange(section.Candidates);
                isComplete |= section.IsEndOfCandidates;
            }
        }

        return candidates;
    }

    /// <summary>The fingerprints of the peer that we can compare; the others are not looked at (RFC 8122 §5).</summary>
    public static IReadOnlyList<DtlsFingerprint> Fingerprints(TransportDescription transport)
    {
        var known = new List<DtlsFingerprint>();
        foreach (SdpFingerprint fingerprint in transport.Fingerprints)
        {
            if (DtlsFingerprint.TryParse($"{fingerprint.Algorithm} {fingerprint.Value}", out DtlsFingerprint? parsed))
            {
                known.Add(parsed);
            }
        }

        return known;
    }

    private static string Value(DtlsFingerprint fingerprint) => fingerprint.ToString()[(fingerprint.HashName.Length + 1)..];

    private IceCredentials Fresh()
    {
        if (_first is { } first)
        {
            return first;
        }

        Ice.IceCredentials drawn = Ice.IceCredentials.Draw(_random);
        return new IceCredentials(drawn.UsernameFragment, drawn.Password);
    }

    private RTCError Take(in JsepResult result)
    {
        State = result.State;
        return result.Error;
    }
}
