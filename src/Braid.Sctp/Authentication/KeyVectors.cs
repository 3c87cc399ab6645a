using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// What both sides have said of authentication in the handshake, as it goes into the association's keys (RFC 4895 §6.1): RANDOM, CHUNKS
/// and HMAC-ALGO of each, in that order and without padding. Immutable.
/// </summary>
/// <param name="local">Ours.</param>
/// <param name="peer">The peer's.</param>
internal sealed class KeyVectors(byte[] local, byte[] peer)
{
    private const int MostAlgorithms = 32;                   // far more than there are

    /// <summary>Bytes of one vector at most.</summary>
    public const int MaximumLength = RandomParameter.LengthOnWire + ChunkListParameter.LongestOnWire + LongestAlgorithms;

    /// <summary>Bytes that <see cref="Write"/> takes at most.</summary>
    public const int LongestOnWire = MaximumLength + 8;

    /// <summary>Bytes of HMAC-ALGO at most.</summary>
    public const int LongestAlgorithms = Tlv.HeaderLength + (2 * MostAlgorithms);

    public byte[] Local { get; } = local;

    public byte[] Peer { get; } = peer;

    /// <summary>Makes a vector of ours.</summary>
    /// <param name="options">What it says.</param>
    /// <param name="random">Where its number comes from.</param>
    /// <param name="changesAddresses">Whether ASCONF is offered, which must be authenticated (RFC 5061 §4.1.1, §4.1.2).</param>
    public static byte[] Make(AuthenticationOptions options, Core.IRandomSource random, bool changesAddresses = false)
    {
        Span<byte> room = new byte[LongestOnWire];
        Span<byte> number = stackalloc byte[RandomParameter.NumberLength];
        random.Fill(number);
        var writer = new ParameterWriter(room);
        RandomParameter.TryWrite(ref writer, number);
        List<ChunkType> required = [.. options.RequiredChunks];
        foreach (ChunkType type in changesAddresses ? (ReadOnlySpan<ChunkType>)[ChunkType.Asconf, ChunkType.AsconfAck] : [])
        {
            if (!required.Contains(type))
            {
                required.Add(type);
            }
        }

        if (required.Count > 0)                              // §6.1: may be left out when it is empty
        {
            ChunkListParameter.TryWrite(ref writer, [.. required]);
        }

        RequestedHmacAlgorithmsParameter.TryWrite(ref writer, [.. options.Algorithms]);
        var collected = new KeyVectorReader();
        var parameters = new ParameterReader(writer.Written);
        while (parameters.TryRead(out ParameterView parameter))
        {
            collected.Consider(parameter);
        }

        return collected.ToVector();
    }

    /// <summary>Writes the parameters of a vector.</summary>
    public static void Write(ref ParameterWriter writer, ReadOnlySpan<byte> vector)
    {
        while (TryTake(ref vector, out ParameterView parameter))
        {
            writer.TryWrite(parameter.Type, parameter.Value);
        }
    }

    /// <summary>The chunk types that a vector wants to be authenticated.</summary>
    public static ChunkTypeSet Required(ReadOnlySpan<byte> vector) =>
        TryFind(vector, ParameterType.ChunkList, out ParameterView parameter) ? ChunkListParameter.Read(parameter).ToSet() : default;

    /// <summary>Whether a vector asks for an algorithm.</summary>
    public static bool Requests(ReadOnlySpan<byte> vector, HmacAlgorithm algorithm) =>
        TryFind(vector, ParameterType.RequestedHmacAlgorithms, out ParameterView parameter)
        && RequestedHmacAlgorithmsParameter.TryRead(parameter, out RequestedHmacAlgorithmsParameter algorithms) && algorithms.Contains(algorithm);

    /// <summary>The first algorithm of a vector that we know (§6.1); null for none.</summary>
    public static HmacAlgorithm? Preferred(ReadOnlySpan<byte> vector)
    {
        if (!TryFind(vector, ParameterType.RequestedHmacAlgorithms, out ParameterView parameter)
            || !RequestedHmacAlgorithmsParameter.TryRead(parameter, out RequestedHmacAlgorithmsParameter algorithms))
        {
            return null;
        }

        for (int i = 0; i < algorithms.Count; i++)
        {
            if (Hmac.LengthOf(algorithms[i]) > 0)
            {
                return algorithms[i];
            }
        }

        return null;
    }

