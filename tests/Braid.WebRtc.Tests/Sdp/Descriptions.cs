using System.Collections.Generic;

namespace Braid.WebRtc.Tests.Sdp;

/// <summary>Descriptions in the shapes that other programs write.</summary>
internal static class Descriptions
{
    private const string Hash =
        "7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

    /// <summary>A page of Chromium that opens a data channel, without trickle.</summary>
    public static string ChromiumData { get; } = Text($"""
        v=0
        o=- 4611731400430051336 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=extmap-allow-mixed
        a=msid-semantic: WMS
        m=application 53421 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 192.168.1.7
        a=candidate:1467250027 1 udp 2122260223 192.168.1.7 53421 typ host generation 0 network-id 1 network-cost 10
        a=candidate:3391384611 1 udp 2122194687 4d1b6f3a-93a4-4b6e-9a0b-1f8c8c6d7f0e.local 53422 typ host generation 0 network-id 2
        a=candidate:344579997 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0 network-id 1 network-cost 10
        a=ice-ufrag:jQ4q
        a=ice-pwd:n2ggTPFB5Z9xPlJ4b9ReHCqU
        a=ice-options:trickle
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:0
        a=sctp-port:5000
        a=max-message-size:262144
        """);

    /// <summary>A page of Chromium with a camera, a microphone and a data channel, trickling.</summary>
    public static string ChromiumMedia { get; } = Text($"""
        v=0
        o=- 6729291447651054566 3 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1 2
        a=extmap-allow-mixed
        a=msid-semantic: WMS 6c2b1f0e-0a3b-4f0d-8e56-2cf0a3b1c9aa
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:xJ2f
        a=ice-pwd:0h1G6dVjP9kQm2sX4tYzB7nL
        a=ice-options:trickle
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=sendrecv
        a=msid:6c2b1f0e-0a3b-4f0d-8e56-2cf0a3b1c9aa 3b0e0d0c-1111-4a4a-9b9b-aaaaaaaaaaaa
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:0 PCMU/8000
        a=ssrc:1234567 cname:q3b0pQ9VZ1cC
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 102
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:xJ2f
        a=ice-pwd:0h1G6dVjP9kQm2sX4tYzB7nL
        a=ice-options:trickle
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:1
        a=sendonly
        a=rtcp-mux
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 nack pli
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=ssrc-group:FID 2231627014 632943048
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=ice-ufrag:xJ2f
        a=ice-pwd:0h1G6dVjP9kQm2sX4tYzB7nL
        a=ice-options:trickle
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:2
        a=sctp-port:5000
        a=max-message-size:262144
        """);

    /// <summary>Chromium with the bundle policy "max-bundle": what is not first has no port of its own.</summary>
    public static string ChromiumMaxBundle { get; } = Text($"""
        v=0
        o=- 3390153480221054566 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 0.0.0.0
        a=ice-ufrag:kkLm
        a=ice-pwd:Q2VsbGFyIGRvb3IgaXMgb3Blbg
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:0
        a=recvonly
        a=rtcp-mux
        a=rtpmap:111 opus/48000/2
        m=application 0 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=bundle-only
        a=mid:1
        a=sctp-port:5000
        a=max-message-size:262144
        """);

    /// <summary>A page of Firefox: what is common to all sections stands at the session.</summary>
    public static string FirefoxData { get; } = Text($"""
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 7612936480391283424 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=fingerprint:sha-256 {Hash}
        a=group:BUNDLE 0
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=ice-pwd:8c9a4f5e2b7d10936a6b5c4d3e2f1a0b
        a=ice-ufrag:3fd1a5b7
        a=mid:0
        a=setup:actpass
        a=sctp-port:5000
        a=max-message-size:1073741823
        """);

    /// <summary>Firefox with a microphone and both ways of writing a data section's end of candidates.</summary>
    public static string FirefoxMedia { get; } = Text($"""
        v=0
        o=mozilla...THIS_IS_SDPARTA-128.0 2012936480391283424 1 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        a=fingerprint:sha-256 {Hash}
        a=group:BUNDLE 0 1
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 56210 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 10.0.2.15
        a=candidate:0 1 UDP 2122252543 10.0.2.15 56210 typ host
        a=candidate:1 1 TCP 2105524479 10.0.2.15 9 typ host tcptype active
        a=sendrecv
        a=end-of-candidates
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=ice-pwd:f0b5c4d3e2f1a0b8c9a4f5e2b7d10936
        a=ice-ufrag:a5b73fd1
        a=mid:0
        a=msid:- f8a2a5a1-7f3b-4c39-9d65-0a9f0c4b2d11
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=setup:actpass
        a=ssrc:3190523147 cname:d5b1f0e0-0a3b-4f0d-8e56-2cf0a3b1c9aa
        m=application 56210 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 10.0.2.15
        a=candidate:0 1 UDP 2122252543 10.0.2.15 56210 typ host
        a=sendrecv
        a=end-of-candidates
        a=ice-pwd:f0b5c4d3e2f1a0b8c9a4f5e2b7d10936
        a=ice-ufrag:a5b73fd1
        a=mid:1
        a=setup:actpass
        a=sctp-port:5000
        a=max-message-size:1073741823
        """);

