using System;
using System.Globalization;

namespace Braid.Benchmarks;

/// <summary>What two processes are to do together.</summary>
/// <param name="Kind">Data one way, or messages to and fro.</param>
/// <param name="Mtu">Largest IP packet, in bytes, where the subject can be told.</param>
/// <param name="Size">Bytes in a message.</param>
/// <param name="Seconds">How long data is sent.</param>
/// <param name="WarmUp">How long each process that sends works before that, unmeasured, for the compiler.</param>
/// <param name="Flows">Associations or connections at the same time.</param>
/// <param name="Rounds">Round trips that are measured.</param>
internal sealed record Job(JobKind Kind, int Mtu, int Size, double Seconds, double WarmUp, int Flows = 1, int Rounds = 0)
{
    /// <summary>For a command line, to be parsed there.</summary>
    public string[] ToArguments() => [Kind.ToString(), Text(Mtu), Text(Size), Text(Seconds), Text(WarmUp), Text(Flows), Text(Rounds)];

    public static Job Parse(ReadOnlySpan<string> words) => new(
        Enum.Parse<JobKind>(words[0]), Integer(words[1]), Integer(words[2]), Number(words[3]), Number(words[4]), Integer(words[5]), Integer(words[6]));

    public static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>The two things that two processes do.</summary>
internal enum JobKind
{
    /// <summary>As much data as goes, one way.</summary>
    Bulk,

    /// <summary>One message, its echo, and again.</summary>
    PingPong,
}
