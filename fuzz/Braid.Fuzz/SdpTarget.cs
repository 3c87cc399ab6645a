using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;

namespace Braid.Fuzz;

/// <summary>
/// Descriptions that somebody has worked on: read, written and read again; as an offer that is answered, and as the answer to an offer of
/// ours. The input is the text.
/// </summary>
public sealed class SdpTarget : IFuzzTarget
{
    private const string Hash = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

    private static readonly string[] s_names =
        ["group", "mid", "inactive", "ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "tls-id", "sctp-port", "sctpmap", "max-message-size", "braid-max-record-size"];

    private static readonly string[] s_lines =
    [
        "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "c=IN IP4 0.0.0.0", "b=AS:100", "a=group:BUNDLE 0", "a=group:BUNDLE 0 1 2",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "m=application 9 DTLS/SCTP 5000", "a=sctpmap:5000 webrtc-datachannel 65535", "a=mid:0", "a=mid:1", "a=mid:2", "a=bundle-only", "a=ice-lite",
        "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "a=ice-options:trickle ice2", $"a=fingerprint:sha-256 {Hash}", $"a=fingerprint:other {Hash}",
        "a=setup:actpass", "a=setup:active", "a=setup:passive", "a=tls-id:aaaaaaaaaaaaaaaaaaaa", "a=sctp-port:5000", "a=max-message-size:0", "a=braid-max-record-size:16384",
        "a=max-message-size:262144", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host ufrag abcd", "a=end-of-candidates", "a=extmap-allow-mixed", "a=unknown:value",
    ];

    private static readonly string s_offer = string.Join(
        "\r\n", s_lines[0], s_lines[1], s_lines[2], s_lines[3], s_lines[6], s_lines[9], s_lines[4], s_lines[13], s_lines[18], s_lines[19], s_lines[20], s_lines[21], s_lines[23], s_lines[27], s_lines[29], "");

    private static readonly IceCredentials s_fresh = new("fresh", "freshfreshfreshfreshfresh");

    /// <inheritdoc/>
    public string Name => "sdp";

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(text);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > (1 << 20) + (1000L * input.Length))
        {
            throw new FuzzException($"{input.Length} bytes take {allocated} bytes of memory");
        }
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        var lines = new List<string>(s_offer.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
        for (int i = random.NextInt32(8); i > 0 && lines.Count > 0; i--)
        {
            int at = random.NextInt32(lines.Count);
            string line = s_lines[random.NextInt32(s_lines.Length)];
            switch (random.NextInt32(6))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines[at] = line;
                    break;
                case 2:
                    lines[at] = Damage(lines[at], random);
                    break;
                case 3:
                    (lines[at], lines[^1]) = (lines[^1], lines[at]);
                    break;
                default:
                    lines.Insert(at, line);
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(string.Join(random.NextInt32(8) == 0 ? "\n" : "\r\n", lines) + "\r\n");
    }

    private static void Run(string text)
    {
        if (SdpReader.TryRead(text, out SdpSession? session, out SdpError error))
        {
            string written = SdpWriter.Write(session);
            if (!SdpReader.TryRead(written, out SdpSession? again, out _) || !session.Equals(again))
            {
                throw new FuzzException("what was read is not what was written");
            }
        }
        else if (string.IsNullOrEmpty(error.Reason))
        {
            throw new FuzzException("a description is refused without a reason");
        }

        JsepState state = OfferAnswer.WantData(JsepState.Create(new SessionSettings { SessionId = 1, Fingerprints = [new SdpFingerprint("sha-256", Hash)] }));
        JsepResult offered = OfferAnswer.SetRemote(state, SdpType.Offer, text);
        if (offered.IsOk)
        {
            Answer(offered.State);
            Answer(Candidates.AddRemote(offered.State, new TrickledCandidate("candidate:1 1 udp 1 192.0.2.1 9 typ host", "0")).State);
        }

        JsepState ours = Check(OfferAnswer.SetLocal(state, SdpType.Offer, "", s_fresh));
        JsepResult answered = OfferAnswer.SetRemote(ours, SdpType.Answer, text);
        if (answered.IsOk)
        {
            Check(OfferAnswer.CreateOffer(answered.State, s_fresh, restartsIce: true));
        }
    }

    private static void Answer(JsepState state)
    {
        JsepState answered = Check(OfferAnswer.SetLocal(state, null, "", s_fresh));
        SdpSession answer = answered.Local!.Description.Sdp;
        if (answer.Media.Count != state.Remote!.Description.Sections.Count || answer.Attributes.Concat(answer.Media.SelectMany(media => media.Attributes)).Any(attribute => !s_names.Contains(attribute.Name)))
        {
            throw new FuzzException("the answer says what it should not");
        }

        JsepState next = Check(OfferAnswer.SetLocal(answered, SdpType.Offer, "", s_fresh));
        Check(OfferAnswer.SetLocal(next, SdpType.Rollback, "", s_fresh));
    }

    private static JsepState Check(JsepResult result) => result.IsOk ? result.State : throw new FuzzException($"our own description fails: {result.Error}");

    private static string Damage(string line, IRandomSource random)
    {
        int at = random.NextInt32(line.Length + 1);
        int end = at + random.NextInt32(line.Length - at + 1);
        return random.NextInt32(4) switch
        {
            0 => line[..at],
            1 => line[..at] + line[end..],
            2 => line[..at] + (char)(random.NextInt32(0x300) + 1) + line[at..],
            _ => line[..at] + string.Concat(Enumerable.Repeat(line[at..end], 2 + random.NextInt32(20))) + line[end..],
        };
    }
}
