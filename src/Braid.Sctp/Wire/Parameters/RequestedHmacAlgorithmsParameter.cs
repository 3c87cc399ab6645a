using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>Requested HMAC Algorithm parameter (RFC 4895 §3.3), viewed in place: what its sender's peer may use, the best first.</summary>
public readonly ref struct RequestedHmacAlgorithmsParameter
{
    private const int EntryLength = 2;

    private readonly ReadOnlySpan<byte> _bytes;

    private RequestedHmacAlgorithmsParameter(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Algorithms listed.</summary>
    public int Count => _bytes.Length / EntryLength;

    /// <summary>One of them; any number may be there.</summary>
    public HmacAlgorithm this[int index] => (HmacAlgorithm)BinaryPrimitives.ReadUInt16BigEndian(_bytes[(index * EntryLength)..]);

    /// <summary>Views a parameter; false when it is half a number too long.</summary>
    public static bool TryRead(in ParameterView parameter, out RequestedHmacAlgorithmsParameter value)
    {
        value = new RequestedHmacAlgorithmsParameter(parameter.Value);
        return parameter.Value.Length % EntryLength == 0;
    }

    /// <summary>Writes a list of algorithms; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, scoped ReadOnlySpan<HmacAlgorithm> algorithms)
    {
        if (!writer.TryBegin(ParameterType.RequestedHmacAlgorithms, algorithms.Length * EntryLength, out Span<byte> value))
        {
            return false;
        }

        for (int i = 0; i < algorithms.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(i * EntryLength)..], (ushort)algorithms[i]);
        }

        return true;
    }

    /// <summary>Whether an algorithm is listed.</summary>
    public bool Contains(HmacAlgorithm algorithm)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i] == algorithm)
            {
                return true;
            }
        }

        return false;
    }
}
