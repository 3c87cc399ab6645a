using System;
using Braid.Core;

namespace Braid.Fuzz;

/// <summary>Something that must survive any input.</summary>
public interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Runs one input.</summary>
    /// <exception cref="FuzzException">A rule is broken. Any other exception is a finding as well.</exception>
    void Run(ReadOnlySpan<byte> input);

    /// <summary>Makes an input that gets somewhere: what follows the rules of its format, mostly.</summary>
    byte[] Make(IRandomSource random);
}

/// <summary>A rule was broken.</summary>
/// <param name="message">Which one.</param>
public sealed class FuzzException(string message) : Exception(message);
