using System;
using System.Buffers.Binary;
using System.Linq;
using System.Security.Cryptography;

namespace Braid.Scenarios;

/// <summary>
/// The keys of an association, computed from the bytes of its INIT and INIT ACK by the text of RFC 4895 §6.1 alone: with nothing of what is tested.
/// </summary>
internal sealed class AuthenticatedPeer(byte[] init, byte[] initAck)
{
    private static readonly int[] s_parameters = [0x8002, 0x8003, 0x8004];

    private readonly byte[] _of = Vector(init);
    private readonly byte[] _and = Vector(initAck);

    /// <summary>The code that belongs into a packet with an AUTH chunk.</summary>
    public byte[] CodeFor(byte[] packet, byte[] secret)
    {
        int auth = Find(packet);
        Assert.True(auth > 0, "there is no AUTH chunk");
        byte[] data = packet[auth..];
        int length = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(2)) - 8;
        data.AsSpan(8, length).Clear();
        bool isFirstSmaller = _of.Length == _and.Length ? _of.AsSpan().SequenceCompareTo(_and) < 0 : _of.Length < _and.Length;      // both begin with 0x8002
        byte[] key = isFirstSmaller ? [.. secret, .. _of, .. _and] : [.. secret, .. _and, .. _of];
#pragma warning disable CA5350 // RFC 4895 §6.1
        return BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(6)) == 1 ? HMACSHA1.HashData(key, data) : HMACSHA256.HashData(key, data);
#pragma warning restore CA5350
    }

    /// <summary>The code that is in a packet.</summary>
    public static byte[] CodeOf(byte[] packet)
    {
        int auth = Find(packet);
        int end = auth + BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(auth + 2));
        return packet[(auth + 8)..end];
    }

    /// <summary>The key that a packet's AUTH chunk names.</summary>
    public static ushort KeyOf(byte[] packet) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(Find(packet) + 4));

    /// <summary>The same packet with the right code.</summary>
    public byte[] Sign(byte[] packet, byte[]? secret = null)
    {
        byte[] signed = [.. packet];
        CodeFor(packet, secret ?? []).CopyTo(signed, Find(packet) + 8);
        return Packets.WithChecksum(signed);
    }

    private static int Find(byte[] packet)
    {
        int at = 12;
        while (at + 4 <= packet.Length && packet[at] != 15)
        {
            at += (BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 2)) + 3) & ~3;
        }

        return at + 4 <= packet.Length ? at : -1;
    }

    // RANDOM, CHUNKS, HMAC-ALGO, without padding; of an INIT or INIT ACK, whose parameters begin at byte 32.
    private static byte[] Vector(byte[] packet) => [.. s_parameters.SelectMany(type => Parameter(packet, type))];

    private static byte[] Parameter(byte[] packet, int type)
    {
        int end = 12 + BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(14));
        for (int at = 32; at + 4 <= end;)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 2));
            if (BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at)) == type)
            {
                return packet[at..(at + length)];
            }

            at += (length + 3) & ~3;
        }

        return [];
    }
}
