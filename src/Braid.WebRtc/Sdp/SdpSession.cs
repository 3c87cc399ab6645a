using System;
using System.Collections.Generic;
using System.Linq;

namespace Braid.WebRtc.Sdp;

/// <summary>A line that is neither an attribute nor has a record of its own, as it was read.</summary>
/// <param name="Type">Its letter.</param>
/// <param name="Value">What follows the equals sign.</param>
internal readonly record struct SdpLine(char Type, string Value);

/// <summary>An attribute (RFC 8866 §5.13).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What follows the colon; null for an attribute without one (a property).</param>
/// <param name="Line">The line that it was read from, from 1; 0 for one of ours.</param>
internal readonly record struct SdpAttribute(string Name, string? Value = null, int Line = 0)
{
    /// <summary>Where it was read does not make it another attribute.</summary>
    public bool Equals(SdpAttribute other) => Name == other.Name && Value == other.Value;

    public override int GetHashCode() => Name.Length + ((Value?.Length ?? 0) << 8);
}

/// <summary>Who made a description, and which one of his it is (RFC 8866 §5.2).</summary>
/// <param name="Username">Of its author; "-" where that says nothing.</param>
/// <param name="SessionId">The session.</param>
/// <param name="SessionVersion">Grows with each new description of the session.</param>
/// <param name="Host">Network type, address type and address of the author.</param>
internal sealed record SdpOrigin(string Username, ulong SessionId, ulong SessionVersion, string Host = "IN IP4 127.0.0.1");

/// <summary>A session description (RFC 8866): what stands in it, whatever it means. What is not understood is kept.</summary>
internal sealed record SdpSession
{
    public required SdpOrigin Origin { get; init; }

    /// <summary>The session's name: a dash where it says nothing.</summary>
    public string Name { get; init; } = "-";

    /// <summary>Lines of the session between its name and its attributes, in their order.</summary>
    public IReadOnlyList<SdpLine> Lines { get; init; } = [new('t', "0 0")];

    /// <summary>Attributes of the session.</summary>
    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    public IReadOnlyList<MediaSection> Media { get; init; } = [];

    public bool Equals(SdpSession? other) =>
        other is not null && Origin == other.Origin && Name == other.Name && Lines.SequenceEqual(other.Lines)
        && Attributes.SequenceEqual(other.Attributes) && Media.SequenceEqual(other.Media);

    public override int GetHashCode() => Origin.GetHashCode();
}

/// <summary>A media description (RFC 8866 §5.14) with its lines.</summary>
internal sealed record MediaSection
{
    /// <summary>The media type, such as "application".</summary>
    public required string Kind { get; init; }

    /// <summary>0 for a section that is rejected, or only there to be bundled.</summary>
    public int Port { get; init; } = 9;

    /// <summary>How many ports from that one on; 1 where nothing is said.</summary>
    public int PortCount { get; init; } = 1;

    /// <summary>The transport protocol, such as "UDP/DTLS/SCTP".</summary>
    public required string Protocol { get; init; }

    /// <summary>Media formats, at least one.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>The other lines before the attributes, in their order.</summary>
    public IReadOnlyList<SdpLine> Lines { get; init; } = [new('c', "IN IP4 0.0.0.0")];

    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    /// <summary>The line that it begins with; 0 for one of ours.</summary>
    public int Line { get; init; }

    public bool Equals(MediaSection? other) =>
        other is not null && Kind == other.Kind && Port == other.Port && PortCount == other.PortCount && Protocol == other.Protocol
        && Formats.SequenceEqual(other.Formats) && Lines.SequenceEqual(other.Lines) && Attributes.SequenceEqual(other.Attributes);

    public override int GetHashCode() => Port + Formats.Count + (Kind.Length << 16);
}
