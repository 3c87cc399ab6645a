using System;
using System.Text;

namespace Braid.WebRtc.Network;

/// <summary>Names as DNS messages carry them (RFC 1035 §3.1, §4.1.4).</summary>
internal static class DnsName
{
    private const int LongestLabel = 63;
    private const int LongestName = 255;
    private const int MostPointers = 16;

    /// <summary>
    /// Whether a name is one that multicast DNS resolves for candidates: a single label in .local
    /// (draft-ietf-mmusic-mdns-ice-candidates §3.2.1), not longer than DNS allows.
    /// </summary>
    public static bool IsLocal(string name) =>
        name.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
        && name.IndexOf('.', StringComparison.Ordinal) is >= 1 and <= LongestLabel and var dot && dot == name.Length - ".local".Length
        && Ascii.IsValid(name);

    /// <summary>Writes a name that <see cref="IsLocal"/>.</summary>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public static int Write(Span<byte> destination, string name)
    {
        int used = 0;
        foreach (Range label in name.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> text = name.AsSpan(label);
            if (used + text.Length + 2 > destination.Length)
            {
                return 0;
            }

            destination[used++] = (byte)text.Length;
            used += Encoding.ASCII.GetBytes(text, destination[used..]);
        }

        destination[used++] = 0;
        return used;
    }

    /// <summary>Reads a name, lower case, with the pointers in it.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="offset">Where the name begins; then, where what follows it does.</param>
    /// <param name="name">The name, without a dot at its end.</param>
    /// <returns>False when it is malformed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, out string name)
    {
        name = "";
        Span<char> text = stackalloc char[LongestName + 1];
        int length = 0;
        int at = offset;
        int pointers = 0;
        bool hasJumped = false;
        while (at < message.Length)
        {
            int label = message[at];
            if (label == 0)
            {
                offset = hasJumped ? offset : at + 1;
                name = text[..Math.Max(length - 1, 0)].ToString();
                return true;
            }

            if (label >> 6 == 3)
            {
                // A name points backwards (§4.1.4); a loop would not end otherwise.
                int target = at + 1 < message.Length ? ((label & 0x3F) << 8) | message[at + 1] : at;
                if (target >= at || ++pointers > MostPointers)
                {
                    return false;
                }

                offset = hasJumped ? offset : at + 2;
                hasJumped = true;
                at = target;
                continue;
            }

            if (label > LongestLabel || at + 1 + label > message.Length || length + label + 1 > LongestName)
            {
                return false;
            }

            foreach (byte character in message.Slice(at + 1, label))
            {
                text[length++] = char.ToLowerInvariant((char)character);
            }

            text[length++] = '.';
            at += 1 + label;
        }

        return false;
    }
}
