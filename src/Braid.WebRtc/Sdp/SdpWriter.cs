using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Braid.WebRtc.Sdp;

/// <summary>Writes descriptions in the order of RFC 8866 §5, with CRLF.</summary>
internal static class SdpWriter
{
    public static string Write(SdpSession session)
    {
        var text = new StringBuilder(1024);
        SdpOrigin origin = session.Origin;
        text.Append("v=0\r\n");
        text.Append(CultureInfo.InvariantCulture, $"o={origin.Username} {origin.SessionId} {origin.SessionVersion} {origin.Host}\r\n");
        text.Append("s=").Append(session.Name).Append("\r\n");
        Write(text, session.Lines, session.Attributes);
        foreach (MediaSection media in session.Media)
        {
            text.Append(CultureInfo.InvariantCulture, $"m={media.Kind} {media.Port}");
            if (media.PortCount != 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"/{media.PortCount}");
            }

            text.Append(' ').Append(media.Protocol);
            foreach (string format in media.Formats)
            {
                text.Append(' ').Append(format);
            }

            text.Append("\r\n");
            Write(text, media.Lines, media.Attributes);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, IReadOnlyList<SdpLine> lines, IReadOnlyList<SdpAttribute> attributes)
    {
        foreach (SdpLine line in lines)
        {
            text.Append(line.Type).Append('=').Append(line.Value).Append("\r\n");
        }

        foreach (SdpAttribute attribute in attributes)
        {
            text.Append("a=").Append(attribute.Name);
            if (attribute.Value is not null)
            {
                text.Append(':').Append(attribute.Value);
            }

            text.Append("\r\n");
        }
    }
}
