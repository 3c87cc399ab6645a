using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What an AUTH chunk turned out to be.</summary>
internal enum AuthVerdict : byte
{
    /// <summary>The peer has sent what is behind it.</summary>
    Valid,

    /// <summary>Its algorithm is none of those that we have asked for (RFC 4895 §6.3).</summary>
    UnsupportedAlgorithm,

    /// <summary>There is no such key.</summary>
    UnknownKey,

    /// <summary>The code is not the one that the key makes.</summary>
    Wrong,
}

/// <summary>
/// Authentication of the chunks of one association (RFC 4895): what each side wants of the other, and the codes. Made only where it is
/// offered. Owns the keys, and what the handshake has agreed on.
/// </summary>
internal sealed class ChunkAuthentication(AuthenticationOptions options, AssociationContext? context)
{
    private ChunkTypeSet _required;

    public SharedKeys Keys { get; } = new(options, context);

    /// <summary>What the handshake has agreed on; null before it is done, and with a peer that does not know RFC 4895.</summary>
    public KeyVectors? Vectors { get; private set; }

    /// <summary>What we have to authenticate; null for nothing.</summary>
    public AuthenticationPlan? Plan { get; private set; }

    /// <inheritdoc cref="AssociationContext.AddressChanges"/>
    public AddressChanges? AddressChanges { get; set; }

    /// <summary>
    /// Whether what is read now may be somebody else's who must not end the association: only an authenticated ABORT does (§6.3).
    /// </summary>
    public bool IsDoubtful { get; set; }

    /// <summary>The handshake has agreed on this, maybe another one than before.</summary>
    /// <param name="vectors">What was said of authentication; null where it is not used.</param>
    /// <param name="changesAddresses">Whether ASCONF is used: authenticated, whatever the peer lists (RFC 5061 §4.1.1, §4.1.2).</param>
    public void Begin(KeyVectors? vectors, bool changesAddresses = false)
    {
        Vectors = vectors;
        Plan = vectors?.MakePlan(changesAddresses);
        _required = vectors is null ? default : KeyVectors.Required(vectors.Local);
    }

    /// <summary>Whether a chunk of the peer is taken only when it is authenticated.</summary>
    public bool Requires(ChunkType type) => _required.Contains(type);

    /// <summary>Checks an AUTH chunk (§6.3).</summary>
    /// <param name="auth">The chunk.</param>
    /// <param name="data">It and all that is behind it in its packet.</param>
    /// <param name="vectors">What the handshake has agreed on, or will have.</param>
    /// <param name="buffers">Where scratch memory comes from.</param>
    public AuthVerdict Check(in AuthChunk auth, ReadOnlySpan<byte> data, KeyVectors vectors, BufferPool buffers)
    {
        AuthVerdict verdict = AuthenticationCode.Inspect(auth, vectors);
        if (verdict != AuthVerdict.Valid)
        {
            return verdict;
        }

        if (Keys.Derive(auth.KeyId, vectors, auth.Algorithm) is not { } key)
        {
            return AuthVerdict.UnknownKey;
        }

        if (!AuthenticationCode.IsRight(auth, data, key, buffers))
        {
            return AuthVerdict.Wrong;
        }

        Keys.OnUsedByPeer(auth.KeyId);
        return AuthVerdict.Valid;
    }

    /// <summary>Puts the code into the AUTH chunk of a packet that is complete (§6.2).</summary>
    public void Sign(in PacketWriter packet)
    {
        if (packet.AuthenticatedFrom == 0)
        {
            return;
        }

        byte[]? key = Keys.Derive(packet.KeyId, Vectors!, Plan!.Algorithm);
        Invariant.Check(key is not null, "a packet was begun with a key that is not there");
        AuthenticationCode.Write(packet, Plan, key);
    }
}
