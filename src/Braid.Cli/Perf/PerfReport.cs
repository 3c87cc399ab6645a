using System.Collections.Generic;

namespace Braid.Cli.Perf;

/// <summary>The result of <c>braid perf client</c>, as <c>--json</c> prints it.</summary>
internal sealed record PerfReport
{
    /// <summary>"ok".</summary>
    public required string Status { get; init; }

    /// <summary>What was asked for.</summary>
    public required PerfMessage Test { get; init; }

    /// <summary>What each second brought.</summary>
    public required IReadOnlyList<PerfInterval> Intervals { get; init; }

    /// <summary>Data that the client sent; null when it sent none.</summary>
    public PerfTotal? Sent { get; init; }

    /// <summary>What of that the server received.</summary>
    public PerfTotal? ReceivedByServer { get; init; }

    /// <summary>Data that the client received; null when the server sent none.</summary>
    public PerfTotal? Received { get; init; }

    /// <summary>User data that was not acknowledged five seconds after the time was over.</summary>
    public long BytesLeft { get; init; }

    /// <summary>Messages of the client that were given up.</summary>
    public long Abandoned { get; init; }

    /// <summary>DATA chunks that the client sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>CPU time of the client's process, in seconds.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>CPU time of the server's process, in seconds.</summary>
    public double? ServerCpuSeconds { get; init; }
}

/// <summary>One second of a test, as the client saw it.</summary>
internal sealed record PerfInterval
{
    /// <summary>When it ended, in seconds.</summary>
    public required double End { get; init; }

    /// <summary>User data handed to the association.</summary>
    public required long BytesSent { get; init; }

    /// <summary>User data received.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>DATA chunks sent again.</summary>
    public required long Retransmissions { get; init; }

    /// <summary>cwnd at its end, in bytes.</summary>
    public required long CongestionWindow { get; init; }

    /// <summary>Smoothed round-trip time at its end, in milliseconds.</summary>
    public required double SmoothedRttMilliseconds { get; init; }
}
