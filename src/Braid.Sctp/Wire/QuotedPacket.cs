using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>
/// The beginning of a packet of ours, as an ICMP message quotes it (RFC 9260 §10): often no more than its first eight bytes.
/// </summary>
/// <param name="Ports">The ports as we see them.</param>
/// <param name="Tag">The verification tag.</param>
/// <param name="InitiateTag">What its INIT says, where it is an INIT and quoted that far.</param>
internal readonly record struct QuotedPacket(PortPair Ports, VerificationTag Tag, VerificationTag? InitiateTag)
{
    /// <summary>Bytes that say all there is to know.</summary>
    public const int Length = PacketHeader.Length + 8;

    /// <summary>Reads it; false when there is too little of it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out QuotedPacket packet)
    {
        var reader = new WireReader(bytes);
        bool isEnough = reader.TryReadUInt16(out ushort source) & reader.TryReadUInt16(out ushort destination) & reader.TryReadUInt32(out uint tag);
        bool isInit = reader.TryReadUInt32(out _) & reader.TryReadUInt32(out uint chunk) & reader.TryReadUInt32(out uint initiateTag)
            && chunk >> 24 == (uint)ChunkType.Init;
        packet = new QuotedPacket(new PortPair(source, destination), new VerificationTag(tag), isInit ? new VerificationTag(initiateTag) : null);
        return isEnough;
    }
}
