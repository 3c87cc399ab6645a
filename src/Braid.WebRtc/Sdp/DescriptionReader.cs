using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;

namespace Braid.WebRtc.Sdp;

/// <summary>Finds out what a description means (RFC 9429 §5.8): each attribute is looked at once, and one that is not ours is passed over.</summary>
internal static class DescriptionReader
{
    public static bool TryRead(SdpSession session, [NotNullWhen(true)] out SessionDescription? description, out SdpError error)
    {
        description = null;
        var ofSession = new SectionAttributes();
        if (!ofSession.TryRead(session.Attributes, out error))
        {
            return false;
        }

        TransportDescription sessionTransport = ofSession.ToTransport(new TransportDescription());
        var groups = ReadGroups(session.Attributes);
        var bundled = new HashSet<string>(groups.SelectMany(group => group), StringComparer.Ordinal);
        var tags = new HashSet<string>(StringComparer.Ordinal);
        var sections = new List<SectionDescription>(session.Media.Count);
        foreach (MediaSection media in session.Media)
        {
            var attributes = new SectionAttributes();
            if (!attributes.TryRead(media.Attributes, out error))
            {
                return false;
            }

            if (attributes.Mid is not null && !tags.Add(attributes.Mid))
            {
                error = new SdpError(media.Line, "Two sections have the same identification tag.");
                return false;
            }

            if (!TryReadSctp(media, attributes, out SctpDescription? sctp, out error))
            {
                return false;
            }

            bool isBundled = attributes.Mid is not null && bundled.Contains(attributes.Mid);
            sections.Add(new SectionDescription
            {
                Media = media,
                Index = sections.Count,
                Mid = attributes.Mid,
                IsBundleOnly = attributes.IsBundleOnly,
                IsRejected = media.Port == 0 && !(attributes.IsBundleOnly && isBundled),
                Transport = attributes.ToTransport(sessionTransport),
                Sctp = sctp,
                Candidates = attributes.Candidates,
                IsEndOfCandidates = attributes.IsEndOfCandidates || ofSession.IsEndOfCandidates,
            });
        }

        description = new SessionDescription
        {
            Sdp = session,
            Sections = sections,
            BundleGroups = groups,
            IsIceLite = ofSession.IsIceLite,
            AllowsMixedExtensions = ofSession.AllowsMixedExtensions,
        };
        return true;
    }

    // RFC 9143 §7.2: a section is in one group; a tag that stands in a second one does not count there.
    private static List<IReadOnlyList<string>> ReadGroups(IReadOnlyList<SdpAttribute> attributes)
    {
        var groups = new List<IReadOnlyList<string>>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (SdpAttribute attribute in attributes)
        {
            if (attribute.Name != "group" || attribute.Value is null)
            {
                continue;
            }

            string[] fields = attribute.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || fields[0] != "BUNDLE")
            {
                continue;
            }

            string[] tags = [.. fields.Skip(1).Where(tag => SdpReader.IsToken(tag) && seen.Add(tag))];
            if (tags.Length > 0)
            {
                groups.Add(tags);
            }
        }

        return groups;
    }

    // RFC 8841 §4, and what was written before it: the port as the media format.
    private static bool TryReadSctp(MediaSection media, SectionAttributes attributes, out SctpDescription? sctp, out SdpError error)
    {
        sctp = null;
        error = default;
        if (media.Kind != "application" || media.Protocol is not ("UDP/DTLS/SCTP" or "TCP/DTLS/SCTP" or "DTLS/SCTP"))
        {
            return true;
        }

        long maximum = attributes.MaximumMessageSize ?? SctpDescription.DefaultMaximumMessageSize;
        if (media.Formats[0] == "webrtc-datachannel")
        {
            // JSEP wants a port; browsers take 5000 where there is none.
            sctp = new SctpDescription(attributes.SctpPort ?? 5000, maximum, attributes.MaximumRecordSize);
            return true;
        }

        if (!AttributeValues.TryReadPort(media.Formats[0], out ushort port))
        {
            return true;                                                     // some other protocol over SCTP
        }

        if (attributes.SctpMap is null || IsDataChannelMap(attributes.SctpMap, media.Formats[0]))
        {
            sctp = new SctpDescription(port, maximum, attributes.MaximumRecordSize, IsOldSyntax: true);
        }

        return true;
    }

    private static bool IsDataChannelMap(string map, string port)
    {
        string[] fields = map.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 2 && fields[0] == port && fields[1] == "webrtc-datachannel";
    }
}
