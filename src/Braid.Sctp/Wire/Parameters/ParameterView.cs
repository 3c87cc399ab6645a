using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>One parameter, viewed in place (RFC 9260 §3.2.1). Its length was checked; its content was not.</summary>
public readonly ref struct ParameterView
{
    internal ParameterView(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>Header and value, without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The type.</summary>
    public ParameterType Type => (ParameterType)BinaryPrimitives.ReadUInt16BigEndian(Bytes);

    /// <summary>What follows the 4 bytes of header.</summary>
    public ReadOnlySpan<byte> Value => Bytes[Tlv.HeaderLength..];

    /// <summary>What to do when the type is not known.</summary>
    public UnrecognizedAction WhenUnrecognized => (UnrecognizedAction)(Bytes[0] >> 6);
}

/// <summary>Walks the parameters of a chunk.</summary>
/// <param name="parameters">Parameters, one behind the other.</param>
public ref struct ParameterReader(ReadOnlySpan<byte> parameters)
{
    private ReadOnlySpan<byte> _rest = parameters;

    /// <summary>Whether the walk ended at something that is not a whole parameter.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next parameter.</summary>
    public bool TryRead(out ParameterView parameter)
    {
        if (Tlv.TryTake(ref _rest, out ReadOnlySpan<byte> bytes))
        {
            parameter = new ParameterView(bytes);
            return true;
        }

        parameter = default;
        IsMalformed |= !_rest.IsEmpty;
        _rest = default;
        return false;
    }
}

/// <summary>Writes parameters one behind the other; the padding of the last is left out, as a chunk's length wants it (§3.2).</summary>
/// <param name="destination">Where they go.</param>
public ref struct ParameterWriter(Span<byte> destination)
{
    private TlvWriter _writer = new(destination);

    /// <summary>Bytes written.</summary>
    public readonly int Length => _writer.Length;

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _writer.Written;

    /// <summary>Writes a parameter; false when it does not fit.</summary>
    public bool TryWrite(ParameterType type, scoped ReadOnlySpan<byte> value) => _writer.TryWrite((ushort)type, value);

    /// <summary>Writes the header of a parameter and gives the room for its value; false when it does not fit.</summary>
    public bool TryBegin(ParameterType type, int valueLength, out Span<byte> value) =>
        _writer.TryBegin((ushort)type, valueLength, out value);
}
