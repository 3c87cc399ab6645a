using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <content>The keys that authenticate chunks (RFC 4895), while the association lives.</content>
public sealed partial class Association
{
    /// <summary>Chunk types that the peer wants to be authenticated (RFC 6458 §8.2.3); none until the handshake is done.</summary>
    public IReadOnlyList<ChunkType> PeerAuthenticatedChunks => ListChunks(_tcb.Authentication?.Vectors?.Peer);

    /// <summary>Chunk types that we take only when they are authenticated (RFC 6458 §8.2.4); none until the handshake is done.</summary>
    public IReadOnlyList<ChunkType> LocalAuthenticatedChunks => ListChunks(_tcb.Authentication?.Vectors?.Local);

    /// <summary>The key that messages are sent with which name no other (RFC 6458 §8.1.18); null where no authentication is offered.</summary>
    public ushort? ActiveAuthenticationKey => _tcb.Authentication?.Keys.Active;

    /// <summary>What our own INIT said of authentication; null for nothing, and once the association is up.</summary>
    internal byte[]? OpeningVector => _tcb.Handshake?.Vector;

    internal ChunkAuthentication? Authentication => _tcb.Authentication;

    /// <summary>Adds a key, or puts it in the place of the one with its number (RFC 6458 §8.3.3). It is not active by that.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="id">Its number.</param>
    /// <param name="secret">The key; empty for the null key.</param>
    /// <returns><see cref="AuthenticationKeyStatus.TooManyKeys"/> when there are 256 already.</returns>
    public AuthenticationKeyStatus SetAuthenticationKey(Instant now, ushort id, ReadOnlySpan<byte> secret)
    {
        _tcb.Begin(now);
        return UsableKeys?.Set(id, secret) ?? AuthenticationKeyStatus.NotOffered;
    }

    /// <summary>Authenticates with a key from now on (RFC 6458 §8.1.18): control chunks, and messages that are accepted and name no other.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="id">Its number.</param>
    public AuthenticationKeyStatus ActivateAuthenticationKey(Instant now, ushort id)
    {
        _tcb.Begin(now);
        return UsableKeys?.Activate(id) ?? AuthenticationKeyStatus.NotOffered;
    }

    /// <summary>
    /// Accepts no message with a key any more (RFC 6458 §8.3.4); what the peer sends with it stays good. When all that was accepted with it is
    /// acknowledged, <see cref="AuthenticationIndication.KeyFreed"/> tells so.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="id">Its number; not that of the active one.</param>
    public AuthenticationKeyStatus DeactivateAuthenticationKey(Instant now, ushort id)
    {
        _tcb.Begin(now);
        return UsableKeys?.Deactivate(id) ?? AuthenticationKeyStatus.NotOffered;
    }

    /// <summary>Forgets a key that was deactivated and that no message needs (RFC 6458 §8.3.5): what comes with it is discarded.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="id">Its number.</param>
    public AuthenticationKeyStatus DeleteAuthenticationKey(Instant now, ushort id)
    {
        _tcb.Begin(now);
        return UsableKeys?.Delete(id) ?? AuthenticationKeyStatus.NotOffered;
    }

    /// <summary>The association has ended, and its last packet has left.</summary>
    internal void WipeKeys() => _tcb.Authentication?.Keys.Wipe();

    private SharedKeys? UsableKeys => State == AssociationState.Closed ? null : _tcb.Authentication?.Keys;

    private static ChunkType[] ListChunks(byte[]? vector)
    {
        var list = new List<ChunkType>();
        ChunkTypeSet types = vector is null ? default : KeyVectors.Required(vector);
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            if (types.Contains((ChunkType)type))
            {
                list.Add((ChunkType)type);
            }
        }

        return [.. list];
    }
}
