using System.Globalization;

namespace Braid.Sctp;

/// <summary>
/// Message identifier: 32 bits, serial number arithmetic (RFC 8260 §2.1). Ordered and unordered messages of a stream are
/// numbered by themselves.
/// </summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct Mid(uint Value)
{
    /// <summary>The next number; wraps to 0.</summary>
    public Mid Next => new(unchecked(Value + 1));

    /// <summary>What stands for it where an SSN is asked for: its lower 16 bits (§4.1).</summary>
    public Ssn Ssn => new((ushort)Value);

    /// <summary>How far this number lies behind <paramref name="other"/>: negative when it lies before it.</summary>
    public int DistanceFrom(Mid other) => unchecked((int)(Value - other.Value));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
