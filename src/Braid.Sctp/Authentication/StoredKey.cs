using System.Security.Cryptography;

namespace Braid.Sctp;

/// <summary>One endpoint pair shared key of an association, with what follows from it (RFC 4895 §6.1). Owns the bytes of both.</summary>
/// <param name="id">Its number.</param>
/// <param name="secret">The key; nobody else's from now on.</param>
internal sealed class StoredKey(ushort id, byte[] secret)
{
    private KeyVectors? _vectors;
    private byte[]? _forSha1;
    private byte[]? _forSha256;

    public ushort Id { get; } = id;

    /// <summary>Messages that were accepted with it and are not acknowledged.</summary>
    public int Messages { get; set; }

    public bool IsDeactivated { get; set; }

    public bool WasUsedByPeer { get; set; }

    /// <summary>The association's key that follows from it; good until the next call with other vectors.</summary>
    public byte[] Derive(KeyVectors vectors, HmacAlgorithm algorithm)
    {
        if (!ReferenceEquals(_vectors, vectors))
        {
            WipeDerived();
            _vectors = vectors;
        }

        ref byte[]? key = ref algorithm == HmacAlgorithm.Sha256 ? ref _forSha256 : ref _forSha1;
        return key ??= vectors.Derive(secret, algorithm);
    }

    /// <summary>Overwrites it, and all that follows from it. It is good for nothing then.</summary>
    public void Wipe()
    {
        CryptographicOperations.ZeroMemory(secret);
        WipeDerived();
    }

    private void WipeDerived()
    {
        CryptographicOperations.ZeroMemory(_forSha1);
        CryptographicOperations.ZeroMemory(_forSha256);
        (_vectors, _forSha1, _forSha256) = (null, null, null);
    }
}
