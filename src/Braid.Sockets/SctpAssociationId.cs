using System.Globalization;
using System.Threading;

namespace Braid.Sockets;

/// <summary>Names an association within this process; numbers are never used again (RFC 6458 §7.2).</summary>
/// <param name="Value">From 3; the numbers below name groups.</param>
public readonly record struct SctpAssociationId(long Value)
{
    private static long s_last = 2;

    /// <summary>Those that do not exist yet (SCTP_FUTURE_ASSOC).</summary>
    public static SctpAssociationId Future => new(0);

    /// <summary>Those that exist now (SCTP_CURRENT_ASSOC).</summary>
    public static SctpAssociationId Current => new(1);

    /// <summary>Both (SCTP_ALL_ASSOC).</summary>
    public static SctpAssociationId All => new(2);

    internal static SctpAssociationId Next() => new(Interlocked.Increment(ref s_last));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
