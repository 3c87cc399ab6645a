using System;
using System.Globalization;

namespace Braid.Sctp;

/// <summary>Transmission sequence number: 32 bits, compared by serial number arithmetic (RFC 9260 §1.6).</summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct Tsn(uint Value) : IComparable<Tsn>
{
    /// <summary>The next number; wraps from 2^32 − 1 to 0.</summary>
    public Tsn Next => new(Value + 1);

    /// <summary>The number before.</summary>
    public Tsn Previous => new(Value - 1);

    /// <summary>How far this number lies behind <paramref name="other"/>: negative when it lies before it.</summary>
    public int DistanceFrom(Tsn other) => (int)(Value - other.Value);

    /// <inheritdoc/>
    public int CompareTo(Tsn other) => DistanceFrom(other);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The number <paramref name="right"/> further on.</summary>
    public static Tsn operator +(Tsn left, int right) => new(left.Value + (uint)right);

    /// <summary>The number <paramref name="right"/> further back.</summary>
    public static Tsn operator -(Tsn left, int right) => new(left.Value - (uint)right);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Tsn left, Tsn right) => left.DistanceFrom(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Tsn left, Tsn right) => left.DistanceFrom(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(Tsn left, Tsn right) => left.DistanceFrom(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(Tsn left, Tsn right) => left.DistanceFrom(right) >= 0;
}
