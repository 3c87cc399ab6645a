using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>
/// Writes one packet into the caller's buffer: common header, chunks, and at last the checksum (RFC 9260 §3, §6.8). A chunk
/// that does not fit is refused, and that is how bundling comes to its end.
/// </summary>
public ref struct PacketWriter
{
    private readonly Span<byte> _destination;
    private readonly AuthenticationPlan? _plan;              // null where nothing is to be authenticated

    /// <param name="destination">At least 12 bytes; no longer than the packet may become.</param>
    /// <param name="sourcePort">Our SCTP port.</param>
    /// <param name="destinationPort">The peer's SCTP port.</param>
    /// <param name="tag">The peer's verification tag.</param>
    public PacketWriter(Span<byte> destination, ushort sourcePort, ushort destinationPort, VerificationTag tag)
    {
        _destination = destination;
        var writer = new WireWriter(destination);
        writer.WriteUInt16(sourcePort);
        writer.WriteUInt16(destinationPort);
        writer.WriteUInt32(tag.Value);
        writer.WriteUInt32(0);
        Length = writer.Written;
    }

    /// <param name="destination">As for the other.</param>
    /// <param name="ports">Ours, and the peer's.</param>
    /// <param name="tag">The peer's verification tag.</param>
    /// <param name="plan">What is to be authenticated; null for nothing.</param>
    /// <param name="keyId">With which key.</param>
    internal PacketWriter(Span<byte> destination, PortPair ports, VerificationTag tag, AuthenticationPlan? plan, ushort keyId)
        : this(destination, ports.Local, ports.Remote, tag)
    {
        _plan = plan;
        KeyId = keyId;
    }

    /// <summary>Bytes written, padding included.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes left for one more chunk, its header and padding included: a multiple of 4.</summary>
    public readonly int Available => Unused - (_plan is { ReservesRoom: true } && AuthenticatedFrom == 0 ? _plan.ChunkLength : 0);

    /// <summary>Whether there is no chunk yet.</summary>
    public readonly bool IsEmpty => Length == PacketHeader.Length;

    /// <summary>Where the AUTH chunk begins that the chunks behind it need; 0 for none.</summary>
    internal int AuthenticatedFrom { get; private set; }

    /// <summary>The key that this AUTH chunk names.</summary>
    internal ushort KeyId { get; }

    /// <summary>What that vouches for: itself and all that was written behind it.</summary>
    internal readonly Span<byte> Authenticated => _destination[AuthenticatedFrom..Length];

    private readonly int Unused => (_destination.Length - Length) & ~3;

    /// <summary>Whether user data that is sent with a key may be in the packet.</summary>
    internal readonly bool Admits(ushort? keyId) => keyId is null || _plan is not { CoversData: true } || keyId == KeyId;

    /// <summary>Authenticates all that follows, whether it has to be or not; false when there is no room for that.</summary>
    internal bool TryAuthenticate()
    {
        if (AuthenticatedFrom > 0 || _plan is null)
        {
            return true;
        }

        int start = Length;
        AuthenticatedFrom = start;                           // what was reserved is used now
        if (AuthChunk.Write(ref this, KeyId, _plan.Algorithm, _plan.CodeLength))
        {
            return true;
        }

        AuthenticatedFrom = 0;
        return false;
    }

    /// <summary>Writes a chunk header and the padding behind the value, and gives the room for the value.</summary>
    /// <param name="type">The type.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="valueLength">Bytes of value, from 0.</param>
    /// <param name="value">Where they go; the caller writes every one of them.</param>
    /// <returns>False when the chunk does not fit: the packet is as it was.</returns>
    public bool TryBeginChunk(ChunkType type, byte flags, int valueLength, out Span<byte> value)
    {
        int padded = Tlv.Padded(Tlv.HeaderLength + valueLength);
        if (_plan is not null && AuthenticatedFrom == 0 && _plan.Types.Contains(type)
            && (padded + _plan.ChunkLength > Unused || !TryAuthenticate()))
        {
            value = default;
            return false;
        }

        if (padded > Available || !Tlv.TryBegin(_destination[Length..], (ushort)(((int)type << 8) | flags), valueLength, out value))
        {
            value = default;
            return false;
        }

        // Buffers are used again: what an earlier packet left behind must not travel as padding.
        _destination[(Length + Tlv.HeaderLength + valueLength)..(Length + padded)].Clear();
        Length += padded;
        return true;
    }

    /// <summary>Writes the checksum.</summary>
    /// <param name="writeChecksum">False leaves the field zero, for a transport that makes it needless (RFC 9653).</param>
    /// <returns>The length of the packet.</returns>
    public readonly int Finish(bool writeChecksum = true)
    {
        if (writeChecksum)
        {
            uint checksum = Crc32c.Compute(_destination[..Length]);
            BinaryPrimitives.WriteUInt32BigEndian(_destination[PacketHeader.ChecksumOffset..], checksum);
        }

        return Length;
    }
}
