using System;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

/// <summary>Reads an option into its structure, whose identifier of an association is there already.</summary>
/// <param name="target">Whose.</param>
/// <param name="value">The structure.</param>
/// <returns>Bytes of it.</returns>
internal delegate int OptionReader(in OptionTarget target, Span<byte> value);

/// <summary>Sets an option from its structure.</summary>
/// <param name="target">Whose.</param>
/// <param name="value">The structure.</param>
internal delegate void OptionWriter(in OptionTarget target, ReadOnlySpan<byte> value);

/// <summary>One option of the header.</summary>
/// <param name="Size">Bytes of its structure, at least.</param>
/// <param name="IdOffset">Where in it the identifier of an association is; negative where there is none.</param>
/// <param name="Get">Reads it; null where it cannot be read.</param>
/// <param name="Set">Sets it; null where it cannot be set.</param>
/// <param name="HasAddress">Whether one of the peer's addresses in it can say which association is meant.</param>
/// <param name="OfOneOnly">Whether it is looked for by the association that is named, and by no other name.</param>
internal sealed record SocketOption(int Size, int IdOffset, OptionReader? Get, OptionWriter? Set, bool HasAddress = false, bool OfOneOnly = false)
{
    /// <summary>A switch: an int, zero or not.</summary>
    public static SocketOption Switch(Func<OptionTarget, bool> get, Action<OptionTarget, bool> set) => Number(
        target => get(target) ? 1u : 0u,
        (target, value) => set(target, value != 0));

    /// <summary>An int of the socket's.</summary>
    public static SocketOption Number(Func<OptionTarget, uint> get, Action<OptionTarget, uint> set) => new(
        sizeof(uint),
        -1,
        (in OptionTarget target, Span<byte> value) =>
        {
            MemoryMarshal.Write(value, get(target));
            return sizeof(uint);
        },
        (in OptionTarget target, ReadOnlySpan<byte> value) => set(target, MemoryMarshal.Read<uint>(value)));

    /// <summary>struct sctp_assoc_value.</summary>
    public static SocketOption AssociationValue(Func<OptionTarget, uint>? get, Action<OptionTarget, uint>? set) => new(
        OptionLayouts.Value.Size,
        OptionLayouts.Value.Id,
        get is null ? null : (in OptionTarget target, Span<byte> value) =>
        {
            MemoryMarshal.Write(value[OptionLayouts.Value.Number..], get(target));
            return OptionLayouts.Value.Size;
        },
        set is null ? null : (in OptionTarget target, ReadOnlySpan<byte> value) => set(target, MemoryMarshal.Read<uint>(value[OptionLayouts.Value.Number..])));
}
