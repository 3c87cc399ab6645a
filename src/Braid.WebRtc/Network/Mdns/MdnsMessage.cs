using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>Types of records that matter here (RFC 1035 §3.2.2, RFC 3596, RFC 4034).</summary>
internal enum DnsType : ushort
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Which other records there are, and with that, which are not.</summary>
    Nsec = 47,

    /// <summary>All of them; only in questions.</summary>
    Any = 255,
}

/// <summary>A question in a message of multicast DNS.</summary>
/// <param name="Name">Lower case.</param>
/// <param name="Type">What is asked for.</param>
/// <param name="WantsUnicast">Whether the answer is to go to who asks alone (RFC 6762 §5.4).</param>
internal readonly record struct MdnsQuestion(string Name, DnsType Type, bool WantsUnicast);

/// <summary>A record with an address in a message of multicast DNS.</summary>
/// <param name="Name">Lower case.</param>
/// <param name="Address">The address, without a port.</param>
/// <param name="TimeToLive">In seconds; 0 takes it back.</param>
internal readonly record struct MdnsAddress(string Name, NetworkAddress Address, uint TimeToLive);

/// <summary>Reads and writes messages of multicast DNS (RFC 6762 §18), as far as host names need them.</summary>
internal sealed class MdnsMessage
{
    /// <summary>Longer than whatever is written here.</summary>
    public const int LongestLength = 1024;

    private const int HeaderLength = 12;
    private const ushort Response = 0x8000;
    private const ushort Authoritative = 0x0400;
    private const ushort OpcodeAndRcode = 0x780F;
    private const ushort InternetClass = 1;
    private const ushort AnyClass = 255;
    private const ushort TopBit = 0x8000;                    // of a class: unicast is wanted, or the cache is to be flushed
    private const int MostEntries = 64;                      // in a message: what is more is not looked at

    /// <summary>Whether it answers.</summary>
    public bool IsResponse { get; private init; }

    /// <summary>The id; 0 but for resolvers that know nothing of multicast (RFC 6762 §18.1).</summary>
    public ushort Id { get; private init; }

    /// <summary>What is asked.</summary>
    public List<MdnsQuestion> Questions { get; } = [];

    /// <summary>What is answered: addresses alone.</summary>
    public List<MdnsAddress> Addresses { get; } = [];