    /// <summary>aiortc, which writes the older form, several hashes and all of its candidates.</summary>
    public static string Aiortc { get; } = Text($"""
        v=0
        o=- 3937412349 3937412349 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=msid-semantic:WMS *
        m=application 48714 DTLS/SCTP 5000
        c=IN IP4 172.17.0.2
        a=mid:0
        a=sctpmap:5000 webrtc-datachannel 65535
        a=max-message-size:65536
        a=candidate:0fea2f1cc4dc5c8b9d0b4a2ce4be3a6d 1 udp 2130706431 172.17.0.2 48714 typ host
        a=candidate:aaf3a1c2f8d44e4d8dd3ab5e8c1d7b44 1 udp 1694498815 203.0.113.4 48714 typ srflx raddr 172.17.0.2 rport 48714
        a=end-of-candidates
        a=ice-ufrag:Yb2R
        a=ice-pwd:3Qf6Zt1mN8sLw0aPcXvE2u
        a=fingerprint:sha-256 {Hash}
        a=fingerprint:sha-512 {Hash}:{Hash}
        a=setup:actpass
        """);

    /// <summary>werift.</summary>
    public static string Werift { get; } = Text($"""
        v=0
        o=- 41938513 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=extmap-allow-mixed
        a=msid-semantic:WMS *
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=ice-ufrag:c3e1
        a=ice-pwd:b7f0a2d94e5c4d1f9a0b6e
        a=ice-options:trickle
        a=fingerprint:sha-256 {Hash}
        a=setup:actpass
        a=mid:0
        a=sctp-port:5000
        a=max-message-size:65536
        """);

    /// <summary>libdatachannel, and with it node-datachannel: a user name of its own, and the transport at the session.</summary>
    public static string Libdatachannel { get; } = Text($"""
        v=0
        o=rtc 3511846920 0 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0
        a=group:LS 0
        a=msid-semantic:WMS *
        a=ice-options:ice2,trickle
        a=fingerprint:sha-256 {Hash}
        m=application 50123 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP6 2001:db8::7
        a=mid:0
        a=sendrecv
        a=sctp-port:5000
        a=max-message-size:262144
        a=setup:actpass
        a=ice-ufrag:+r0f
        a=ice-pwd:Zk9+qO6vQ2yK/1mJ4tR8hN
        a=candidate:1 1 UDP 2122317823 2001:db8::7 50123 typ host
        a=candidate:2 1 UDP 2122317567 192.0.2.33 50123 typ host
        a=end-of-candidates
        """);

    /// <summary>pion.</summary>
    public static string Pion { get; } = Text($"""
        v=0
        o=- 1203404591214541343 1731000123 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=msid-semantic:WMS*
        a=fingerprint:sha-256 {Hash}
        a=extmap-allow-mixed
        a=group:BUNDLE 0
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=mid:0
        a=sendrecv
        a=sctp-port:5000
        a=max-message-size:1073741823
        a=ice-ufrag:dQZxGqFpKxXlVtYu
        a=ice-pwd:lXkNbWcRtQyPoIuZsEdCfVgBhNjMkLaS
        a=candidate:2130706431 1 udp 2130706431 192.0.2.7 53987 typ host ufrag dQZxGqFpKxXlVtYu
        a=candidate:2130706431 2 udp 2130706431 192.0.2.7 53987 typ host ufrag dQZxGqFpKxXlVtYu
        a=end-of-candidates
        """);

    /// <summary>A lite server without bundling, from before WebRTC 1.0.</summary>
    public static string OldServer { get; } = Text($"""
        v=0
        o=server 1 1 IN IP6 ::1
        s=A server
        i=It was here before
        c=IN IP6 2001:db8::1
        b=AS:1000
        t=0 0
        a=ice-lite
        a=ice-ufrag:abcd
        a=ice-pwd:abcdefghijklmnopqrstuv
        a=fingerprint:SHA-256 {Hash.ToLowerInvariant()}
        a=setup:passive
        m=application 3478/1 DTLS/SCTP 6000
        a=sctpmap:6000 webrtc-datachannel 256
        a=candidate:1 1 UDP 2130706431 2001:db8::1 3478 typ host
        """);

    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        [nameof(ChromiumData)] = ChromiumData,
        [nameof(ChromiumMedia)] = ChromiumMedia,
        [nameof(ChromiumMaxBundle)] = ChromiumMaxBundle,
        [nameof(FirefoxData)] = FirefoxData,
        [nameof(FirefoxMedia)] = FirefoxMedia,
        [nameof(Aiortc)] = Aiortc,
        [nameof(Werift)] = Werift,
        [nameof(Libdatachannel)] = Libdatachannel,
        [nameof(Pion)] = Pion,
        [nameof(OldServer)] = OldServer,
    };

    private static string Text(string lines) => lines.ReplaceLineEndings("\r\n") + "\r\n";
}
