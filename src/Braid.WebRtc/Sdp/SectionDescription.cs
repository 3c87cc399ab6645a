using System.Collections.Generic;

namespace Braid.WebRtc.Sdp;

/// <summary>What a data channel section says of SCTP (RFC 8841).</summary>
/// <param name="Port">Its end's SCTP port (§5).</param>
/// <param name="MaximumMessageSize">The longest message that its end receives, in bytes (§6); 0 for any.</param>
/// <param name="MaximumRecordSize">The longest content of a DTLS record that its end takes, in bytes; 0 where nothing is said (docs/adr/0024).</param>
/// <param name="IsOldSyntax">Whether it is written as before the RFC: the port is the media format, with or without <c>a=sctpmap</c>.</param>
internal sealed record SctpDescription(ushort Port, long MaximumMessageSize, long MaximumRecordSize, bool IsOldSyntax = false)
{
    /// <summary>What a description without <c>a=max-message-size</c> means, in bytes (§6.1).</summary>
    public const long DefaultMaximumMessageSize = 65536;

    /// <summary>The attribute that says <see cref="MaximumRecordSize"/>. Braid's own: whoever does not know it passes over it (RFC 8866 §5.13).</summary>
    public const string RecordSizeAttribute = "braid-max-record-size";
}

/// <summary>What a media section means to us.</summary>
internal sealed record SectionDescription
{
    public required MediaSection Media { get; init; }

    /// <summary>Its place among the media sections.</summary>
    public required int Index { get; init; }

    /// <summary>Its identification tag (RFC 5888 §4); null where it has none.</summary>
    public string? Mid { get; init; }

    /// <summary>Whether it has no port, and not because it is only there to be bundled (RFC 3264 §6, RFC 9143 §6).</summary>
    public bool IsRejected { get; init; }

    /// <summary>Whether it is only good within its group (RFC 9143 §6).</summary>
    public bool IsBundleOnly { get; init; }

    public required TransportDescription Transport { get; init; }

    /// <summary>What it says of SCTP; null for a section of another kind.</summary>
    public SctpDescription? Sctp { get; init; }

    /// <summary>Candidates (RFC 8839 §5.1), as they stand behind <c>a=</c>.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>Whether there will be no more of them (RFC 8840 §8.2).</summary>
    public bool IsEndOfCandidates { get; init; }
}
