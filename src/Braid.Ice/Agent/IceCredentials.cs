using System;
using System.Buffers;
using System.Text;
using Braid.Core;

namespace Braid.Ice;

/// <summary>A user name fragment and a password: what an agent tells its peer so that checks are authentic (RFC 8445 §5.3).</summary>
/// <param name="UsernameFragment">4 to 256 ice-chars.</param>
/// <param name="Password">22 to 256 ice-chars.</param>
public sealed record IceCredentials(string UsernameFragment, string Password)
{
    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    // RFC 8839 §5.1 has none of these, older peers use them, and browsers take them.
    private const string OtherCharacters = "-_=#";
    private const int OwnFragmentLength = 8;                  // 48 random bits; §5.3 asks for 24
    private const int OwnPasswordLength = 24;                 // 144 random bits; §5.3 asks for 128

    private static readonly SearchValues<char> s_characters = SearchValues.Create(Characters + OtherCharacters);

    private byte[]? _key;

    // The key is of no account in a comparison, and a copy with another password has another one.
    private IceCredentials(IceCredentials other)
    {
        UsernameFragment = other.UsernameFragment;
        Password = other.Password;
    }

    /// <summary>Whether both are as long as RFC 8839 §5.4 asks, and made of ice-chars or what browsers take for such: "-", "_", "=" and "#".</summary>
    public bool IsValid =>
        UsernameFragment.Length is >= 4 and <= 256 && Password.Length is >= 22 and <= 256
        && AreIceChars(UsernameFragment) && AreIceChars(Password);

    /// <summary>What messages are signed with: the password's bytes (RFC 8489 §9.1.1).</summary>
    internal ReadOnlySpan<byte> Key => _key ??= Encoding.UTF8.GetBytes(Password);

    /// <summary>New ones.</summary>
    public static IceCredentials Draw(IRandomSource random) => new(Text(random, OwnFragmentLength), Text(random, OwnPasswordLength));

    /// <summary>Whether both texts are the same.</summary>
    public bool Equals(IceCredentials? other) =>
        other is not null && string.Equals(UsernameFragment, other.UsernameFragment, StringComparison.Ordinal)
        && string.Equals(Password, other.Password, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => UsernameFragment.GetHashCode(StringComparison.Ordinal);

    /// <summary>The password is a secret and stays out of logs.</summary>
    public override string ToString() => $"ufrag {UsernameFragment}";

    internal static bool AreIceChars(string text) => !text.AsSpan().ContainsAnyExcept(s_characters);

    private static string Text(IRandomSource random, int length)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[OwnPasswordLength];
        Span<char> text = stackalloc char[OwnPasswordLength];
        random.Fill(bytes[..length]);
        for (int index = 0; index < length; index++)
        {
            text[index] = Characters[bytes[index] & 63];
        }

        return text[..length].ToString();
    }
}
