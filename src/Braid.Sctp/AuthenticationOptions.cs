using System;
using System.Collections.Generic;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A key that two endpoints share (endpoint pair shared key, RFC 4895 §6.1). How they came to it is not SCTP's business.</summary>
/// <param name="Id">Shared Key Identifier, by which AUTH chunks name it; any number.</param>
/// <param name="Secret">The key, of any length; empty for the null key, which anybody knows who has seen the handshake (§9).</param>
public readonly record struct SharedKey(ushort Id, ReadOnlyMemory<byte> Secret)
{
    /// <summary>What a log may show of it: the number.</summary>
    public override string ToString() => $"shared key {Id}";
}

/// <summary>Which chunks are authenticated, and how (RFC 4895). Immutable.</summary>
public sealed record AuthenticationOptions
{
    private const int MostKeys = 64;

    /// <summary>Nothing has to be authenticated by the peer; what it wants so is.</summary>
    public static AuthenticationOptions Default { get; } = new();

    /// <summary>
    /// Chunk types that are taken only when they are authenticated, and discarded otherwise (§3.2, §6.3): any but INIT, INIT ACK,
    /// SHUTDOWN COMPLETE and AUTH. Who lists COOKIE ECHO lets nobody in without a key, but then a peer that has lost its state cannot
    /// restart the association either; who lists ABORT may take longer to learn that a peer is gone. Default none.
    /// </summary>
    public IReadOnlyList<ChunkType> RequiredChunks { get; init; } = [];

    /// <summary>
    /// What the peer may use, the best first (§3.3); <see cref="HmacAlgorithm.Sha1"/> has to be among them. Default SHA-256, then SHA-1.
    /// </summary>
    public IReadOnlyList<HmacAlgorithm> Algorithms { get; init; } = [HmacAlgorithm.Sha256, HmacAlgorithm.Sha1];

    /// <summary>
    /// The keys at the beginning, up to 64, each with a number of its own. Default none, which stands for the null key with the number 0;
    /// where there are others the null key is good for nothing.
    /// </summary>
    public IReadOnlyList<SharedKey> Keys { get; init; } = [];

    /// <summary>The one of them that we authenticate with at first. Null, the default, for the first.</summary>
    public ushort? ActiveKey { get; init; }

    /// <summary>
    /// Whether a peer that does not know RFC 4895 may set up an association, though there are <see cref="RequiredChunks"/>: then nothing of
    /// it is authenticated, and <see cref="AuthenticationIndication.NotSupported"/> tells so. Default false: it is refused.
    /// </summary>
    public bool AcceptsOtherPeers { get; init; }

    /// <summary>Whether every value is in its range.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void Validate()
    {
        AssociationOptions.InRange(RequiredChunks.Count, 0, ChunkListParameter.LongestOnWire - Tlv.HeaderLength, nameof(RequiredChunks));
        foreach (ChunkType type in RequiredChunks)
        {
            Check(ChunkListParameter.MayList(type), $"{type} cannot be authenticated.", nameof(RequiredChunks));
        }

        Check(Has(HmacAlgorithm.Sha1), "SHA-1 must be among them (RFC 4895 §6.1).", nameof(Algorithms));
        for (int i = 0; i < Algorithms.Count; i++)
        {
            Check(Algorithms[i] is HmacAlgorithm.Sha1 or HmacAlgorithm.Sha256 && IndexOf(Algorithms[i]) == i, $"{Algorithms[i]} is not known, or listed twice.", nameof(Algorithms));
        }

        AssociationOptions.InRange(Keys.Count, 0, MostKeys, nameof(Keys));
        for (int i = 0; i < Keys.Count; i++)
        {
            Check(IndexOf(Keys[i].Id) == i, $"There are two keys with the number {Keys[i].Id}.", nameof(Keys));
        }

        Check(ActiveKey is not { } active || IndexOf(active) >= 0 || (Keys.Count == 0 && active == 0), "It is not one of the keys.", nameof(ActiveKey));
    }

    private bool Has(HmacAlgorithm algorithm) => IndexOf(algorithm) >= 0;

    private int IndexOf(HmacAlgorithm algorithm)
    {
        for (int i = 0; i < Algorithms.Count; i++)
        {
            if (Algorithms[i] == algorithm)
            {
                return i;
            }
        }

        return -1;
    }

    private int IndexOf(ushort id)
    {
        for (int i = 0; i < Keys.Count; i++)
        {
            if (Keys[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private static void Check(bool isRight, string message, string name)
    {
        if (!isRight)
        {
            throw new ArgumentException(message, name);
        }
    }
}
