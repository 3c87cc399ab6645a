using System;
using System.Buffers.Binary;
using System.Globalization;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>The 96 bits that join an answer to its request (RFC 8489 §5).</summary>
/// <param name="High">The first 4 bytes.</param>
/// <param name="Low">The last 8 bytes.</param>
public readonly record struct StunTransactionId(uint High, ulong Low)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 12;

    /// <summary>A new one: it must not be guessed (RFC 8489 §5).</summary>
    public static StunTransactionId Draw(IRandomSource random) => new(random.NextUInt32(), random.NextUInt64());

    /// <summary>Writes the 12 bytes.</summary>
    /// <param name="destination">At least 12 bytes.</param>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[sizeof(uint)..], Low);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x8}{Low:x16}");

    /// <param name="bytes">12 bytes.</param>
    internal static StunTransactionId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(uint)..]));
}
