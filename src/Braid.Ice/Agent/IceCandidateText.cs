using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Reads candidates (RFC 8839 §5.1). Bounded: a line is read once from left to right.</summary>
internal static class IceCandidateText
{
    private const int LongestLine = 1024;
    private const int LongestName = 253;
    private const int MostExtensions = 32;
    private const string AttributePrefix = "a=";
    private const string Prefix = "candidate:";

    public static bool TryParse(string? text, [NotNullWhen(true)] out IceCandidate? candidate)
    {
        candidate = null;
        if (text is null || text.Length > LongestLine || text.AsSpan().Trim().ContainsAnyInRange('\0', '\x1F'))
        {
            return false;
        }

        ReadOnlySpan<char> line = text.AsSpan().Trim();
        line = line.StartsWith(AttributePrefix, StringComparison.Ordinal) ? line[AttributePrefix.Length..] : line;
        line = line.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? line[Prefix.Length..] : line;
        string[] words = line.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 8
            || !IsFoundation(words[0])
            || !TryNumber(words[1], 256, out uint component) || component == 0
            || !TryTransport(words[2], out IceTransport transport)
            || !TryNumber(words[3], int.MaxValue, out uint priority)
            || !TryNumber(words[5], ushort.MaxValue, out uint port)
            || !words[6].Equals("typ", StringComparison.OrdinalIgnoreCase)
            || !TryType(words[7], out IceCandidateType type))
        {
            return false;
        }

        bool isAddress = TryHost(words[4], (ushort)port, out NetworkAddress address);
        if ((!isAddress && !IsName(words[4])) || (words.Length % 2) != 0)
        {
            return false;
        }

        IceCandidate read = new()
        {
            Foundation = words[0],
            Component = (int)component,
            Transport = transport,
            Priority = priority,
            Address = address,
            HostName = isAddress ? null : words[4],
            Port = (ushort)port,
            Type = type,
        };
        return TryExtensions(words.AsSpan(8), ref read) && TryAccept(read, out candidate);
    }

    private static bool TryAccept(IceCandidate read, out IceCandidate? candidate)
    {
        bool needsTcpType = read.Transport == IceTransport.Tcp;
        candidate = needsTcpType == (read.TcpType != IceTcpType.None) ? read : null;
        return candidate is not null;
    }

    private static bool TryExtensions(ReadOnlySpan<string> words, ref IceCandidate candidate)
    {
        string? relatedHost = null;
        uint relatedPort = 0;
        var extensions = new List<IceCandidateExtension>();
        for (int index = 0; index + 1 < words.Length; index += 2)
        {
            string value = words[index + 1];
            switch (words[index])
            {
                case "raddr":
                    relatedHost = value;
                    break;
                case "rport":
                    if (!TryNumber(value, ushort.MaxValue, out relatedPort))
                    {
                        return false;
                    }

                    break;
                case "tcptype":
                    if (!TryTcpType(value, out IceTcpType tcpType))
                    {
                        return false;
                    }

                    candidate = candidate with { TcpType = tcpType };
                    break;
                default:
                    if (extensions.Count == MostExtensions)
                    {
                        return false;
                    }

                    extensions.Add(new IceCandidateExtension(words[index], value));
                    break;
            }
        }

        // Only for people: one that cannot be read, or a name, does not make the candidate worse.
        if (relatedHost is not null && TryHost(relatedHost, (ushort)relatedPort, out NetworkAddress related))
        {
            candidate = candidate with { RelatedAddress = related };
        }

        candidate = candidate with { Extensions = extensions };
        return true;
    }

    private static bool TryHost(string text, ushort port, out NetworkAddress address)
    {
        address = default;
        bool isIPv6 = text.Contains(':', StringComparison.Ordinal);
        if ((!isIPv6 && !IsDottedQuad(text)) || text.AsSpan().IndexOfAny('%', '[', '/') >= 0 || !IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out int length);
        address = length == 4 ? NetworkAddress.FromIPv4(bytes, port) : NetworkAddress.FromIPv6(bytes, port);
        return true;
    }

    // The class library also reads "1", "0x7f.1" and octal numbers.
    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            parts++;
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') || part.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }
        }

        return parts == 4;
    }

    private static bool IsName(string text)
    {
        foreach (char character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        // A last label that begins with a digit would be an address that is none.
        return text.Length <= LongestName && char.IsAsciiLetter(text[(text.LastIndexOf('.') + 1)..].AsSpan() is [char first, ..] ? first : '0');
    }

    private static bool IsFoundation(string text) => text.Length is >= 1 and <= 32 && IceCredentials.AreIceChars(text);

    private static bool TryNumber(string text, uint maximum, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= maximum;

    private static bool TryTransport(string text, out IceTransport transport)
    {
        transport = text.Equals("tcp", StringComparison.OrdinalIgnoreCase) ? IceTransport.Tcp : IceTransport.Udp;
        return transport == IceTransport.Tcp || text.Equals("udp", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryType(string text, out IceCandidateType type)
    {
        (type, bool isKnown) = text switch
        {
            "host" => (IceCandidateType.Host, true),
            "srflx" => (IceCandidateType.ServerReflexive, true),
            "prflx" => (IceCandidateType.PeerReflexive, true),
            "relay" => (IceCandidateType.Relayed, true),
            _ => (default, false),
        };
        return isKnown;
    }

    private static bool TryTcpType(string text, out IceTcpType type)
    {
        type = text switch { "active" => IceTcpType.Active, "passive" => IceTcpType.Passive, "so" => IceTcpType.SimultaneousOpen, _ => IceTcpType.None };
        return type != IceTcpType.None;
    }
}
