using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>AUTH chunk, viewed in place (RFC 4895 §5.1): a message authentication code of the chunks behind it.</summary>
public readonly ref struct AuthChunk : IChunk<AuthChunk>
{
    /// <summary>Bytes before the code, the chunk header included.</summary>
    internal const int HeaderLength = Tlv.HeaderLength + FieldsLength;

    private const int FieldsLength = 4;

    private AuthChunk(ushort keyId, HmacAlgorithm algorithm, ReadOnlySpan<byte> code)
    {
        KeyId = keyId;
        Algorithm = algorithm;
        Code = code;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Auth;

    /// <summary>Shared Key Identifier: which of the keys that both sides have.</summary>
    public ushort KeyId { get; }

    /// <summary>HMAC Identifier; any number.</summary>
    public HmacAlgorithm Algorithm { get; }

    /// <summary>The message authentication code, of any length.</summary>
    public ReadOnlySpan<byte> Code { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out AuthChunk value)
    {
        var reader = new WireReader(chunk.Value);
        bool isWhole = reader.TryReadUInt16(out ushort keyId) & reader.TryReadUInt16(out ushort algorithm);
        value = isWhole ? new AuthChunk(keyId, (HmacAlgorithm)algorithm, reader.Rest) : default;
        return isWhole;
    }

    /// <summary>Writes a chunk whose code is zero, as it is while the code is computed (§6.2); false when it does not fit.</summary>
    /// <param name="packet">The packet; no other one may be in it.</param>
    /// <param name="keyId">Which key.</param>
    /// <param name="algorithm">Which algorithm.</param>
    /// <param name="codeLength">Bytes of the code.</param>
    public static bool Write(ref PacketWriter packet, ushort keyId, HmacAlgorithm algorithm, int codeLength)
    {
        if (!packet.TryBeginChunk(Type, 0, FieldsLength + codeLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt16(keyId);
        writer.WriteUInt16((ushort)algorithm);
        value[FieldsLength..].Clear();
        return true;
    }

    /// <summary>Bytes of a chunk with its padding.</summary>
    /// <param name="codeLength">Bytes of the code.</param>
    internal static int LengthOnWire(int codeLength) => Tlv.Padded(HeaderLength + codeLength);
}
