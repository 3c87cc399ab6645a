using System.Diagnostics;
using System.Threading;

namespace Braid.Cli.Perf;

/// <summary>Bytes and messages that went one way, and between when.</summary>
internal sealed class PerfCounter
{
    private long _bytes;
    private long _messages;
    private long _first;
    private long _last;

    /// <summary>So far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>All of it.</summary>
    public PerfTotal Total => new()
    {
        Bytes = Bytes,
        Messages = Interlocked.Read(ref _messages),
        Seconds = Stopwatch.GetElapsedTime(_first, Volatile.Read(ref _last)).TotalSeconds,
    };

    /// <summary>By any thread.</summary>
    public void Add(long bytes, int messages)
    {
        if (bytes == 0)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref _first, now, 0);
        Volatile.Write(ref _last, now);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _messages, messages);
    }
}
