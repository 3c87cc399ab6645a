using System;
using System.Globalization;

namespace Braid.Core;

/// <summary>
/// A point on the monotonic time line of one endpoint, in ticks of 100 ns since an epoch that the host picks.
/// The protocol cores never read a clock: whoever drives them passes the current instant in.
/// </summary>
/// <param name="Ticks">Ticks of 100 ns since the epoch; never negative in use.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The epoch of the time line.</summary>
    public static Instant Zero => default;

    /// <summary>Later than every other instant: a deadline that is not set.</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>Whether this is a deadline that is not set.</summary>
    public bool IsNever => Ticks == long.MaxValue;

    /// <summary>The earlier of two instants.</summary>
    public static Instant Min(Instant left, Instant right) => left.Ticks <= right.Ticks ? left : right;

    /// <summary>The later of two instants.</summary>
    public static Instant Max(Instant left, Instant right) => left.Ticks >= right.Ticks ? left : right;

    /// <summary>The instant <paramref name="delay"/> after this one; saturates at <see cref="Never"/>.</summary>
    public Instant Add(TimeSpan delay)
    {
        long sum = unchecked(Ticks + delay.Ticks);
        return IsNever || (delay.Ticks > 0 && sum < Ticks) ? Never : new Instant(sum);
    }

    /// <summary>The time from <paramref name="earlier"/> to this instant.</summary>
    public TimeSpan Subtract(Instant earlier) => new(Ticks - earlier.Ticks);

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <inheritdoc/>
    public override string ToString() =>
        IsNever ? "never" : string.Create(CultureInfo.InvariantCulture, $"{Ticks / (double)TimeSpan.TicksPerSecond:0.000000}s");

    /// <inheritdoc cref="Add"/>
    public static Instant operator +(Instant left, TimeSpan right) => left.Add(right);

    /// <inheritdoc cref="Subtract"/>
    public static TimeSpan operator -(Instant left, Instant right) => left.Subtract(right);

    /// <summary>Whether <paramref name="left"/> is earlier than <paramref name="right"/>.</summary>
    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    /// <summary>Whether <paramref name="left"/> is later than <paramref name="right"/>.</summary>
    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not later than <paramref name="right"/>.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not earlier than <paramref name="right"/>.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;
}
