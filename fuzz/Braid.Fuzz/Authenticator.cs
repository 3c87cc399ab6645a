using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Braid.Fuzz;

/// <summary>What a peer needs who authenticates its chunks with the null key and SHA-1 (RFC 4895 §6.1, §6.2), computed by the text alone.</summary>
internal sealed class Authenticator
{
    private const int CodeLength = 20;

    // What the peer says: RANDOM, then CHUNKS with DATA, SACK, HEARTBEAT, ABORT and COOKIE ECHO, then HMAC-ALGO with SHA-1.
    private static readonly byte[] s_random = [0x80, 2, 0, 36, .. new byte[31], 1];
    private static readonly byte[] s_chunks = [0x80, 3, 0, 9, 0, 3, 4, 6, 10];
    private static readonly byte[] s_algorithms = [0x80, 4, 0, 6, 0, 1];

    private byte[] _ours = [];

    /// <summary>The parameters of the peer's INIT or INIT ACK.</summary>
    public static byte[] Parameters { get; } = [.. s_random, .. s_chunks, 0, 0, 0, .. s_algorithms, 0, 0];

    /// <summary>Learns what the other side has said, from its first INIT or INIT ACK.</summary>
    public void Learn(ReadOnlySpan<byte> packet)
    {
        if (_ours.Length == 0)
        {
            _ours = [.. Parameter(packet, 2), .. Parameter(packet, 3), .. Parameter(packet, 4)];
        }
    }

    /// <summary>The same chunks behind an AUTH chunk with the right code.</summary>
    public byte[] Sign(byte[] chunks)
    {
        byte[] peer = [.. s_random, .. s_chunks, .. s_algorithms];
        byte[] data = [15, 0, 0, 8 + CodeLength, 0, 0, 0, 1, .. new byte[CodeLength], .. chunks];
        bool isPeerFirst = peer.Length != _ours.Length ? peer.Length < _ours.Length : peer.AsSpan().SequenceCompareTo(_ours) <= 0;      // both begin with 0x80
        byte[] key = isPeerFirst ? [.. peer, .. _ours] : [.. _ours, .. peer];
#pragma warning disable CA5350 // RFC 4895 §6.1
        HMACSHA1.HashData(key, data).CopyTo(data, 8);
#pragma warning restore CA5350
        return data;
    }

    private static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> packet, byte type)
    {
        for (int at = 32; at + 4 <= packet.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]);
            if (packet[at] == 0x80 && packet[at + 1] == type)
            {
                return packet.Slice(at, length);
            }

            at += Math.Max(4, (length + 3) & ~3);
        }

        return default;
    }
}
