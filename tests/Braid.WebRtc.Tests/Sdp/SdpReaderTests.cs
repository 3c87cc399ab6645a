using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Tests.Sdp;

public sealed class SdpReaderTests
{
    public static TheoryData<string> Programs => [.. Descriptions.All.Keys];

    [Theory, Rfc(8866, "5")]
    [MemberData(nameof(Programs))]
    public void What_was_read_is_written_as_it_was(string program)
    {
        string text = Descriptions.All[program];
        Assert.Equal(text.Replace("/1 ", " ", StringComparison.Ordinal), SdpWriter.Write(Read(text)));
    }

    [Theory, Rfc(8866, "5")]
    [MemberData(nameof(Programs))]
    public void The_ends_of_lines_may_be_those_of_Unix_and_the_last_one_missing(string program)
    {
        string text = Descriptions.All[program];
        Assert.Equal(Read(text), Read(text.ReplaceLineEndings("\n")));
        Assert.Equal(Read(text), Read(text.TrimEnd()));
        Assert.Equal(Read(text), Read(text + "\r\n\r\n"));
    }

    [Theory, Rfc(8866, "5")]
    [MemberData(nameof(Programs))]
    public void A_description_that_ends_too_early_is_read_or_refused_with_a_reason(string program)
    {
        string text = Descriptions.All[program];
        for (int length = 0; length < text.Length; length++)
        {
            bool isRead = SdpReader.TryRead(text[..length], out SdpSession? session, out SdpError error);
            Assert.Equal(isRead, session is not null);
            Assert.Equal(isRead, error == default);
            Assert.True(isRead || (error.Reason.Length > 0 && error.Line <= text.Count(c => c == '\n') + 1));
        }
    }

    [Fact, Rfc(8866, "5.14")]
    public void A_section_has_a_type_a_port_a_protocol_and_formats()
    {
        SdpSession session = Read(Start + "m=audio 49170/2 UDP/TLS/RTP/SAVPF 111  0\r\ni=a title\r\nb=AS:5\r\na=sendonly\r\nc=IN IP4 1.2.3.4\r\n");
        MediaSection section = Assert.Single(session.Media);
        Assert.Equal(("audio", 49170, 2, "UDP/TLS/RTP/SAVPF"), (section.Kind, section.Port, section.PortCount, section.Protocol));
        Assert.Equal(["111", "0"], section.Formats);
        Assert.Equal(['i', 'b', 'c'], section.Lines.Select(line => line.Type));
        Assert.Equal([new SdpAttribute("sendonly")], section.Attributes);
        Assert.Equal(4, section.Line);
    }

    [Fact, Rfc(8866, "5.13")]
    public void The_value_of_an_attribute_is_all_behind_the_first_colon()
    {
        SdpSession session = Read(Start + "a=candidate:1 1 udp 1 2001:db8::1 9 typ host\r\na=extmap-allow-mixed\r\na=empty:\r\na=name:Grüße ≠ 😀\r\n");
        Assert.Equal(
            [
                new SdpAttribute("candidate", "1 1 udp 1 2001:db8::1 9 typ host"),
                new SdpAttribute("extmap-allow-mixed"),
                new SdpAttribute("empty", ""),
                new SdpAttribute("name", "Grüße ≠ 😀"),
            ],
            session.Attributes);
        Assert.Equal([4, 5, 6, 7], session.Attributes.Select(attribute => attribute.Line));
    }

    [Theory, Rfc(8866, "9")]
    [InlineData("", 0)]
    [InlineData("v=0\r\n", 1)]
    [InlineData("v=1\r\no=- 1 1 IN IP4 a\r\ns=-\r\n", 1)]
    [InlineData("o=- 1 1 IN IP4 a\r\ns=-\r\n", 1)]
    [InlineData("v=0\r\ns=-\r\n", 2)]
    [InlineData("v=0\r\no=- 1 1 IN IP4\r\ns=-\r\n", 2)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 a b\r\ns=-\r\n", 2)]
    [InlineData("v=0\r\no=- -1 1 IN IP4 a\r\ns=-\r\n", 2)]
    [InlineData("v=0\r\no=- 1 99999999999999999999 IN IP4 a\r\ns=-\r\n", 2)]
    [InlineData(Start + "x=1\r\n", 4)]
    [InlineData(Start + "v=0\r\n", 4)]
    [InlineData(Start + "a\r\n", 4)]
    [InlineData(Start + " a=b\r\n", 4)]
    [InlineData(Start + "a=\r\n", 4)]
    [InlineData(Start + "a=two words\r\n", 4)]
    [InlineData(Start + "a=b:\0\r\n", 4)]
    [InlineData(Start + "a=b:\rc\r\n", 4)]
    [InlineData(Start + "m=audio 9 RTP/AVP\r\n", 4)]
    [InlineData(Start + "m=audio 65536 RTP/AVP 0\r\n", 4)]
    [InlineData(Start + "m=audio -1 RTP/AVP 0\r\n", 4)]
    [InlineData(Start + "m=audio 9/0 RTP/AVP 0\r\n", 4)]
    [InlineData(Start + "m=audio 9 RTP//AVP 0\r\n", 4)]
    [InlineData(Start + "m=a:b 9 RTP/AVP 0\r\n", 4)]
    [InlineData(Start + "t=0 0\r\nm=audio 9 RTP/AVP 0\r\nt=0 0\r\n", 6)]
    public void What_is_no_description_is_refused_with_the_line(string text, int line)
    {
        Assert.False(SdpReader.TryRead(text, out _, out SdpError error));
        Assert.Equal(line, error.Line);
        Assert.NotEmpty(error.Reason);
        Assert.Equal((RTCErrorName.OperationError, RTCErrorDetail.SdpSyntaxError, line), (error.ToRTCError().Name, error.ToRTCError().Detail, error.ToRTCError().Line));
    }

    [Fact]
    public void A_description_without_an_end_takes_no_time()
    {
        var watch = Stopwatch.StartNew();
        Assert.False(SdpReader.TryRead(new string('a', 10_000_000), out _, out _));
        Assert.False(SdpReader.TryRead(Start + Many("a=x\n", 40_000), out _, out SdpError lines));
        Assert.Equal("The description has too many lines.", lines.Reason);
        Assert.False(SdpReader.TryRead(Start + Many("m=a 9 a a\n", 2000), out _, out SdpError sections));
        Assert.Equal("There are too many media sections.", sections.Reason);
        Assert.True(SessionDescription.TryRead(Start + "m=a 9 a" + Many(" b", 400_000), out _, out _));
        Assert.True(SessionDescription.TryRead(Start + "a=group:BUNDLE" + Many(" b", 400_000), out _, out _));
        Assert.True(SessionDescription.TryRead(Start + Many("a=group:BUNDLE a b c d\n", 30_000), out _, out _));
        string sectionsOfAll = string.Concat(Enumerable.Range(0, 1000).Select(i => $"m=a 0 a a\na=mid:{i}\na=bundle-only\n"));
        Assert.True(SessionDescription.TryRead(Start + Many("a=x\n", 20_000) + "a=group:BUNDLE" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $" {i}")) + "\n" + sectionsOfAll, out _, out _));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }

    private const string Start = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n";

    private static string Many(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static SdpSession Read(string text)
    {
        Assert.True(SdpReader.TryRead(text, out SdpSession? session, out SdpError error), error.ToString());
        return session;
    }
}
