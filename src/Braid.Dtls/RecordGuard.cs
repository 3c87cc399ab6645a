using System;
using System.Buffers.Binary;

namespace Braid.Dtls;

/// <summary>What a datagram is made of, as far as everybody may see (RFC 6347 §4.1).</summary>
internal enum DatagramShape
{
    /// <summary>Not to be shown to libssl.</summary>
    Refused,

    /// <summary>One record.</summary>
    OneRecord,

    /// <summary>Several, or such whose header does not say.</summary>
    Several,
}

/// <summary>Looks at the headers of records before libssl does.</summary>
internal static class RecordGuard
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderLength = 13;

    /// <summary>Shortest content of an encrypted record while the cipher is not known: AES-GCM's nonce and tag.</summary>
    public const int ShortestProtected = 24;

    private const int FirstRecord = 20;
    private const int FirstUnified = 32;                     // RFC 9147 §4: another header
    private const int LastUnified = 63;

    /// <param name="datagram">As it came.</param>
    /// <param name="shortest">What encryption alone adds to a content, in bytes.</param>
    /// <param name="hasUnified">Whether a record may have the header of DTLS 1.3.</param>
    /// <param name="encrypted">Records that say that they are encrypted, as far as was looked.</param>
    public static DatagramShape Inspect(ReadOnlySpan<byte> datagram, int shortest, bool hasUnified, out int encrypted)
    {
        encrypted = 0;
        if (datagram.Length < HeaderLength)
        {
            return DatagramShape.Refused;
        }

        ReadOnlySpan<byte> rest = datagram;
        while (rest.Length >= HeaderLength)
        {
            // RFC 7983: by the first byte DTLS is told from what else may come on a port.
            if (rest[0] is < FirstRecord or >= FirstUnified)
            {
                return hasUnified && rest[0] is >= FirstUnified and <= LastUnified ? DatagramShape.Several : DatagramShape.Refused;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[(HeaderLength - 2)..]);

            // libssl 3 ends the session (internal_error) with an encrypted record that has no room for its tag, instead of dropping it:
            // anybody who can forge an address could do that.
            bool isEncrypted = BinaryPrimitives.ReadUInt16BigEndian(rest[3..]) != 0;
            encrypted += isEncrypted ? 1 : 0;
            if (length < shortest && isEncrypted)
            {
                return DatagramShape.Refused;
            }

            if (length + HeaderLength >= rest.Length)
            {
                return rest.Length == datagram.Length ? DatagramShape.OneRecord : DatagramShape.Several;
            }

            rest = rest[(length + HeaderLength)..];
        }

        return DatagramShape.Several;
    }
}
