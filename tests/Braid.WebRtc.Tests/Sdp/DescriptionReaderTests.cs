using System;
using System.Linq;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Tests.Sdp;

public sealed class DescriptionReaderTests
{
    private const string Hash = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

    [Theory, Rfc(8841, "5"), Rfc(8841, "6")]
    [InlineData(nameof(Descriptions.ChromiumData), "0", 5000, 262144, false)]
    [InlineData(nameof(Descriptions.ChromiumMedia), "2", 5000, 262144, false)]
    [InlineData(nameof(Descriptions.ChromiumMaxBundle), "1", 5000, 262144, false)]
    [InlineData(nameof(Descriptions.FirefoxData), "0", 5000, 1073741823, false)]
    [InlineData(nameof(Descriptions.FirefoxMedia), "1", 5000, 1073741823, false)]
    [InlineData(nameof(Descriptions.Aiortc), "0", 5000, 65536, true)]
    [InlineData(nameof(Descriptions.Werift), "0", 5000, 65536, false)]
    [InlineData(nameof(Descriptions.Libdatachannel), "0", 5000, 262144, false)]
    [InlineData(nameof(Descriptions.Pion), "0", 5000, 1073741823, false)]
    [InlineData(nameof(Descriptions.OldServer), null, 6000, 65536, true)]
    public void The_data_section_of_each_program_is_found(string program, string? mid, int port, long maximum, bool isOld)
    {
        SessionDescription description = Read(Descriptions.All[program]);
        SectionDescription data = Assert.IsType<SectionDescription>(description.Data);
        Assert.Equal(mid, data.Mid);
        Assert.Equal(new SctpDescription((ushort)port, maximum, 0, isOld), data.Sctp);
        TransportDescription transport = description.TransportOf(data);
        Assert.NotNull(transport.Credentials);
        Assert.Equal(isOld && mid is null ? DtlsSetup.Passive : DtlsSetup.ActPass, transport.Setup);
        Assert.Equal("sha-256", transport.Fingerprints[0].Algorithm);
    }

    [Fact, Rfc(8842, "5.1")]
    public void Several_fingerprints_are_kept_in_order_whatever_their_case()
    {
        SessionDescription aiortc = Read(Descriptions.Aiortc);
        Assert.Equal(["sha-256", "sha-512"], aiortc.Data!.Transport.Fingerprints.Select(fingerprint => fingerprint.Algorithm));
        Assert.Equal(Read(Descriptions.ChromiumData).Data!.Transport.Fingerprints[0], Read(Descriptions.OldServer).Data!.Transport.Fingerprints[0]);
    }

    [Fact, Rfc(8839, "5.4")]
    public void What_stands_at_a_section_goes_before_what_stands_at_the_session()
    {
        SessionDescription description = Read(Section(
            "a=mid:0\r\na=ice-ufrag:efgh\r\na=ice-pwd:abcdefghijklmnopqrstuw\r\na=setup:active\r\n",
            $"a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 {Hash}\r\na=setup:passive\r\na=ice-options:trickle ice2\r\n"));
        TransportDescription transport = description.Data!.Transport;
        Assert.Equal(new IceCredentials("efgh", "abcdefghijklmnopqrstuw"), transport.Credentials);
        Assert.Equal(DtlsSetup.Active, transport.Setup);
        Assert.Equal([new SdpFingerprint("sha-256", Hash)], transport.Fingerprints);
        Assert.Equal(["trickle", "ice2"], transport.IceOptions);
    }

    [Fact, Rfc(8839, "5.1"), Rfc(8839, "5.3"), Rfc(8840, "8.2")]
    public void Candidates_are_kept_as_they_are()
    {
        SectionDescription pion = Read(Descriptions.Pion).Data!;
        Assert.Equal("candidate:2130706431 1 udp 2130706431 192.0.2.7 53987 typ host ufrag dQZxGqFpKxXlVtYu", pion.Candidates[0]);
        Assert.Equal((2, true), (pion.Candidates.Count, pion.IsEndOfCandidates));
        Assert.False(Read(Descriptions.ChromiumData).Data!.IsEndOfCandidates);
        Assert.True(Read(Descriptions.OldServer).IsIceLite);
        Assert.True(AttributeValues.TryReadCandidate(pion.Candidates[0], out string? ufrag));
        Assert.Equal("dQZxGqFpKxXlVtYu", ufrag);
    }

    [Fact, Rfc(9143, "6")]
    public void A_section_without_a_port_is_rejected_unless_it_is_there_to_be_bundled()
    {
        SessionDescription bundled = Read(Descriptions.ChromiumMaxBundle);
        Assert.False(bundled.Sections[1].IsRejected);
        Assert.Equal(bundled.Sections[0].Transport.Credentials, bundled.TransportOf(bundled.Sections[1]).Credentials);

        SessionDescription alone = Read(Descriptions.ChromiumMaxBundle.Replace("a=group:BUNDLE 0 1\r\n", "", StringComparison.Ordinal));
        Assert.True(alone.Sections[1].IsRejected);
        Assert.Null(alone.Data);
    }

