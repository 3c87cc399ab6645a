using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Missing Mandatory Parameter (RFC 9260 §3.3.10.2), viewed in place.</summary>
public readonly ref struct MissingMandatoryParameterCause
{
    private readonly ReadOnlySpan<byte> _types;

    private MissingMandatoryParameterCause(ReadOnlySpan<byte> types) => _types = types;

    /// <summary>Parameters that are missing.</summary>
    public int Count => _types.Length / sizeof(ushort);

    /// <summary>One of the <see cref="Count"/> types.</summary>
    public ParameterType this[int index] =>
        (ParameterType)BinaryPrimitives.ReadUInt16BigEndian(_types[(index * sizeof(ushort))..]);

    /// <summary>Views the cause; false when the count is not that of the types behind it.</summary>
    public static bool TryRead(in CauseView cause, out MissingMandatoryParameterCause value)
    {
        var reader = new WireReader(cause.Value);
        bool isWhole = reader.TryReadUInt32(out uint count) && count == (uint)reader.Remaining / sizeof(ushort)
            && reader.Remaining % sizeof(ushort) == 0;
        value = isWhole ? new MissingMandatoryParameterCause(reader.Rest) : default;
        return isWhole;
    }

    /// <summary>Writes the cause; false when it does not fit.</summary>
    public static bool TryWrite(ref CauseWriter causes, ReadOnlySpan<ParameterType> missing)
    {
        int length = sizeof(uint) + (missing.Length * sizeof(ushort));
        if (!causes.TryBegin(CauseCode.MissingMandatoryParameter, length, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32((uint)missing.Length);
        foreach (ParameterType type in missing)
        {
            writer.WriteUInt16((ushort)type);
        }

        return true;
    }
}
