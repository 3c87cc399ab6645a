using System.Globalization;

namespace Braid.Sctp;

/// <summary>Stream sequence number of an ordered message: 16 bits, serial number arithmetic (RFC 9260 §1.6, §6.5).</summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct Ssn(ushort Value)
{
    /// <summary>The next number; wraps from 65535 to 0.</summary>
    public Ssn Next => new((ushort)(Value + 1));

    /// <summary>How far this number lies behind <paramref name="other"/>: negative when it lies before it.</summary>
    public int DistanceFrom(Ssn other) => (short)(Value - other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
