using System;
using System.Buffers.Binary;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Packets made by hand.</summary>
internal static class Packets
{
    public delegate void Fill(ref PacketWriter packet);

    /// <summary>A packet from A to Z.</summary>
    public static byte[] ToZ(VerificationTag tag, Fill fill) => Make(Pair.PortA, Pair.PortZ, tag, fill);

    /// <summary>A packet from Z to A.</summary>
    public static byte[] ToA(VerificationTag tag, Fill fill) => Make(Pair.PortZ, Pair.PortA, tag, fill);

    /// <summary>An INIT from A to Z.</summary>
    public static byte[] Init(
        uint tag, ushort outgoing = 10, ushort incoming = 10, uint window = 100_000, params NetworkAddress[] addresses) =>
        WithAddresses(
            ToZ(
                VerificationTag.None,
                (ref PacketWriter packet) => InitChunk.Write(
                    ref packet, ChunkType.Init, new InitFields(new VerificationTag(tag), window, outgoing, incoming, new Tsn(1)), default)),
            addresses);

    /// <summary>The same packet, an INIT or INIT ACK, with addresses added.</summary>
    public static byte[] WithAddresses(byte[] packet, params NetworkAddress[] addresses)
    {
        var room = new byte[1000];
        var parameters = new ParameterWriter(room);
        foreach (NetworkAddress address in addresses)
        {
            AddressParameter.TryWrite(ref parameters, address);
        }

        return WithParameters(packet, parameters.Written);
    }

    /// <summary>The same packet, whose only chunk ends with these parameters.</summary>
    public static byte[] WithParameters(byte[] packet, ReadOnlySpan<byte> parameters)
    {
        byte[] longer = [.. packet, .. parameters, .. new byte[(4 - (parameters.Length % 4)) % 4]];
        BinaryPrimitives.WriteUInt16BigEndian(longer.AsSpan(14), (ushort)(packet.Length - PacketHeader.Length + parameters.Length));
        return WithChecksum(longer);
    }

    /// <summary>The same packet with the checksum that it should have.</summary>
    public static byte[] WithChecksum(byte[] packet)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), Crc32c.Compute(packet));
        return packet;
    }

    /// <summary>A packet from A to Z with one whole ordered message.</summary>
    public static byte[] Data(VerificationTag tag, Tsn tsn, StreamId stream, Ssn ssn, byte[] payload, DataFlags flags = DataFlags.Beginning | DataFlags.Ending) =>
        ToZ(tag, (ref PacketWriter packet) => DataChunk.Write(ref packet, new DataHeader(tsn, stream, ssn, 0, flags), payload));

    /// <summary>The COOKIE ECHO that answers an INIT ACK of Z.</summary>
    public static byte[] CookieEcho(byte[] packet)
    {
        PacketView.TryRead(packet, out PacketView view);
        ChunkReader chunks = view.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) & InitChunk.TryRead(chunk, out InitChunk initAck));
        ParameterReader parameters = initAck.Parameters;
        byte[] cookie = [];
        while (parameters.TryRead(out ParameterView parameter))
        {
            cookie = parameter.Type == ParameterType.StateCookie ? parameter.Value.ToArray() : cookie;
        }

        return ToZ(initAck.InitiateTag, (ref PacketWriter echo) => CookieEchoChunk.Write(ref echo, cookie));
    }

    /// <summary>The TSN of a packet's first chunk, a DATA chunk.</summary>
    public static Tsn TsnOf(byte[] packet) => new(BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(16)));

    /// <summary>The tag of a packet.</summary>
    public static VerificationTag TagOf(byte[] packet)
    {
        PacketHeader.TryRead(packet, out PacketHeader header);
        return header.Tag;
    }

    private static byte[] Make(ushort from, ushort to, VerificationTag tag, Fill fill)
    {
        var bytes = new byte[1400];
        var packet = new PacketWriter(bytes, from, to, tag);
        fill(ref packet);
        return bytes[..packet.Finish()];
    }
}
