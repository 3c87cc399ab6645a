using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>
/// Writes our offers and answers (RFC 9429 §5.2, §5.3). They are made of what we understand: nothing of the peer's goes into them but
/// what has to be the same, its tags and the first fields of its <c>m=</c> lines.
/// </summary>
internal static class DescriptionMaker
{
    /// <summary>An offer, and the state with its version and tag.</summary>
    /// <param name="state">The state.</param>
    /// <param name="restartsIce">Whether it is to restart ICE.</param>
    /// <param name="fresh">Credentials for a transport that has none yet, or new ones.</param>
    public static (JsepState State, string Text) MakeOffer(JsepState state, bool restartsIce, IceCredentials fresh)
    {
        SectionDescription? old = state.LocalData;
        List<MediaSection> media = [.. (state.Local?.Description.Sections ?? []).Select(section => section == old ? section.Media : Reject(section))];
        string? mid = old?.Mid;
        JsepState next = state with { Version = state.Version + 1 };
        if (old is not null)
        {
            bool keeps = !restartsIce && old.Transport.Credentials is not null;
            IceCredentials credentials = keeps ? old.Transport.Credentials!.Value : fresh;
            TransportDescription transport = Transport(state.Settings, credentials, state.Settings.IceOptions, DtlsSetup.ActPass);
            media[old.Index] = DataSection(state.Settings, transport, mid, old, keeps ? old : null);
        }
        else if (state.WantsData)
        {
            (next, mid) = NewTag(next);
            TransportDescription transport = Transport(state.Settings, fresh, state.Settings.IceOptions, DtlsSetup.ActPass);
            MediaSection section = DataSection(state.Settings, transport, mid, null, null);

            // §5.2.2: a section that was rejected is used again, with another tag.
            int free = media.FindIndex(candidate => candidate.Port == 0);
            if (free < 0)
            {
                media.Add(section);
            }
            else
            {
                media[free] = section;
            }
        }

        return (next, Write(next, media, mid is null ? [] : [mid]));
    }

    /// <summary>The answer to the offer that is open.</summary>
    /// <param name="state">The state.</param>
    /// <param name="accepted">The section of the offer that we accept; null for none.</param>
    /// <param name="role">Our part in the DTLS handshake.</param>
    /// <param name="credentials">Of our ICE agent.</param>
    public static (JsepState State, string Text) MakeAnswer(
        JsepState state, SectionDescription? accepted, DtlsSetup role, IceCredentials credentials)
    {
        SessionDescription offer = state.PendingRemote!.Description;
        List<MediaSection> media = [.. offer.Sections.Select(Reject)];
        IReadOnlyList<string> group = [];
        if (accepted is not null)
        {
            // §5.3.1: only those options that the offer has.
            IReadOnlyList<string> options = [.. state.Settings.IceOptions.Where(offer.TransportOf(accepted).IceOptions.Contains)];
            TransportDescription transport = Transport(state.Settings, credentials, options, role);
            SectionDescription? same = state.LocalData?.Transport.Credentials == credentials ? state.LocalData : null;
            media[accepted.Index] = DataSection(state.Settings, transport, accepted.Mid, accepted, same);
            group = offer.GroupOf(accepted) is null ? [] : [accepted.Mid!];
        }

        JsepState next = state with { Version = state.Version + 1 };
        return (next, Write(next, media, group));
    }

    private static string Write(JsepState state, IReadOnlyList<MediaSection> media, IReadOnlyList<string> group)
    {
        var attributes = new List<SdpAttribute>();
        if (group.Count > 0)
        {
            attributes.Add(new SdpAttribute("group", $"BUNDLE {string.Join(' ', group)}"));
        }

        if (state.Settings.IsIceLite)
        {
            attributes.Add(new SdpAttribute("ice-lite"));
        }

        return SdpWriter.Write(new SdpSession
        {
            Origin = new SdpOrigin("-", state.Settings.SessionId, state.Version, "IN IP4 0.0.0.0"),
            Attributes = attributes,
            Media = media,
        });
    }

    private static TransportDescription Transport(SessionSettings settings, IceCredentials credentials, IReadOnlyList<string> options, DtlsSetup setup) => new()
    {
        Credentials = credentials,
        IceOptions = options,
        Fingerprints = settings.Fingerprints,
        Setup = setup,
        TlsId = settings.TlsId,
    };

    // like: the section whose protocol and format it repeats; same: the one whose candidates are still good.
    private static MediaSection DataSection(
        SessionSettings settings, TransportDescription transport, string? mid, SectionDescription? like, SectionDescription? same)
    {
        var attributes = new List<SdpAttribute>();
        void Add(string name, string? value) => attributes.Add(new SdpAttribute(name, value));
        if (mid is not null)
        {
            Add("mid", mid);
        }

        Add("ice-ufrag", transport.Credentials!.Value.Ufrag);
        Add("ice-pwd", transport.Credentials.Value.Password);
        if (transport.IceOptions.Count > 0)
        {
            Add("ice-options", string.Join(' ', transport.IceOptions));
        }

        foreach (SdpFingerprint fingerprint in transport.Fingerprints)
        {
            Add("fingerprint", $"{fingerprint.Algorithm} {fingerprint.Value}");
        }

        Add("setup", AttributeValues.Write(transport.Setup));
        if (transport.TlsId is not null)
        {
            Add("tls-id", transport.TlsId);
        }

        // RFC 8841 §4.3; a peer that writes what was before it gets it back, its port included, for the field has to be the same.
        bool isOld = like?.Sctp?.IsOldSyntax == true;
        string format = isOld ? like!.Media.Formats[0] : "webrtc-datachannel";
        Add(isOld ? "sctpmap" : "sctp-port", isOld ? $"{format} webrtc-datachannel 65535" : settings.SctpPort.ToString(CultureInfo.InvariantCulture));
        Add("max-message-size", settings.MaximumReceiveSize.ToString(CultureInfo.InvariantCulture));
        Add(SctpDescription.RecordSizeAttribute, settings.MaximumRecordSize.ToString(CultureInfo.InvariantCulture));
        attributes.AddRange((same?.Candidates ?? []).Select(candidate => new SdpAttribute("candidate", candidate["candidate:".Length..])));
        if (same?.IsEndOfCandidates == true)
        {
            Add("end-of-candidates", null);
        }

        return new MediaSection { Kind = "application", Protocol = like?.Media.Protocol ?? "UDP/DTLS/SCTP", Formats = [format], Attributes = attributes };
    }

    // RFC 3264 §6: the port is 0, and a format has to be there, whichever.
    private static MediaSection Reject(SectionDescription section)
    {
        var attributes = new List<SdpAttribute>();
        if (section.Mid is not null)
        {
            attributes.Add(new SdpAttribute("mid", section.Mid));
        }

        if (section.Media.Kind != "application")
        {
            attributes.Add(new SdpAttribute("inactive"));
        }

        return new MediaSection
        {
            Kind = section.Media.Kind,
            Port = 0,
            Protocol = section.Media.Protocol,
            Formats = [section.Media.Formats[0]],
            Attributes = attributes,
        };
    }

    private static (JsepState State, string Mid) NewTag(JsepState state)
    {
        int number = state.NextMid;
        while (state.IsUsedTag(number.ToString(CultureInfo.InvariantCulture)))
        {
            number++;
        }

        return (state with { NextMid = number + 1 }, number.ToString(CultureInfo.InvariantCulture));
    }
}
