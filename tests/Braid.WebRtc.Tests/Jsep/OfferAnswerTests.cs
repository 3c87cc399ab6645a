using System;
using System.Linq;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;
using Braid.WebRtc.Tests.Sdp;

namespace Braid.WebRtc.Tests.Jsep;

public sealed class OfferAnswerTests
{
    private readonly Party _a = new("a");
    private readonly Party _b = new("b");

    [Fact, Rfc(9429, "5.2.1"), Rfc(8841, "4.3")]
    public void An_initial_offer_describes_one_data_section()
    {
        string offer = _a.WithData().CreateOffer();
        Assert.Equal(
            $"""
            v=0
            o=- 97 1 IN IP4 0.0.0.0
            s=-
            t=0 0
            a=group:BUNDLE 0
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel
            c=IN IP4 0.0.0.0
            a=mid:0
            a=ice-ufrag:a001
            a=ice-pwd:a001xxxxxxxxxxxxxxxxxx
            a=ice-options:trickle ice2
            a=fingerprint:sha-256 {Party.Fingerprint((byte)'a').Value}
            a=setup:actpass
            a=tls-id:aaaaaaaaaaaaaaaaaaaa
            a=sctp-port:5000
            a=max-message-size:16777216
            a=braid-max-record-size:16384

            """.ReplaceLineEndings("\r\n"),
            offer);
        Assert.Equal(SignalingState.Stable, _a.State.Signaling);
    }

    [Fact, Rfc(9429, "5.3.1"), Rfc(8842, "5.4")]
    public void The_answerer_begins_DTLS_and_the_offerer_controls_ICE()
    {
        _a.WithData().Negotiate(_b);
        Assert.Equal((DtlsSetup.Passive, DtlsSetup.Active), (_a.Negotiated.Role, _b.Negotiated.Role));
        Assert.Equal((true, false), (_a.Negotiated.IsControlling, _b.Negotiated.IsControlling));
        Assert.Equal(_a.Negotiated.Local, _b.Negotiated.Remote);
        Assert.Equal(_b.Negotiated.Local, _a.Negotiated.Remote);
        Assert.Equal((5000, 5000, 16L << 20), (_a.Negotiated.LocalSctpPort, _a.Negotiated.RemoteSctpPort, _a.Negotiated.MaximumMessageSize));
        Assert.Equal((16384L, 16384L), (_a.Negotiated.MaximumRecordSize, _b.Negotiated.MaximumRecordSize));
        Assert.True(_a.Negotiated is { StartsIce: true, StartsDtls: true, IsProvisional: false, Mid: "0", Index: 0 });
        Assert.Equal(["0"], _a.Remote.BundleGroups.Single());
    }

    [Fact, Rfc(9429, "5.2.1")]
    public void Without_channels_there_is_nothing_to_describe()
    {
        _a.Negotiate(_b);
        Assert.Empty(_a.Local.Sections);
        Assert.Null(_a.State.Negotiated);
    }

    [Theory, Rfc(9429, "5.3.1"), Rfc(3264, "6")]
    [InlineData(nameof(Descriptions.ChromiumData))]
    [InlineData(nameof(Descriptions.ChromiumMedia))]
    [InlineData(nameof(Descriptions.ChromiumMaxBundle))]
    [InlineData(nameof(Descriptions.FirefoxData))]
    [InlineData(nameof(Descriptions.FirefoxMedia))]
    [InlineData(nameof(Descriptions.Aiortc))]
    [InlineData(nameof(Descriptions.Werift))]
    [InlineData(nameof(Descriptions.Libdatachannel))]
    [InlineData(nameof(Descriptions.Pion))]
    [InlineData(nameof(Descriptions.OldServer))]
    public void The_data_section_of_each_program_is_accepted_and_all_others_are_rejected(string program)
    {
        _b.SetRemote(SdpType.Offer, Descriptions.All[program]);
        SessionDescription offer = _b.Remote;
        _b.SetLocal();
        SessionDescription answer = _b.Local;
        Assert.Equal(offer.Sections.Select(section => (section.Media.Kind, section.Mid, section.Media.Protocol)), answer.Sections.Select(section => (section.Media.Kind, section.Mid, section.Media.Protocol)));
        Assert.Equal(offer.Sections.Select(section => section.Index != offer.Data!.Index), answer.Sections.Select(section => section.IsRejected));
        Assert.All(answer.Sections, section => Assert.Contains(section.Media.Formats[0], offer.Sections[section.Index].Media.Formats));
        Assert.Equal(offer.BundleGroups.Count == 0 ? [] : [offer.Data!.Mid!], answer.BundleGroups.SelectMany(group => group));
        Assert.Equal(DtlsSetup.Active, _b.Negotiated.Role);
        Assert.Equal(program == nameof(Descriptions.OldServer), _b.Negotiated.IsControlling);
        Assert.Equal(offer.TransportOf(offer.Data!), _b.Negotiated.Remote);
    }

