using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;

namespace Braid.WebRtc.Sdp;

/// <summary>
/// Reads descriptions line by line (RFC 8866 §5, §9), each character a bounded number of times. As browsers do, it takes lines that end with
/// LF alone, a last line without an end, blank lines, and the lines of a section in any order; what it takes it writes in the order of
/// the RFC. A type letter that nobody knows makes the whole description unreadable (§5).
/// </summary>
internal sealed class SdpReader
{
    // RFC 8866 §9: token-char.
    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly string _text;
    private readonly List<SdpLine> _lines = [];
    private readonly List<SdpAttribute> _attributes = [];
    private readonly List<MediaSection> _media = [];
    private MediaSection? _section;
    private bool _hasVersion;
    private SdpOrigin? _origin;
    private string? _name;
    private IReadOnlyList<SdpLine> _sessionLines = [];
    private IReadOnlyList<SdpAttribute> _sessionAttributes = [];
    private int _line;

    private SdpReader(string text) => _text = text;

    /// <summary>Reads a description.</summary>
    /// <param name="text">All of it; anything.</param>
    /// <param name="session">What stands in it.</param>
    /// <param name="error">Where and why it cannot be read.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out SdpSession? session, out SdpError error)
    {
        var reader = new SdpReader(text);
        string? reason = reader.Read();
        error = reason is null ? default : new SdpError(reader._line, reason);
        session = reason is null ? reader.Finish() : null;
        return session is not null;
    }

    /// <summary>Whether it is a token of RFC 8866 §9, short enough to be copied into an answer.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= SdpLimits.TokenLength && !text.ContainsAnyExcept(s_tokenCharacters);

    private string? Read()
    {
        if (_text.Length > SdpLimits.Length)
        {
            return "The description is too long.";
        }

        for (int at = 0; at < _text.Length;)
        {
            int end = _text.IndexOf('\n', at);
            int next = end < 0 ? _text.Length : end + 1;
            ReadOnlySpan<char> line = _text.AsSpan(at, (end < 0 ? _text.Length : end) - at);
            at = next;
            _line++;
            if (line.EndsWith('\r'))
            {
                line = line[..^1];
            }

            if (line.IsEmpty)
            {
                continue;
            }

            if (_line > SdpLimits.Lines)
            {
                return "The description has too many lines.";
            }

            if (line.Length < 2 || line[1] != '=')
            {
                return "A line is a letter, an equals sign and a value.";
            }

            if (line.ContainsAny('\0', '\r'))
            {
                return "There is a NUL or a CR in the line.";
            }

            if (ReadLine(line[0], line[2..]) is { } reason)
            {
                return reason;
            }
        }

        CloseSection();
        return _name is null ? "The description ends before its v=, o= and s= lines." : null;
    }

    private SdpSession Finish() => new()
    {
        Origin = _origin!,
        Name = _name!,
        Lines = _sessionLines,
        Attributes = _sessionAttributes,
        Media = _media,
    };

    private string? ReadLine(char type, ReadOnlySpan<char> value)
    {
        // §5: these three begin every description, in this order.
        if (_name is null)
        {
            return ReadBeginning(type, value);
        }

        switch (type)
        {
            case 'a':
                return ReadAttribute(value);
            case 'm':
                CloseSection();
                return ReadMedia(value);
            case 'c' or 'i' or 'b' or 'k':
            case 'u' or 'e' or 'p' or 't' or 'r' or 'z' when _section is null:
                _lines.Add(new SdpLine(type, value.ToString()));
                return null;
            default:
                return $"A line of type '{type}' does not belong here.";
        }
    }

    private string? ReadBeginning(char type, ReadOnlySpan<char> value)
    {
        switch (type)
        {
            case 'v' when !_hasVersion:
                _hasVersion = true;
                return value.Trim(' ').SequenceEqual("0") ? null : "The version of a description is 0.";
            case 'o' when _hasVersion && _origin is null:
                return ReadOrigin(value);
            case 's' when _origin is not null:
                _name = value.IsEmpty ? "-" : value.ToString();              // §5.3: there must be one, some write none
                return null;
            default:
                return "A description begins with its v=, o= and s= lines.";
        }
    }

    private string? ReadOrigin(ReadOnlySpan<char> value)
    {
        Span<Range> fields = stackalloc Range[7];
        if (value.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) != 6)
        {
            return "An origin has six fields.";
        }

        if (!TryReadNumber(value[fields[1]], out ulong id) || !TryReadNumber(value[fields[2]], out ulong version))
        {
            return "The session's id and version are numbers.";
        }

        string host = $"{value[fields[3]]} {value[fields[4]]} {value[fields[5]]}";
        _origin = new SdpOrigin(value[fields[0]].ToString(), id, version, host);
        return null;
    }

    private string? ReadMedia(ReadOnlySpan<char> value)
    {
        if (_media.Count == SdpLimits.Sections)
        {
            return "There are too many media sections.";
        }

        Span<Range> fields = stackalloc Range[4];
        int count = value.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries);
        if (count < 4)
        {
            return "A media section has a type, a port, a protocol and formats.";
        }

        ReadOnlySpan<char> kind = value[fields[0]];
        ReadOnlySpan<char> port = value[fields[1]];
        ReadOnlySpan<char> protocol = value[fields[2]];
        if (!IsToken(kind) || !IsProtocol(protocol))
        {
            return "The media type or the protocol is not a token.";
        }

        int slash = port.IndexOf('/');
        int ports = 1;
        if (!ushort.TryParse(slash < 0 ? port : port[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
            || (slash >= 0 && (!int.TryParse(port[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ports) || ports == 0)))
        {
            return "The port is not a number from 0 to 65535.";
        }

        string[] formats = value[fields[3].Start..].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (formats.Any(format => format.Length > SdpLimits.TokenLength))
        {
            return "A media format is too long.";
        }

        _section = new MediaSection
        {
            Kind = kind.ToString(),
            Port = first,
            PortCount = ports,
            Protocol = protocol.ToString(),
            Formats = formats,
            Line = _line,
        };
        return null;
    }

    private string? ReadAttribute(ReadOnlySpan<char> value)
    {
        int colon = value.IndexOf(':');
        ReadOnlySpan<char> name = colon < 0 ? value.TrimEnd(' ') : value[..colon];
        if (!IsToken(name))
        {
            return "The name of an attribute is a token.";
        }

        _attributes.Add(new SdpAttribute(name.ToString(), colon < 0 ? null : value[(colon + 1)..].ToString(), _line));
        return null;
    }

    private void CloseSection()
    {
        if (_section is null)
        {
            _sessionLines = [.. _lines];
            _sessionAttributes = [.. _attributes];
        }
        else
        {
            _media.Add(_section with { Lines = [.. _lines], Attributes = [.. _attributes] });
        }

        _section = null;
        _lines.Clear();
        _attributes.Clear();
    }

    private static bool IsProtocol(ReadOnlySpan<char> text)
    {
        foreach (Range part in text.Split('/'))
        {
            if (!IsToken(text[part]))
            {
                return false;
            }
        }

        return text.Length <= SdpLimits.TokenLength;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
