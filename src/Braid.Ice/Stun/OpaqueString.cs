using System;
using System.Globalization;
using System.Text;

namespace Braid.Ice.Stun;

/// <summary>User names, realms and passwords as they go into a hash (RFC 8265 §4.2).</summary>
internal static class OpaqueString
{
    /// <summary>Other spaces become the space of ASCII, then NFC. ASCII is left as it is.</summary>
    public static string Prepare(string value)
    {
        if (Ascii.IsValid(value))
        {
            return value;
        }

        string spaced = string.Create(value.Length, value, static (characters, source) =>
        {
            for (int index = 0; index < source.Length; index++)
            {
                char character = source[index];
                characters[index] = CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.SpaceSeparator ? ' ' : character;
            }
        });

        try
        {
            return spaced.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return spaced;                                   // Half a surrogate pair: no name that a server knows.
        }
    }
}