    [Fact, Rfc(8866, "5.13")]
    public void What_is_not_understood_is_not_said_back()
    {
        string[] ours = ["group", "mid", "inactive", "ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "tls-id", "sctp-port", "sctpmap", "max-message-size", "braid-max-record-size"];
        foreach (string text in Descriptions.All.Values)
        {
            var party = new Party("c");
            party.SetRemote(SdpType.Offer, text.Replace("m=application", "a=unheard-of:\"1\"\r\nm=application", StringComparison.Ordinal) + "a=unknown\r\na=cat:1\r\n");
            SdpSession answer = SdpOf(party.SetLocal());
            Assert.All(answer.Attributes.Concat(answer.Media.SelectMany(media => media.Attributes)), attribute => Assert.Contains(attribute.Name, ours));
        }
    }

    [Fact, Rfc(8841, "4.3")]
    public void A_peer_of_before_the_RFC_is_answered_in_its_way()
    {
        _b.SetRemote(SdpType.Offer, Descriptions.Aiortc);
        string answer = _b.SetLocal();
        Assert.Contains("m=application 9 DTLS/SCTP 5000\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("a=sctpmap:5000 webrtc-datachannel 65535\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("sctp-port", answer, StringComparison.Ordinal);
        Assert.Equal((5000, 5000, 65536L), (_b.Negotiated.LocalSctpPort, _b.Negotiated.RemoteSctpPort, _b.Negotiated.MaximumMessageSize));
    }

    [Theory, Rfc(8841, "6.1")]
    [InlineData("262144", 1000, 1000)]
    [InlineData("262144", 0, 262144)]
    [InlineData("0", 1000, 1000)]
    [InlineData("0", 0, long.MaxValue)]
    [InlineData(null, 0, 65536)]
    public void The_longest_message_is_what_both_can(string? theirs, long ours, long expected)
    {
        var party = new Party("c", settings => settings with { MaximumSendSize = ours });
        string line = theirs is null ? "" : $"a=max-message-size:{theirs}\r\n";
        party.SetRemote(SdpType.Offer, Descriptions.ChromiumData.Replace("a=max-message-size:262144\r\n", line, StringComparison.Ordinal));
        party.SetLocal();
        Assert.Equal(expected, party.Negotiated.MaximumMessageSize);
    }

    [Fact, Rfc(9429, "5.2.2"), Rfc(8842, "5.5")]
    public void What_goes_on_keeps_its_tag_its_credentials_and_its_roles_whoever_offers()
    {
        _a.WithData().Negotiate(_b);
        (IceCredentials? ofA, IceCredentials? ofB) = (_a.Negotiated.Local.Credentials, _b.Negotiated.Local.Credentials);
        _a.Negotiate(_b);
        _b.Negotiate(_a);
        Assert.Equal((ofA, ofB), (_a.Negotiated.Local.Credentials, _b.Negotiated.Local.Credentials));
        Assert.Equal((DtlsSetup.Passive, DtlsSetup.Active), (_a.Negotiated.Role, _b.Negotiated.Role));
        Assert.Equal(DtlsSetup.ActPass, _b.Local.Data!.Transport.Setup);
        Assert.Equal(DtlsSetup.Passive, _a.Local.Data!.Transport.Setup);
        Assert.Equal((true, false), (_a.Negotiated.IsControlling, _b.Negotiated.IsControlling));
        Assert.False(_a.Negotiated.StartsIce || _a.Negotiated.StartsDtls || _b.Negotiated.StartsIce || _b.Negotiated.StartsDtls);
        Assert.Equal("0", _a.Negotiated.Mid);
    }

    [Fact, Rfc(9429, "5.2.2")]
    public void The_version_grows_with_each_description()
    {
        _a.WithData();
        Assert.Equal([1UL, 2UL], [Version(_a.CreateOffer()), Version(_a.CreateOffer())]);
        _a.Negotiate(_b);
        _a.SetLocal(SdpType.Offer);
        _a.SetLocal(SdpType.Rollback);
        Assert.Equal(4UL, Version(_a.CreateOffer()));
        Assert.Equal(97UL, SdpOf(_a.State.LastOffer!).Origin.SessionId);
    }

    [Theory, Rfc(8839, "4.4.1.1")]
    [InlineData(true)]
    [InlineData(false)]
    public void An_ICE_restart_has_new_credentials_on_both_sides_and_the_same_DTLS(bool byOption)
    {
        _a.WithData().Negotiate(_b);
        Negotiation before = _a.Negotiated;
        if (!byOption)
        {
            int wanted = _a.State.NegotiationsWanted;
            _a.State = OfferAnswer.RestartIce(_a.State);
            Assert.Equal(wanted + 1, _a.State.NegotiationsWanted);
        }

        string offer = _a.CreateOffer(restartsIce: byOption);
        _a.SetLocal(SdpType.Offer, offer);
        _b.SetRemote(SdpType.Offer, offer);
        _a.SetRemote(SdpType.Answer, _b.SetLocal());
        Assert.NotEqual(before.Local.Credentials, _a.Negotiated.Local.Credentials);
        Assert.NotEqual(before.Remote.Credentials, _a.Negotiated.Remote.Credentials);
        Assert.True(_a.Negotiated is { StartsIce: true, StartsDtls: false });
        Assert.True(_b.Negotiated is { StartsIce: true, StartsDtls: false });
        Assert.Equal(before.Role, _a.Negotiated.Role);
        Assert.False(_a.State.IsNegotiationNeeded);
    }

    [Fact, Rfc(9429, "4.1.10.2")]
    public void A_restart_that_was_rolled_back_is_still_wanted()
    {
        _a.WithData().Negotiate(_b);
        _a.State = OfferAnswer.RestartIce(_a.State);
        IceCredentials? before = _a.Negotiated.Local.Credentials;
        _a.SetLocal();
        Assert.NotEqual(before, _a.State.LocalData!.Transport.Credentials);
        _a.SetLocal(SdpType.Rollback);
        Assert.Equal(before, _a.State.LocalData!.Transport.Credentials);
        Assert.True(_a.State.IsNegotiationNeeded);
        _a.Negotiate(_b);
        Assert.NotEqual(before, _a.Negotiated.Local.Credentials);
        Assert.False(_a.State.IsNegotiationNeeded);
    }

    [Fact, Rfc(9429, "4.1.10.1")]
    public void A_provisional_answer_starts_what_the_final_one_keeps()
    {
        _a.WithData();
        string offer = _a.SetLocal();
        _b.SetRemote(SdpType.Offer, offer);
        string provisional = _b.CreateAnswer();
        _b.SetLocal(SdpType.PrAnswer, provisional);
        _a.SetRemote(SdpType.PrAnswer, provisional);
        Assert.Equal((SignalingState.HaveRemotePranswer, SignalingState.HaveLocalPranswer), (_a.State.Signaling, _b.State.Signaling));
        Assert.True(_a.Negotiated is { IsProvisional: true, StartsIce: true } && _b.Negotiated is { IsProvisional: true, StartsDtls: true });
        Assert.Equal(RTCErrorName.InvalidStateError, _a.TrySetLocal(SdpType.Rollback));
        Assert.Equal(RTCErrorName.InvalidStateError, _b.TrySetRemote(SdpType.Offer, offer).Name);
        _a.SetRemote(SdpType.Answer, _b.SetLocal());
        Assert.Equal((SignalingState.Stable, SignalingState.Stable), (_a.State.Signaling, _b.State.Signaling));
        Assert.True(_a.Negotiated is { IsProvisional: false, StartsIce: false, StartsDtls: false });
        Assert.True(_b.Negotiated is { IsProvisional: false, StartsIce: false, StartsDtls: false });
    }

    [Fact, Rfc(9429, "5.2.2"), Rfc(3264, "8.2")]
    public void A_section_that_was_rejected_is_used_again_with_another_tag()
    {
        _a.WithData();
        string offer = _a.SetLocal();
        string rejection = offer.Replace("m=application 9", "m=application 0", StringComparison.Ordinal).Replace("a=group:BUNDLE 0\r\n", "", StringComparison.Ordinal);
        _a.SetRemote(SdpType.Answer, rejection);
        Assert.Null(_a.State.Negotiated);
        Assert.False(_a.State.IsNegotiationNeeded || _a.State.WantsData);
        Assert.Equal(0, SdpOf(_a.CreateOffer()).Media.Single().Port);

        _a.WithData();
        Assert.True(_a.State.IsNegotiationNeeded);
        _a.Negotiate(_b);
        SectionDescription again = Assert.Single(_a.Local.Sections);
        Assert.Equal(("1", false), (again.Mid, again.IsRejected));
        Assert.True(_a.Negotiated is { Mid: "1", StartsIce: true, StartsDtls: true });
    }

    [Fact, Rfc(9429, "5.2.2")]
    public void Our_offer_keeps_the_peers_rejected_sections_in_their_places()
    {
        _b.SetRemote(SdpType.Offer, Descriptions.ChromiumMedia);
        _b.SetLocal();
        SessionDescription offer = DescriptionReaderTests.Read(_b.SetLocal());
        Assert.Equal([0, 0, 9], offer.Sections.Select(section => section.Media.Port));
        Assert.Equal(["0", "1", "2"], offer.Sections.Select(section => section.Mid));
        Assert.Equal(["2"], offer.BundleGroups.Single());
    }

    [Fact, Rfc(9429, "5.2.2")]
    public void Data_takes_the_place_of_a_section_that_was_rejected()
    {
        string audio = Descriptions.ChromiumMedia[..Descriptions.ChromiumMedia.IndexOf("m=video", StringComparison.Ordinal)].Replace("BUNDLE 0 1 2", "BUNDLE 0", StringComparison.Ordinal);
        _b.WithData().SetRemote(SdpType.Offer, audio);
        _b.SetLocal();
        Assert.True(_b.State is { IsNegotiationNeeded: true, Negotiated: null, WantsData: true });
        SectionDescription section = Assert.Single(DescriptionReaderTests.Read(_b.SetLocal()).Sections);
        Assert.Equal(("application", "1"), (section.Media.Kind, section.Mid));
    }

    [Theory, Rfc(9429, "4.1.1")]
    [InlineData(BundlePolicy.Balanced, false)]
    [InlineData(BundlePolicy.MaxCompat, false)]
    [InlineData(BundlePolicy.MaxBundle, true)]
    public void With_max_bundle_data_that_is_not_bundled_with_the_first_section_is_rejected(object policy, bool isRejected)
    {
        var party = new Party("c", settings => settings with { BundlePolicy = (BundlePolicy)policy });
        party.SetRemote(SdpType.Offer, Descriptions.ChromiumMedia.Replace("a=group:BUNDLE 0 1 2\r\n", "", StringComparison.Ordinal));
        party.SetLocal();
        Assert.Equal(isRejected, party.Local.Sections[2].IsRejected);

        var bundled = new Party("c", settings => settings with { BundlePolicy = (BundlePolicy)policy });
        bundled.SetRemote(SdpType.Offer, Descriptions.ChromiumMedia);
        bundled.SetLocal();
        Assert.False(bundled.Local.Sections[2].IsRejected);
    }

    [Theory, Rfc(9429, "5.8.3")]
    [InlineData("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=audio 9 UDP/DTLS/SCTP webrtc-datachannel")]
    [InlineData("m=application 9 UDP/DTLS/SCTP", "m=application 9 TCP/DTLS/SCTP")]
    [InlineData("a=mid:0\r\n", "a=mid:1\r\n")]
    [InlineData("a=setup:active\r\n", "a=setup:actpass\r\n")]
    [InlineData("a=setup:active\r\n", "a=setup:holdconn\r\n")]
    [InlineData("a=setup:active\r\n", "")]
    [InlineData("a=ice-ufrag:b001\r\n", "a=x:")]
    [InlineData("a=fingerprint:", "a=x:")]
    [InlineData("a=fingerprint:sha-256", "a=fingerprint:sha-3-256")]
    [InlineData("a=group:BUNDLE 0\r\n", "a=group:BUNDLE 0 1\r\n")]
    [InlineData("m=application", "m=audio 0 RTP/AVP 0\r\nm=application")]
    public void An_answer_that_is_none_to_the_offer_is_refused(string what, string by)
    {
        _b.SetRemote(SdpType.Offer, _a.WithData().SetLocal());
        string answer = _b.CreateAnswer().Replace("b002", "b001", StringComparison.Ordinal);
        Assert.Contains(what, answer, StringComparison.Ordinal);
        Assert.Equal(RTCErrorName.OperationError, _a.TrySetRemote(SdpType.Answer, answer.Replace(what, by, StringComparison.Ordinal)).Name);
        _a.SetRemote(SdpType.Answer, answer);
    }

    [Theory, Rfc(9429, "5.8.3"), Rfc(8842, "5.5")]
    [InlineData("m=application 9", "m=audio 9")]
    [InlineData("a=mid:0", "a=mid:5")]
    [InlineData("a=setup:actpass", "a=setup:active")]
    [InlineData("a=setup:actpass", "a=setup:holdconn")]
    [InlineData("a=tls-id:aaaa", "a=tls-id:bbbb")]
    [InlineData("a=ice-ufrag:a001\r\na=ice-pwd:a001xxxxxxxxxxxxxxxxxx\r\n", "")]
    public void An_offer_that_does_not_go_on_from_the_last_one_is_refused(string what, string by)
    {
        _a.WithData().Negotiate(_b);
        string offer = _a.SetLocal();
        Assert.Contains(what, offer, StringComparison.Ordinal);
        Assert.Equal(RTCErrorName.OperationError, _b.TrySetRemote(SdpType.Offer, offer.Replace(what, by, StringComparison.Ordinal)).Name);
        Assert.Equal(RTCErrorName.OperationError, _b.TrySetRemote(SdpType.Offer, offer[..offer.IndexOf("m=", StringComparison.Ordinal)]).Name);
        _b.SetRemote(SdpType.Offer, offer);
    }

    [Fact, Rfc(8842, "4")]
    public void Another_certificate_is_another_DTLS_association_with_roles_of_its_own()
    {
        _a.WithData().Negotiate(_b);
        string offer = _a.CreateOffer(restartsIce: true)
            .Replace(new string('a', 20), new string('z', 20), StringComparison.Ordinal)
            .Replace(Party.Fingerprint((byte)'a').Value, Party.Fingerprint(1).Value, StringComparison.Ordinal)
            .Replace("a=setup:actpass", "a=setup:active", StringComparison.Ordinal);
        _b.SetRemote(SdpType.Offer, offer);
        _b.SetLocal();
        Assert.True(_b.Negotiated is { StartsDtls: true, StartsIce: true, Role: DtlsSetup.Passive });
    }

    [Fact]
    public void The_peer_takes_data_away_and_brings_it_back()
    {
        _a.WithData().Negotiate(_b);
        string none = _a.SetLocal().Replace("m=application 9", "m=application 0", StringComparison.Ordinal).Replace("a=group:BUNDLE 0\r\n", "", StringComparison.Ordinal);
        _b.SetRemote(SdpType.Offer, none);
        _b.SetLocal();
        Assert.True(_b.State is { Negotiated: null, IsNegotiationNeeded: false });
        Assert.True(Assert.Single(_b.Local.Sections).IsRejected);
        _b.SetRemote(SdpType.Offer, _a.CreateOffer(restartsIce: true));
        _b.SetLocal();
        Assert.True(_b.Negotiated is { StartsIce: true, StartsDtls: true });
    }

    private static SdpSession SdpOf(string text) => DescriptionReaderTests.Read(text).Sdp;

    private static ulong Version(string text) => SdpOf(text).Origin.SessionVersion;
}
