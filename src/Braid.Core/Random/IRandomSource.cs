using System;

namespace Braid.Core;

/// <summary>
/// Where a protocol core takes its random bytes from. In production the operating system's generator, because tags,
/// initial TSNs and cookie keys are security values; in simulation a <see cref="SeededRandom"/>.
/// </summary>
public interface IRandomSource
{
    /// <summary>Fills <paramref name="destination"/> with random bytes.</summary>
    void Fill(Span<byte> destination);

    /// <summary>
    /// A source of its own for one purpose (an association, the cookie keys). What one fork draws changes nothing that
    /// another draws, so the order in which associations run cannot change a replay, and bytes shown on the wire say
    /// nothing about the secret ones.
    /// </summary>
    IRandomSource Fork();
}