    /// <summary>What the peer wants to be authenticated (§6.2); null for nothing.</summary>
    /// <param name="changesAddresses">Whether ASCONF is used: authenticated, whatever the peer lists (RFC 5061 §4.1.1, §4.1.2).</param>
    public AuthenticationPlan? MakePlan(bool changesAddresses = false)
    {
        ChunkTypeSet types = Required(Peer);
        types = changesAddresses ? types.With(ChunkType.Asconf).With(ChunkType.AsconfAck) : types;
        return !types.IsEmpty && Preferred(Peer) is { } algorithm ? new AuthenticationPlan(types, algorithm, Hmac.LengthOf(algorithm)) : null;
    }

    /// <summary>Computes an association shared key (§6.1), as HMAC wants one that is longer than a block: hashed (RFC 2104 §2).</summary>
    /// <param name="secret">The endpoint pair shared key.</param>
    /// <param name="algorithm">What it is for.</param>
    public byte[] Derive(ReadOnlySpan<byte> secret, HmacAlgorithm algorithm)
    {
        (byte[] first, byte[] second) = Compare(Local, Peer) <= 0 ? (Local, Peer) : (Peer, Local);
        byte[] key = [.. secret, .. first, .. second];       // two random numbers alone are longer than a block of 64 bytes
        byte[] hashed = Hmac.Hash(algorithm, key);
        CryptographicOperations.ZeroMemory(key);
        return hashed;
    }

    /// <summary>Compares two vectors as numbers; of equal ones, the shorter comes first (§6.1).</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        ReadOnlySpan<byte> leftNumber = left.TrimStart((byte)0);
        ReadOnlySpan<byte> rightNumber = right.TrimStart((byte)0);
        int order = leftNumber.Length.CompareTo(rightNumber.Length);
        order = order != 0 ? order : leftNumber.SequenceCompareTo(rightNumber);
        return order != 0 ? order : left.Length.CompareTo(right.Length);
    }

    private static bool TryFind(ReadOnlySpan<byte> vector, ParameterType type, out ParameterView parameter)
    {
        while (TryTake(ref vector, out parameter))
        {
            if (parameter.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    // They stand one behind the other, unpadded: all but the last have a length that the next one's beginning follows at once.
    private static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out ParameterView parameter)
    {
        ReadOnlySpan<byte> next = rest;
        if (!Tlv.TryTake(ref next, out ReadOnlySpan<byte> element))
        {
            parameter = default;
            return false;
        }

        parameter = new ParameterView(element);
        rest = rest[element.Length..];
        return true;
    }
}

/// <summary>Collects what an INIT or INIT ACK says of authentication; of each parameter the first (RFC 4895 §3).</summary>
internal ref struct KeyVectorReader
{
    private ReadOnlySpan<byte> _random;
    private ReadOnlySpan<byte> _chunks;
    private ReadOnlySpan<byte> _algorithms;

    /// <summary>There is a random number, and it does not have 32 bytes: the association must be aborted (§6.1).</summary>
    public readonly bool IsWrong => !_random.IsEmpty && _random.Length != RandomParameter.LengthOnWire;

    /// <summary>Whether all is there that its sender must have said (§3.1, §3.3), and nothing is longer than it may be.</summary>
    public readonly bool IsComplete =>
        _random.Length == RandomParameter.LengthOnWire && _chunks.Length <= ChunkListParameter.LongestOnWire
        && _algorithms.Length is > Tlv.HeaderLength and <= KeyVectors.LongestAlgorithms && _algorithms.Length % 2 == 0
        && KeyVectors.Preferred(_algorithms) is not null;

    /// <summary>Looks at a parameter.</summary>
    public void Consider(scoped in ParameterView parameter)
    {
        switch (parameter.Type)
        {
            case ParameterType.Random when _random.IsEmpty:
                _random = parameter.Bytes;
                break;
            case ParameterType.ChunkList when _chunks.IsEmpty:
                _chunks = parameter.Bytes;
                break;
            case ParameterType.RequestedHmacAlgorithms when _algorithms.IsEmpty:
                _algorithms = parameter.Bytes;
                break;
        }
    }

    /// <summary>What was collected, one behind the other.</summary>
    public readonly byte[] ToVector() => [.. _random, .. _chunks, .. _algorithms];
}
