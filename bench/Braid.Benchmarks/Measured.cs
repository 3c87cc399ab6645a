using System.Diagnostics;
using System.Globalization;

namespace Braid.Benchmarks;

/// <summary>What one process saw of one run.</summary>
/// <param name="Bytes">User data received.</param>
/// <param name="Seconds">From the first to the last of it.</param>
/// <param name="CpuSeconds">Processor time of the process.</param>
internal readonly record struct Measured(long Bytes, double Seconds, double CpuSeconds)
{
    private const string Word = "bench";

    public double GigabitsPerSecond => Seconds > 0 ? Bytes * 8 / Seconds / 1e9 : 0;

    public static double CpuNow => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    /// <summary>Reads the line that a receiving process ends with; the C program writes the same.</summary>
    public static bool TryParse(string line, out Measured measured)
    {
        string[] words = line.Split(' ');
        bool isOne = words is [Word, _, _, _];
        measured = isOne ? new Measured(long.Parse(words[1], CultureInfo.InvariantCulture), Number(words[2]), Number(words[3])) : default;
        return isOne;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word} {Bytes} {Seconds:0.000000} {CpuSeconds:0.000000}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