    [Fact, Rfc(9143, "7.2")]
    public void A_tag_counts_in_the_first_group_that_names_it()
    {
        SessionDescription description = Read(Section("a=mid:a\r\n", "a=group:BUNDLE a b\r\na=group:BUNDLE a c\r\na=group:LS a\r\na=group:BUNDLE\r\n"));
        Assert.Equal(["a b", "c"], description.BundleGroups.Select(group => string.Join(' ', group)));
        Assert.Equal(["a", "b"], description.GroupOf(description.Sections[0])!);
    }

    [Fact, Rfc(8841, "6.1")]
    public void Without_a_size_it_is_64_KiB_and_0_is_any()
    {
        Assert.Equal(65536, Read(Section("")).Data!.Sctp!.MaximumMessageSize);
        Assert.Equal(0, Read(Section("a=max-message-size:0\r\n")).Data!.Sctp!.MaximumMessageSize);
        Assert.Equal(long.MaxValue, Read(Section($"a=max-message-size:{new string('9', 500)}\r\n")).Data!.Sctp!.MaximumMessageSize);
    }

    [Theory]
    [InlineData("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", true)]
    [InlineData("m=application 9 TCP/DTLS/SCTP webrtc-datachannel", true)]
    [InlineData("m=application 9 DTLS/SCTP 5000", true)]
    [InlineData("m=application 9 UDP/DTLS/SCTP something-else", false)]
    [InlineData("m=application 9 UDP/BFCP *", false)]
    [InlineData("m=audio 9 UDP/DTLS/SCTP webrtc-datachannel", false)]
    [InlineData("m=application 0 UDP/DTLS/SCTP webrtc-datachannel", false)]
    public void Only_data_channels_are_data_channels(string line, bool isData) =>
        Assert.Equal(isData, Read($"v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\n{line}\r\n").Data is not null);

    [Theory]
    [InlineData("a=ice-ufrag:abc\r\n")]
    [InlineData("a=ice-ufrag:abc d\r\n")]
    [InlineData("a=ice-ufrag:abcd\r\n")]
    [InlineData("a=ice-pwd:abcdefghijklmnopqrstu\r\n")]
    [InlineData("a=fingerprint:sha-256\r\n")]
    [InlineData("a=fingerprint:sha-256 00:01\r\n")]
    [InlineData("a=fingerprint:sha-256 0001\r\n")]
    [InlineData("a=fingerprint:other 0G\r\n")]
    [InlineData("a=setup:maybe\r\n")]
    [InlineData("a=tls-id:short\r\n")]
    [InlineData("a=sctp-port:0\r\n")]
    [InlineData("a=sctp-port:65536\r\n")]
    [InlineData("a=max-message-size:-1\r\n")]
    [InlineData("a=max-message-size:\r\n")]
    [InlineData("a=mid:\r\n")]
    [InlineData("a=mid:a b\r\n")]
    [InlineData("a=candidate:1 1 udp\r\n")]
    public void A_value_that_is_none_is_named_with_its_line(string attribute)
    {
        Assert.False(SessionDescription.TryRead(Section(attribute), out _, out SdpError error));
        Assert.Equal(6, error.Line);
        Assert.Contains("a=", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_sections_do_not_have_one_tag()
    {
        string text = Section("a=mid:0\r\n") + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n";
        Assert.False(SessionDescription.TryRead(text, out _, out SdpError error));
        Assert.Equal(7, error.Line);
    }

    [Fact]
    public void A_candidate_that_is_added_stands_in_the_text_once()
    {
        SessionDescription description = Read(Descriptions.Werift);
        const string Candidate = "candidate:1 1 udp 1 192.0.2.1 9 typ host";
        SessionDescription more = description.WithCandidate(0, Candidate).WithCandidate(0, Candidate).WithCandidate(0, "").WithCandidate(0, "");
        Assert.Equal(SdpWriter.Write(description.Sdp) + $"a={Candidate}\r\na=end-of-candidates\r\n", SdpWriter.Write(more.Sdp));
        Assert.Equal(more.Sections[0].Candidates, Read(SdpWriter.Write(more.Sdp)).Sections[0].Candidates);
    }

    internal static SessionDescription Read(string text)
    {
        Assert.True(SessionDescription.TryRead(text, out SessionDescription? description, out SdpError error), error.ToString());
        return description;
    }

    private static string Section(string attributes, string ofSession = "") =>
        $"v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\n{ofSession}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n{attributes}";
}
