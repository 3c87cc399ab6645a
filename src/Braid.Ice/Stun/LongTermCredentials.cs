using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Braid.Ice.Stun;

/// <summary>How the key of long-term credentials is made (RFC 8489 §18.5).</summary>
public enum StunPasswordAlgorithm : ushort
{
    /// <summary>MD5, which every server knows.</summary>
    Md5 = 1,

    /// <summary>SHA-256.</summary>
    Sha256 = 2,
}

/// <summary>What a client does with an error response of the long-term mechanism (RFC 8489 §9.2.5).</summary>
public enum StunChallenge : byte
{
    /// <summary>Not one of 401 and 438, or nothing can be made of it.</summary>
    Refused,

    /// <summary>The request goes out again, with a new transaction.</summary>
    Retry,
}

/// <summary>
/// The client's half of the long-term credential mechanism (RFC 8489 §9.2): owns realm, nonce, algorithms and the key that
/// comes out of them. The first request is sent without any of them.
/// </summary>
public sealed class LongTermCredentials
{
    private const string NonceCookie = "obMatJos2";          // §9.2; behind it 24 bits of features in base64
    private const int MaximumTextLength = 763;

    private readonly string _username;
    private readonly string _password;
    private string _realm = "";
    private byte[] _nonce = [];
    private byte[] _algorithms = [];
    private byte[] _key = [];
    private byte[] _userHash = [];
    private bool _hasTriedRealm;

    /// <param name="username">As the server knows it.</param>
    /// <param name="password">As the server knows it.</param>
    public LongTermCredentials(string username, string password)
    {
        ArgumentNullException.ThrowIfNull(username);
        ArgumentNullException.ThrowIfNull(password);
        _username = OpaqueString.Prepare(username);
        _password = OpaqueString.Prepare(password);
    }

    /// <summary>Whether a challenge has come, so that requests carry credentials.</summary>
    public bool IsChallenged => _key.Length > 0;

    /// <summary>The realm of the last challenge.</summary>
    public string Realm => _realm;

    /// <summary>What the key is made with.</summary>
    public StunPasswordAlgorithm PasswordAlgorithm { get; private set; } = StunPasswordAlgorithm.Md5;

    /// <summary>What requests are protected with: SHA-256 from a server that lists algorithms (RFC 8489 §9.2.5).</summary>
    public StunIntegrityAlgorithm Integrity { get; private set; }

    /// <summary>The key of <see cref="Integrity"/>; empty before the first challenge.</summary>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>Whether the user is named by a hash.</summary>
    public bool UsesUserHash => _userHash.Length > 0;

    /// <summary>The key of a user (RFC 8489 §9.2.2, §18.5.1).</summary>
    public static byte[] DeriveKey(string username, string realm, string password, StunPasswordAlgorithm algorithm)
    {
        byte[] text = Encoding.UTF8.GetBytes($"{OpaqueString.Prepare(username)}:{OpaqueString.Prepare(realm)}:{OpaqueString.Prepare(password)}");
#pragma warning disable CA5351 // What the long-term mechanism is with servers that know no other (RFC 8489 §9.2.2).
        return algorithm == StunPasswordAlgorithm.Sha256 ? SHA256.HashData(text) : MD5.HashData(text);
#pragma warning restore CA5351
    }

    /// <summary>The name of a user where it is hidden (RFC 8489 §14.4).</summary>
    public static byte[] DeriveUserHash(string username, string realm) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{OpaqueString.Prepare(username)}:{OpaqueString.Prepare(realm)}"));

