using System.Collections.Generic;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Jsep;

/// <summary>What our descriptions say that is not negotiated.</summary>
internal sealed record SessionSettings
{
    /// <summary>The session's id in the origin line: random, below 2^63 (RFC 9429 §5.2.1).</summary>
    public required ulong SessionId { get; init; }

    /// <summary>Of our certificate, at least one.</summary>
    public required IReadOnlyList<SdpFingerprint> Fingerprints { get; init; }

    /// <summary>Names our DTLS association (RFC 8842 §5.3): 20 to 255 characters. Null for none.</summary>
    public string? TlsId { get; init; }

    /// <summary>Options of our ICE agent; those of an answer are in the offer as well (RFC 9429 §5.3.1).</summary>
    public IReadOnlyList<string> IceOptions { get; init; } = ["trickle", "ice2"];

    /// <summary>Whether our ICE agent is a lite one (RFC 8445 §2.5).</summary>
    public bool IsIceLite { get; init; }

    /// <summary>Our SCTP port, 1 to 65535 (RFC 8841 §5).</summary>
    public ushort SctpPort { get; init; } = 5000;

    /// <summary>The longest message that we receive, in bytes (RFC 8841 §6); 0 for any. Default 16 MiB.</summary>
    public long MaximumReceiveSize { get; init; } = 16 << 20;

    /// <summary>The longest message that we send, in bytes; 0 for any. Default 16 MiB.</summary>
    public long MaximumSendSize { get; init; } = 16 << 20;

    /// <summary>The longest content of a DTLS record that we take, in bytes. Default 16,384: there is no longer one (RFC 6347 §4.1).</summary>
    public int MaximumRecordSize { get; init; } = 1 << 14;

    public BundlePolicy BundlePolicy { get; init; }
}
