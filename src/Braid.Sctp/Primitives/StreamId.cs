using System.Globalization;

namespace Braid.Sctp;

/// <summary>Stream identifier, 0 to 65535 (RFC 9260 §6.5). Valid below the number of streams that was negotiated.</summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct StreamId(ushort Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The identifier with this number.</summary>
    public static implicit operator StreamId(ushort value) => new(value);

    /// <summary>The identifier with this number.</summary>
    public static StreamId FromUInt16(ushort value) => new(value);
}