    /// <summary>Takes in a 401 or 438 and says whether the request is to be sent again.</summary>
    /// <param name="response">An error response to a request of this client.</param>
    public StunChallenge OnErrorResponse(in StunView response)
    {
        if (!response.TryReadError(out int code, out _) || code is not (StunError.Unauthenticated or StunError.StaleNonce)
            || !response.TryFind(StunAttributeType.Nonce, out ReadOnlySpan<byte> nonce) || nonce.Length > MaximumTextLength)
        {
            return StunChallenge.Refused;
        }

        // A 438 may leave the realm out: it is the one that we have.
        bool hasRealm = response.TryFind(StunAttributeType.Realm, out ReadOnlySpan<byte> realmBytes);
        if (realmBytes.Length > MaximumTextLength || (!hasRealm && !IsChallenged))
        {
            return StunChallenge.Refused;
        }

        string realm = hasRealm ? Encoding.UTF8.GetString(realmBytes) : _realm;
        response.TryFind(StunAttributeType.PasswordAlgorithms, out ReadOnlySpan<byte> algorithms);
        StunPasswordAlgorithm algorithm = StunPasswordAlgorithm.Md5;
        uint features = FeaturesOf(nonce);
        bool listsAlgorithms = (features & 1) != 0;
        if ((listsAlgorithms && algorithms.IsEmpty) || (!algorithms.IsEmpty && !TryChoose(algorithms, out algorithm)))
        {
            return StunChallenge.Refused;                    // §9.2.5: a bid-down attack, or nothing in common.
        }

        // Whoever is refused with the credentials that he has just used has the wrong ones.
        if (code == StunError.Unauthenticated && _hasTriedRealm && string.Equals(realm, _realm, StringComparison.Ordinal))
        {
            return StunChallenge.Refused;
        }

        _hasTriedRealm |= code == StunError.Unauthenticated;
        _realm = realm;
        _nonce = nonce.ToArray();
        _algorithms = algorithms.ToArray();
        PasswordAlgorithm = algorithm;
        Integrity = algorithms.IsEmpty ? StunIntegrityAlgorithm.Sha1 : StunIntegrityAlgorithm.Sha256;
        _key = DeriveKey(_username, realm, _password, algorithm);
        _userHash = (features & 2) != 0 ? DeriveUserHash(_username, realm) : [];
        return StunChallenge.Retry;
    }

    /// <summary>Adds what identifies the client, then the integrity; nothing before the first challenge (RFC 8489 §9.2.3).</summary>
    public void AddTo(ref StunWriter request)
    {
        if (!IsChallenged)
        {
            return;
        }

        if (UsesUserHash)
        {
            request.Add(StunAttributeType.UserHash, _userHash);
        }
        else
        {
            request.Add(StunAttributeType.Username, _username);
        }

        request.Add(StunAttributeType.Realm, _realm);
        request.Add(StunAttributeType.Nonce, _nonce);
        if (_algorithms.Length > 0)
        {
            Span<byte> chosen = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(chosen, (uint)PasswordAlgorithm << 16);
            request.Add(StunAttributeType.PasswordAlgorithms, _algorithms);
            request.Add(StunAttributeType.PasswordAlgorithm, chosen);
        }

        request.AddIntegrity(Integrity, _key);
    }

    /// <summary>Whether an answer to a request with credentials is authentic, and by the HMAC that was asked for.</summary>
    public bool TryAccept(in StunView response)
    {
        bool isAuthentic = response.Integrity == Integrity && response.VerifyIntegrity(_key) == StunIntegrity.Valid;
        _hasTriedRealm &= !isAuthentic;                      // a later 401 is a new question
        return isAuthentic;
    }

    // Bit 0 of 24, the leftmost, says that algorithms are listed, bit 1 that user names may be hidden (§18.1).
    private static uint FeaturesOf(ReadOnlySpan<byte> nonce)
    {
        Span<byte> features = stackalloc byte[3];
        if (nonce.Length < NonceCookie.Length + 4 || !Ascii.Equals(nonce[..NonceCookie.Length], NonceCookie)
            || System.Buffers.Text.Base64.DecodeFromUtf8(nonce.Slice(NonceCookie.Length, 4), features, out _, out int written)
                != System.Buffers.OperationStatus.Done
            || written != features.Length)
        {
            return 0;
        }

        return (uint)(((features[0] >> 7) & 1) | ((features[0] >> 5) & 2));
    }

    private static bool TryChoose(ReadOnlySpan<byte> algorithms, out StunPasswordAlgorithm chosen)
    {
        while (algorithms.Length >= 4)
        {
            chosen = (StunPasswordAlgorithm)BinaryPrimitives.ReadUInt16BigEndian(algorithms);
            int parameters = BinaryPrimitives.ReadUInt16BigEndian(algorithms[2..]);
            if (chosen is StunPasswordAlgorithm.Md5 or StunPasswordAlgorithm.Sha256 && parameters == 0)
            {
                return true;
            }

            int skip = 4 + StunView.Padded(parameters);
            algorithms = algorithms.Length > skip ? algorithms[skip..] : default;
        }

        chosen = StunPasswordAlgorithm.Md5;
        return false;
    }
}
