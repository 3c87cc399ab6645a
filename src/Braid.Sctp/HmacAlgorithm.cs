namespace Braid.Sctp;

/// <summary>What a message authentication code is computed with (RFC 4895 §3.3).</summary>
public enum HmacAlgorithm : ushort
{
    /// <summary>HMAC-SHA-1, 20 bytes: everybody who knows RFC 4895 has it.</summary>
    Sha1 = 1,

    /// <summary>HMAC-SHA-256, 32 bytes.</summary>
    Sha256 = 3,
}
