using System;

namespace Braid.Sctp.Wire;

/// <summary>One chunk of a packet, viewed in place (RFC 9260 §3.2). Its length was checked; its content was not.</summary>
public readonly ref struct ChunkView
{
    internal ChunkView(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>Chunk header and value, without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The type.</summary>
    public ChunkType Type => (ChunkType)Bytes[0];

    /// <summary>The flags; what they mean depends on the type.</summary>
    public byte Flags => Bytes[1];

    /// <summary>What follows the 4 bytes of header.</summary>
    public ReadOnlySpan<byte> Value => Bytes[Tlv.HeaderLength..];

    /// <summary>What to do when the type is not known.</summary>
    public UnrecognizedAction WhenUnrecognized => (UnrecognizedAction)(Bytes[0] >> 6);
}
