using System;
using System.Buffers.Binary;

namespace Braid.Core;

/// <summary>Numbers out of an <see cref="IRandomSource"/>.</summary>
public static class RandomSourceExtensions
{
    /// <summary>A number from 0 to 2^32 − 1.</summary>
    public static uint NextUInt32(this IRandomSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        source.Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>A number from 0 to 2^64 − 1.</summary>
    public static ulong NextUInt64(this IRandomSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        source.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A number from 0 up to, not including, 1.</summary>
    public static double NextDouble(this IRandomSource source) => (source.NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from 0 up to, not including, <paramref name="exclusiveMaximum"/>, which must be positive.</summary>
    public static int NextInt32(this IRandomSource source, int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        return (int)(((ulong)source.NextUInt32() * (uint)exclusiveMaximum) >> 32);
    }

    /// <summary>A delay from zero up to, not including, <paramref name="exclusiveMaximum"/>.</summary>
    public static TimeSpan NextTimeSpan(this IRandomSource source, TimeSpan exclusiveMaximum) =>
        new((long)(source.NextDouble() * exclusiveMaximum.Ticks));
}