    /// <summary>Reads a message; null when it is malformed, or of another kind.</summary>
    public static MdnsMessage? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            return null;
        }

        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if ((flags & OpcodeAndRcode) != 0)
        {
            return null;                                     // §18.3, §18.11: to be ignored
        }

        var message = new MdnsMessage { IsResponse = (flags & Response) != 0, Id = BinaryPrimitives.ReadUInt16BigEndian(bytes) };
        int questions = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        int records = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) + BinaryPrimitives.ReadUInt16BigEndian(bytes[8..])
            + BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
        int offset = HeaderLength;
        for (int i = 0; i < Math.Min(questions, MostEntries); i++)
        {
            if (!message.TryReadQuestion(bytes, ref offset))
            {
                return null;
            }
        }

        if (questions > MostEntries)
        {
            return message;                                  // where the records begin is not known
        }

        for (int i = 0; i < Math.Min(records, MostEntries); i++)
        {
            if (!message.TryReadRecord(bytes, ref offset))
            {
                return null;
            }
        }

        return message;
    }

    /// <summary>Writes a question: one in a message, as not everybody reads more.</summary>
    /// <param name="destination">At least <see cref="LongestLength"/> bytes.</param>
    /// <param name="name">What is asked for.</param>
    /// <param name="type">Which records of it.</param>
    /// <param name="id">0, unless it is sent from another port than 5353.</param>
    public static int WriteQuery(Span<byte> destination, string name, DnsType type, ushort id)
    {
        WriteHeader(destination, id, flags: 0, questions: 1, answers: 0, additional: 0);
        int used = HeaderLength + DnsName.Write(destination[HeaderLength..], name);
        return WriteTypeAndClass(destination, used, type, InternetClass);
    }

    /// <summary>Writes an answer with one address, and with what says that there is no other (RFC 6762 §6.1).</summary>
    /// <param name="destination">At least <see cref="LongestLength"/> bytes.</param>
    /// <param name="name">Whose it is.</param>
    /// <param name="address">It.</param>
    /// <param name="timeToLive">In seconds; 0 takes it back.</param>
    /// <param name="wanted">Which type was asked for.</param>
    public static int WriteAnswer(Span<byte> destination, string name, in NetworkAddress address, uint timeToLive, DnsType wanted)
    {
        DnsType own = TypeOf(address);
        bool isThere = wanted == own || wanted == DnsType.Any;
        WriteHeader(destination, id: 0, Response | Authoritative, questions: 0, answers: 1, additional: isThere ? 1 : 0);
        int used = HeaderLength;
        if (isThere)
        {
            used = WriteAddress(destination, used, name, address, timeToLive, InternetClass | TopBit);
        }

        return WriteOnly(destination, used, name, own, timeToLive);
    }

    /// <summary>Writes an answer for a resolver that knows nothing of multicast (RFC 6762 §6.7): with its question, for its cache.</summary>
    /// <param name="destination">At least <see cref="LongestLength"/> bytes.</param>
    /// <param name="id">Of its question.</param>
    /// <param name="question">It.</param>
    /// <param name="address">The answer.</param>
    public static int WriteLegacyAnswer(Span<byte> destination, ushort id, in MdnsQuestion question, in NetworkAddress address)
    {
        const uint LongestInForeignCaches = 10;
        bool isThere = question.Type == TypeOf(address) || question.Type == DnsType.Any;
        WriteHeader(destination, id, Response | Authoritative, questions: 1, answers: isThere ? 1 : 0, additional: 0);
        int used = HeaderLength + DnsName.Write(destination[HeaderLength..], question.Name);
        used = WriteTypeAndClass(destination, used, question.Type, InternetClass);
        return isThere ? WriteAddress(destination, used, question.Name, address, LongestInForeignCaches, InternetClass) : used;
    }

    /// <summary>The type of an address's record.</summary>
    public static DnsType TypeOf(in NetworkAddress address) => address.Family == NetworkFamily.IPv4 ? DnsType.A : DnsType.Aaaa;

    private bool TryReadQuestion(ReadOnlySpan<byte> bytes, ref int offset)
    {
        if (!DnsName.TryRead(bytes, ref offset, out string name) || bytes.Length - offset < 4)
        {
            return false;
        }

        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);
        ushort ofClass = BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]);
        offset += 4;
        if ((ofClass & ~TopBit) is InternetClass or (AnyClass & ~TopBit))
        {
            Questions.Add(new MdnsQuestion(name, type, (ofClass & TopBit) != 0));
        }

        return true;
    }

    private bool TryReadRecord(ReadOnlySpan<byte> bytes, ref int offset)
    {
        if (!DnsName.TryRead(bytes, ref offset, out string name) || bytes.Length - offset < 10)
        {
            return false;
        }

        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);
        ushort ofClass = BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]);
        uint timeToLive = BinaryPrimitives.ReadUInt32BigEndian(bytes[(offset + 4)..]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 8)..]);
        offset += 10;
        if (length > bytes.Length - offset)
        {
            return false;
        }

        if ((ofClass & ~TopBit) == InternetClass)
        {
            ReadOnlySpan<byte> data = bytes.Slice(offset, length);
            if (type == DnsType.A && length == 4)
            {
                Addresses.Add(new MdnsAddress(name, NetworkAddress.FromIPv4(data, 0), timeToLive));
            }
            else if (type == DnsType.Aaaa && length == 16)
            {
                Addresses.Add(new MdnsAddress(name, NetworkAddress.FromIPv6(data, 0), timeToLive));
            }
        }

        offset += length;
        return true;
    }

    private static void WriteHeader(Span<byte> destination, ushort id, int flags, int questions, int answers, int additional)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)questions);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], (ushort)answers);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(destination[10..], (ushort)additional);
    }

    private static int WriteTypeAndClass(Span<byte> destination, int used, DnsType type, int ofClass)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[used..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(used + 2)..], (ushort)ofClass);
        return used + 4;
    }

    private static int WriteAddress(Span<byte> destination, int used, string name, in NetworkAddress address, uint timeToLive, int ofClass)
    {
        used += DnsName.Write(destination[used..], name);
        used = WriteTypeAndClass(destination, used, TypeOf(address), ofClass);
        BinaryPrimitives.WriteUInt32BigEndian(destination[used..], timeToLive);
        int length = address.WriteAddress(destination[(used + 6)..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(used + 4)..], (ushort)length);
        return used + 6 + length;
    }

    // RFC 6762 §6.1: NSEC with the own name as the next one and a bitmap of the types that there are.
    private static int WriteOnly(Span<byte> destination, int used, string name, DnsType type, uint timeToLive)
    {
        used += DnsName.Write(destination[used..], name);
        used = WriteTypeAndClass(destination, used, DnsType.Nsec, InternetClass | TopBit);
        BinaryPrimitives.WriteUInt32BigEndian(destination[used..], timeToLive);
        int lengthAt = used + 4;
        used += 6;
        int start = used;
        used += DnsName.Write(destination[used..], name);
        int octets = ((int)type / 8) + 1;
        destination[used++] = 0;                             // window block 0
        destination[used++] = (byte)octets;
        destination.Slice(used, octets).Clear();
        destination[used + octets - 1] = (byte)(0x80 >> ((int)type % 8));
        used += octets;
        BinaryPrimitives.WriteUInt16BigEndian(destination[lengthAt..], (ushort)(used - start));
        return used;
    }
}
