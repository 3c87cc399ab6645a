namespace Braid.Sctp.Wire;

/// <summary>What the peer wants to be authenticated, and by what (RFC 4895 §6.2). Immutable.</summary>
/// <param name="types">Chunk types that go behind an AUTH chunk.</param>
/// <param name="algorithm">What it is computed with.</param>
/// <param name="codeLength">Bytes of the code.</param>
internal sealed class AuthenticationPlan(ChunkTypeSet types, HmacAlgorithm algorithm, int codeLength)
{
    public ChunkTypeSet Types { get; } = types;

    public HmacAlgorithm Algorithm { get; } = algorithm;

    public int CodeLength { get; } = codeLength;

    /// <summary>Bytes of an AUTH chunk.</summary>
    public int ChunkLength { get; } = AuthChunk.LengthOnWire(codeLength);

    /// <summary>Whether user data is among them: then a packet holds messages of one key only (RFC 6458 §5.3.8).</summary>
    public bool CoversData { get; } = types.Contains(ChunkType.Data) || types.Contains(ChunkType.IData);

    /// <summary>
    /// Whether each packet keeps room for an AUTH chunk from its beginning. Else one of the others that are listed, which are short and
    /// rare, begins the next packet where both do not fit.
    /// </summary>
    public bool ReservesRoom { get; } = !types
        .Without(ChunkType.Abort).Without(ChunkType.Shutdown).Without(ChunkType.ShutdownAck).Without(ChunkType.CookieEcho).Without(ChunkType.CookieAck)
        .Without(ChunkType.Cwr).Without(ChunkType.Pad).Without(ChunkType.Asconf).Without(ChunkType.AsconfAck).IsEmpty;
}
