using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>One error cause, viewed in place (RFC 9260 §3.3.10). Its length was checked; its content was not.</summary>
public readonly ref struct CauseView
{
    internal CauseView(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>Header and value, without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The code.</summary>
    public CauseCode Code => (CauseCode)BinaryPrimitives.ReadUInt16BigEndian(Bytes);

    /// <summary>
    /// What follows the 4 bytes of header. For some causes that is all there is: the raw chunk (§3.3.10.6), the raw
    /// parameters (§3.3.10.7, §3.3.10.8), addresses (§3.3.10.5, §3.3.10.11), the reason that the peer's application gave
    /// (§3.3.10.12), a text (§3.3.10.13). The others have a reader of their own.
    /// </summary>
    public ReadOnlySpan<byte> Value => Bytes[Tlv.HeaderLength..];
}

/// <summary>Walks the causes of an ABORT or ERROR.</summary>
/// <param name="causes">Causes, one behind the other.</param>
public ref struct CauseReader(ReadOnlySpan<byte> causes)
{
    private ReadOnlySpan<byte> _rest = causes;

    /// <summary>Whether the walk ended at something that is not a whole cause.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next cause.</summary>
    public bool TryRead(out CauseView cause)
    {
        if (Tlv.TryTake(ref _rest, out ReadOnlySpan<byte> bytes))
        {
            cause = new CauseView(bytes);
            return true;
        }

        cause = default;
        IsMalformed |= !_rest.IsEmpty;
        _rest = default;
        return false;
    }
}

/// <summary>Writes causes one behind the other; the padding of the last is left out, as a chunk's length wants it (§3.2).</summary>
/// <param name="destination">Where they go.</param>
public ref struct CauseWriter(Span<byte> destination)
{
    private TlvWriter _writer = new(destination);

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _writer.Written;

    /// <summary>Writes a cause; false when it does not fit.</summary>
    public bool TryWrite(CauseCode code, scoped ReadOnlySpan<byte> value) => _writer.TryWrite((ushort)code, value);

    /// <summary>Writes the header of a cause and gives the room for its value; false when it does not fit.</summary>
    public bool TryBegin(CauseCode code, int valueLength, out Span<byte> value) =>
        _writer.TryBegin((ushort)code, valueLength, out value);
}
