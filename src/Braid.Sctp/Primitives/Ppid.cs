using System.Globalization;

namespace Braid.Sctp;

/// <summary>
/// Payload protocol identifier (RFC 9260 §3.3.1): opaque to SCTP, passed from application to application. Written in
/// network order, so that the number that one side sets is the number that the other side reads.
/// </summary>
/// <param name="Value">The number; 0 says nothing.</param>
public readonly record struct Ppid(uint Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The identifier with this number.</summary>
    public static implicit operator Ppid(uint value) => new(value);

    /// <summary>The identifier with this number.</summary>
    public static Ppid FromUInt32(uint value) => new(value);
}
