using System;
using System.Globalization;

namespace Braid.WebRtc.Sdp;

/// <summary>The grammar of the attributes' values.</summary>
internal static class AttributeValues
{
    /// <summary>ice-char of RFC 8839 §5.1, between two lengths.</summary>
    public static bool IsIceText(string value, int minimum, int maximum)
    {
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/'))
            {
                // §5.4 knows these alone; some write URL-safe Base64, or what else their generator has, and browsers take it.
                if (c is not ('-' or '_' or '=' or '#'))
                {
                    return false;
                }
            }
        }

        return value.Length >= minimum && value.Length <= maximum;
    }

    /// <summary>tls-id of RFC 8842 §5.3.</summary>
    public static bool IsTlsId(string value)
    {
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '-' or '_'))
            {
                return false;
            }
        }

        return value.Length is >= 20 and <= 255;
    }

    public static bool TryReadPort(ReadOnlySpan<char> value, out ushort port) =>
        ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port != 0;

    /// <summary>A number of any length; one that no <see cref="long"/> holds counts as the greatest.</summary>
    public static bool TryReadSize(ReadOnlySpan<char> value, out long size)
    {
        size = 0;
        if (value.IsEmpty || value.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out size))
        {
            size = long.MaxValue;
        }

        return true;
    }

    public static DtlsSetup ReadSetup(string value) => value switch
    {
        "actpass" => DtlsSetup.ActPass,
        "active" => DtlsSetup.Active,
        "passive" => DtlsSetup.Passive,
        "holdconn" => DtlsSetup.HoldConnection,
        _ => DtlsSetup.None,
    };

    public static string Write(DtlsSetup setup) => setup switch
    {
        DtlsSetup.Active => "active",
        DtlsSetup.Passive => "passive",
        DtlsSetup.HoldConnection => "holdconn",
        _ => "actpass",
    };

    /// <summary>RFC 8122 §5: hash function and fingerprint; the length of a hash that we know is checked.</summary>
    public static bool TryReadFingerprint(string value, out SdpFingerprint fingerprint)
    {
        fingerprint = default;
        int space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || !SdpReader.IsToken(value.AsSpan(0, space)))
        {
            return false;
        }

        ReadOnlySpan<char> hex = value.AsSpan(space + 1).Trim(' ');
        if (hex.Length is < 2 or > 3 * 128 || hex.Length % 3 != 2)
        {
            return false;
        }

        for (int i = 0; i < hex.Length; i++)
        {
            if (i % 3 == 2 ? hex[i] != ':' : !char.IsAsciiHexDigit(hex[i]))
            {
                return false;
            }
        }

        string algorithm = value[..space].ToLowerInvariant();
        int bytes = (hex.Length + 1) / 3;
        int expected = algorithm switch
        {
            "sha-1" => 20,
            "sha-224" => 28,
            "sha-256" => 32,
            "sha-384" => 48,
            "sha-512" => 64,
            "md5" or "md2" => 16,
            _ => bytes,
        };
        fingerprint = new SdpFingerprint(algorithm, hex.ToString().ToUpperInvariant());
        return bytes == expected;
    }

    /// <summary>
    /// Whether it has the shape of a candidate (RFC 8839 §5.1): foundation, component, transport, priority, address, port, "typ" and a
    /// type. What is in the fields is the ICE agent's to judge.
    /// </summary>
    /// <param name="candidate">As it stands behind <c>a=</c>.</param>
    /// <param name="ufrag">The username fragment that it belongs to (RFC 8840 §4.2.1); null where it does not say.</param>
    public static bool TryReadCandidate(string candidate, out string? ufrag)
    {
        ufrag = null;
        const string Prefix = "candidate:";
        if (!candidate.StartsWith(Prefix, StringComparison.Ordinal) || candidate.Length > 4096 || candidate.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            return false;
        }

        string[] fields = candidate[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 8 || fields[6] != "typ")
        {
            return false;
        }

        for (int i = 8; i + 1 < fields.Length; i += 2)
        {
            if (fields[i] == "ufrag")
            {
                ufrag = fields[i + 1];
                break;
            }
        }

        return true;
    }
}
