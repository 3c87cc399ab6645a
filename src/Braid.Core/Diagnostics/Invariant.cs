using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Braid.Core;

/// <summary>
/// Our own bugs, not the peer's: a broken invariant throws, and the runtime that drives the machine ends what the machine
/// holds with an error, not the process. Nothing that arrives from the network may ever reach it.
/// </summary>
public static class Invariant
{
    /// <summary>Throws unless <paramref name="condition"/> holds. Always on: for checks that cost nothing.</summary>
    /// <exception cref="InvariantException">The condition does not hold.</exception>
    public static void Check([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition)
        {
            throw new InvariantException(message);
        }
    }

    /// <summary>As <see cref="Check"/>, but only in debug builds: for checks that walk a structure.</summary>
    [Conditional("DEBUG")]
    public static void DebugCheck([DoesNotReturnIf(false)] bool condition, string message) => Check(condition, message);
}

/// <summary>An invariant of Braid itself does not hold.</summary>
/// <param name="message">Which one.</param>
public sealed class InvariantException(string message) : Exception(message);
