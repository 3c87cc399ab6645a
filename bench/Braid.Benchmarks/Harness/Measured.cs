using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;

namespace Braid.Benchmarks;

/// <summary>What one process saw of a flow.</summary>
/// <param name="Bytes">User data received.</param>
/// <param name="Seconds">From the first to the last of it.</param>
/// <param name="CpuSeconds">Processor time of the process.</param>
internal readonly record struct Measured(long Bytes, double Seconds, double CpuSeconds)
{
    private const string Word = "bench";

    public double GigabitsPerSecond => Seconds > 0 ? Bytes * 8 / Seconds / 1e9 : 0;

    public double CpuSecondsPerGigabyte => CpuSeconds / (Bytes / 1e9);

    public static double CpuNow => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>Reads the line that a process ends with; the C program writes the same.</summary>
    public static bool TryParse(string line, out Measured measured)
    {
        bool isOne = Words.TryParse(line, Word, out double[] numbers);
        measured = isOne ? new Measured((long)numbers[0], numbers[1], numbers[2]) : default;
        return isOne;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word} {Bytes} {Seconds:0.000000} {CpuSeconds:0.000000}");
}

/// <summary>Round trips of single messages, in microseconds.</summary>
/// <param name="Median">Half of them took no longer.</param>
/// <param name="P99">99 % of them took no longer.</param>
/// <param name="P999">99.9 % of them took no longer.</param>
internal readonly record struct RoundTrips(double Median, double P99, double P999)
{
    private const string Word = "ping";

    /// <summary>Reads the line that a process ends with; the C program writes the same.</summary>
    public static bool TryParse(string line, out RoundTrips trips)
    {
        bool isOne = Words.TryParse(line, Word, out double[] numbers);
        trips = isOne ? new RoundTrips(numbers[0], numbers[1], numbers[2]) : default;
        return isOne;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Word} {Median:0.000} {P99:0.000} {P999:0.000}");
}

/// <summary>Measures round trips: every one is kept, in memory that was there before.</summary>
/// <param name="rounds">How many count.</param>
internal sealed class RoundTripClock(int rounds)
{
    private readonly long[] _ticks = new long[rounds];
    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _last;
    private int _next = -WarmUpRounds - 1;

    // What does not count. The runtime goes on compiling for some time after the code was called often enough, on a thread of its own,
    // which takes a processor from the two processes meanwhile: by time, then, as well as by number.
    private static int WarmUpRounds => 5000;

    private static TimeSpan WarmUp => TimeSpan.FromSeconds(3);

    /// <summary>Ends a round trip, and begins the next one.</summary>
    /// <returns>False when there is none to come.</returns>
    public bool Next()
    {
        long now = Stopwatch.GetTimestamp();
        if (_next >= 0)
        {
            _ticks[_next] = now - _last;
        }

        _last = now;
        if (_next != -1 || Stopwatch.GetElapsedTime(_begin, now) >= WarmUp)
        {
            _next++;
        }

        return _next < _ticks.Length;
    }

    public RoundTrips ToRoundTrips()
    {
        Array.Sort(_ticks);
        return new RoundTrips(At(0.5), At(0.99), At(0.999));
    }

    private double At(double quantile) => _ticks[(int)(quantile * (_ticks.Length - 1))] * 1e6 / Stopwatch.Frequency;
}

/// <summary>What has arrived of a flow, and when. For one thread.</summary>
internal sealed class Arrivals
{
    private const int MostReads = 64;                        // without a look at the clock, which costs as much as a small message
    private const int MostBytes = 256 * 1024;

    private int _reads;
    private long _timedBytes;
    private long _first;
    private long _last;

    public long Bytes { get; private set; }

    /// <summary>What several flows were together: from the first that arrived of any to the last.</summary>
    public static Measured Together(IReadOnlyCollection<Arrivals> flows, double cpuSeconds)
    {
        Arrivals[] some = [.. flows.Where(flow => flow.Bytes > 0)];
        return some.Length == 0
            ? default
            : new Measured(
                some.Sum(flow => flow._timedBytes), Stopwatch.GetElapsedTime(some.Min(flow => flow._first), some.Max(flow => flow._last)).TotalSeconds, cpuSeconds);
    }

    public void Add(int bytes)
    {
        Bytes += bytes;
        if (_reads++ % MostReads == 0 || Bytes - _timedBytes >= MostBytes)
        {
            _last = Stopwatch.GetTimestamp();
            _first = _first == 0 ? _last : _first;
            _timedBytes = Bytes;
        }
    }
}

/// <summary>A line of a word and three numbers.</summary>
file static class Words
{
    public static bool TryParse(string line, string word, out double[] numbers)
    {
        string[] words = line.Split(' ');
        bool isOne = words.Length == 4 && words[0] == word;
        numbers = isOne ? Array.ConvertAll(words[1..], text => double.Parse(text, CultureInfo.InvariantCulture)) : [];
        return isOne;
    }
}
