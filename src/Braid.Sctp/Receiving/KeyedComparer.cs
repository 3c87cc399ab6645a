using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>Two numbers that a peer has chosen, as a key.</summary>
internal readonly record struct NumberPair(uint First, uint Second);

/// <summary>
/// Hashes numbers that a peer has chosen with multipliers that it does not know, so that it cannot choose many that fall
/// together; and not with those of the process, so that a run can be repeated.
/// </summary>
internal sealed class KeyedComparer(IRandomSource random) : IEqualityComparer<NumberPair>
{
    private readonly ulong _first = Draw(random);
    private readonly ulong _second = Draw(random);

    public bool Equals(NumberPair x, NumberPair y) => x == y;

    public int GetHashCode(NumberPair obj) => unchecked((int)(((_first * obj.First) + (_second * obj.Second)) >> 32));

    private static ulong Draw(IRandomSource random) => ((ulong)random.NextUInt32() << 32) | random.NextUInt32() | 1;
}
