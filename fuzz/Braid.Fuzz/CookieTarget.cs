using System;
using System.Buffers.Binary;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Fuzz;

/// <summary>
/// Cookies that somebody has worked on. The input is a list of changes to a real COOKIE ECHO; only the real cookie may set
/// anything up.
/// </summary>
public sealed class CookieTarget : IFuzzTarget
{
    private static readonly NetworkAddress s_ours = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);

    /// <inheritdoc/>
    public string Name => "cookie";

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        var endpoint = new Endpoint(new EndpointOptions { LocalPort = 5000, AcceptsAssociations = true }, new SeededRandom(1));
        var now = new Instant(TimeSpan.TicksPerSecond);
        var path = new NetworkPath(s_ours, s_peer);
        var script = new ByteScript(input);
        byte[] buffer = new byte[65536];

        // An INIT, with addresses, a wish for a longer life and an adaptation code point or without.
        byte[] parameters = script.Below(4) switch
        {
            0 => [],
            1 => [0, 5, 0, 8, 10, 0, 0, 9],
            3 => [0xC0, 6, 0, 8, 1, 2, 3, 4],
            _ => [0, 5, 0, 8, 10, 0, 0, 9, 0, 9, 0, 8, 0, 0, 16, 0],
        };
        byte[] fields = [1, 2, 3, 4, 0, 1, 0, 0, 0, 10, 0, 10, 0, 0, 3, 232];
        endpoint.HandleDatagram(now, path, Packet(0, 1, [.. fields, .. parameters]));
        if (!endpoint.TryGetDatagram(now, buffer, out OutgoingDatagram initAck))
        {
            throw new FuzzException("an INIT is not answered");
        }

        uint tag = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(16));
        int length = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(34)) - 4;
        byte[] real = buffer.AsSpan(36, length).ToArray();
        byte[] cookie = real;
        while (!script.IsAtEnd)
        {
            cookie = Change(cookie, ref script);
        }

        byte[] packet = Packet(tag, 10, cookie);
        endpoint.HandleDatagram(now, path, packet);
        int answered = 0;
        while (endpoint.TryGetDatagram(now, buffer, out OutgoingDatagram answer))
        {
            answered += answer.Length;
        }

        bool isReal = cookie.AsSpan().SequenceEqual(real);
        if (isReal != (endpoint.AssociationCount == 1))
        {
            throw new FuzzException(isReal ? "the real cookie is refused" : "a cookie that is not ours sets up an association");
        }

        if (!isReal && (answered > 0 || endpoint.Buffers.Rented > 0))
        {
            throw new FuzzException($"a forged cookie is answered with {answered} bytes");
        }
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        var input = new byte[1 + (4 * random.NextInt32(6))];
        random.Fill(input);
        return input;
    }

    private static byte[] Change(byte[] cookie, ref ByteScript script)
    {
        int kind = script.Below(5);
        int at = (script.Byte() << 1) + script.Below(2);
        byte value = script.Byte();
        if (cookie.Length == 0)
        {
            return [value];
        }

        at %= cookie.Length;
        switch (kind)
        {
            case 0:
                byte[] flipped = [.. cookie];
                flipped[at] ^= (byte)(1 << (value & 7));
                return flipped;
            case 1:
                byte[] set = [.. cookie];
                set[at] = value;
                return set;
            case 2:
                return cookie[..at];
            case 3:
                return [.. cookie[..at], value, .. cookie[at..]];
            default:
                return [.. cookie, .. new byte[value]];
        }
    }

    private static byte[] Packet(uint tag, byte type, byte[] value)
    {
        int length = 4 + value.Length;
        byte[] packet =
        [
            23, 112, 19, 136, (byte)(tag >> 24), (byte)(tag >> 16), (byte)(tag >> 8), (byte)tag, 0, 0, 0, 0,
            type, 0, (byte)(length >> 8), (byte)length, .. value, .. new byte[-length & 3],
        ];
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), Crc32c.Compute(packet));
        return packet;
    }
}
