using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;

namespace Braid.WebRtc.Sdp;

/// <summary>A description and what it means to us (RFC 9429 §5.8).</summary>
internal sealed record SessionDescription
{
    /// <summary>All of it.</summary>
    public required SdpSession Sdp { get; init; }

    public required IReadOnlyList<SectionDescription> Sections { get; init; }

    /// <summary>Sections that share a transport, by their tags, the tag of the one that describes it first (RFC 9143 §5).</summary>
    public IReadOnlyList<IReadOnlyList<string>> BundleGroups { get; init; } = [];

    /// <summary>Whether its end is a lite agent (RFC 8839 §5.3).</summary>
    public bool IsIceLite { get; init; }

    /// <summary>Whether one- and two-byte header extensions may be mixed (RFC 8285 §6): of no use to data, but browsers say so.</summary>
    public bool AllowsMixedExtensions { get; init; }

    /// <summary>The first section for data that is not rejected; null where there is none.</summary>
    public SectionDescription? Data => Sections.FirstOrDefault(section => section.Sctp is not null && !section.IsRejected);

    /// <summary>Reads a description and what it means.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out SessionDescription? description, out SdpError error)
    {
        description = null;
        return SdpReader.TryRead(text, out SdpSession? session, out error) && DescriptionReader.TryRead(session, out description, out error);
    }

    /// <summary>The group that a section is in; null for none.</summary>
    public IReadOnlyList<string>? GroupOf(SectionDescription section) =>
        section.Mid is null ? null : BundleGroups.FirstOrDefault(group => group.Contains(section.Mid, StringComparer.Ordinal));

    /// <summary>
    /// The transport that a section goes over: its own, or, where it has no credentials and is bundled, that of the section that its
    /// group's tag names (RFC 9143 §7.1.3).
    /// </summary>
    public TransportDescription TransportOf(SectionDescription section)
    {
        if (section.Transport.Credentials is not null || GroupOf(section) is not { } group)
        {
            return section.Transport;
        }

        return Sections.FirstOrDefault(other => other.Mid == group[0])?.Transport ?? section.Transport;
    }

    /// <summary>The same with one more candidate, or the end of them, in a section.</summary>
    /// <param name="index">Of the section.</param>
    /// <param name="candidate">As it stands behind <c>a=</c>; empty for the end of candidates.</param>
    public SessionDescription WithCandidate(int index, string candidate)
    {
        SectionDescription section = Sections[index];
        bool isEnd = candidate.Length == 0;
        if (isEnd ? section.IsEndOfCandidates : section.Candidates.Contains(candidate, StringComparer.Ordinal))
        {
            return this;
        }

        SdpAttribute attribute = isEnd ? new SdpAttribute("end-of-candidates")
            : new SdpAttribute("candidate", candidate[(candidate.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        MediaSection media = section.Media with { Attributes = [.. section.Media.Attributes, attribute] };
        SectionDescription changed = section with
        {
            Media = media,
            Candidates = isEnd ? section.Candidates : [.. section.Candidates, candidate],
            IsEndOfCandidates = section.IsEndOfCandidates || isEnd,
        };
        return this with
        {
            Sections = [.. Sections.Take(index), changed, .. Sections.Skip(index + 1)],
            Sdp = Sdp with { Media = [.. Sdp.Media.Take(index), media, .. Sdp.Media.Skip(index + 1)] },
        };
    }
}
