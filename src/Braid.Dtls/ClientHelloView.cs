using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Dtls;

/// <summary>
/// A ClientHello that begins a handshake, viewed in place (RFC 6347 §4.2.1, §4.2.2): one record with the message, or
/// with its first fragment. All that is looked at is in front of the extensions, so a hello that is too long for a datagram, as those
/// with key shares against quantum computers are, is answered by its first fragment, and the others are dropped until the cookie comes.
/// </summary>
internal readonly ref struct ClientHelloView
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHello = 1;
    private const byte DtlsMajor = 0xFE;
    private const int RandomLength = 32;
    private const int LongestHello = 1 << 14;                // with all its extensions; libssl takes no longer one

    private ClientHelloView(ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> beforeCookie, ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> afterCookie)
    {
        RecordSequence = sequence;
        BeforeCookie = beforeCookie;
        Cookie = cookie;
        AfterCookie = afterCookie;
    }

    /// <summary>The number of its record: 6 bytes. The answer has the same.</summary>
    public ReadOnlySpan<byte> RecordSequence { get; }

    /// <summary>Version, random and session id, with its length.</summary>
    public ReadOnlySpan<byte> BeforeCookie { get; }

    /// <summary>The client's random.</summary>
    public ReadOnlySpan<byte> Random => BeforeCookie.Slice(2, RandomLength);

    /// <summary>What an earlier answer gave it; empty for none.</summary>
    public ReadOnlySpan<byte> Cookie { get; }

    /// <summary>Cipher suites and compression methods, with their lengths.</summary>
    public ReadOnlySpan<byte> AfterCookie { get; }

    public static bool TryRead(ReadOnlySpan<byte> datagram, out ClientHelloView hello)
    {
        hello = default;
        if (datagram.Length < 25 || datagram[0] != HandshakeRecord || datagram[1] != DtlsMajor
            || BinaryPrimitives.ReadUInt16BigEndian(datagram[3..]) != 0)                 // epoch
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
        if (length > datagram.Length - 13)
        {
            return false;
        }

        ReadOnlySpan<byte> message = datagram.Slice(13, length);
        if (message.Length < 12 || message[0] != ClientHello || Read24(message[1..]) is var whole
            && (whole < message.Length - 12 || whole > LongestHello || Read24(message[6..]) != 0 || Read24(message[9..]) != message.Length - 12))
        {
            return false;                                    // also a later fragment: it says nothing of the client
        }

        ReadOnlySpan<byte> body = message[12..];
        var reader = new WireReader(body);
        if (!reader.TryReadBytes(2 + RandomLength, out _) || !reader.TryReadByte(out byte idLength) || !reader.TryReadBytes(idLength, out _)
            || !reader.TryReadByte(out byte cookieLength) || !reader.TryReadBytes(cookieLength, out ReadOnlySpan<byte> cookie)
            || !reader.TryReadUInt16(out ushort suitesLength) || !reader.TryReadBytes(suitesLength, out _)
            || !reader.TryReadByte(out byte methodsLength) || !reader.TryReadBytes(methodsLength, out _))
        {
            return false;
        }

        int before = 2 + RandomLength + 1 + idLength;
        int after = before + 1 + cookieLength;
        hello = new ClientHelloView(datagram.Slice(5, 6), body[..before], cookie, body.Slice(after, 2 + suitesLength + 1 + methodsLength));
        return true;
    }

    private static int Read24(ReadOnlySpan<byte> bytes) => (bytes[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
}
