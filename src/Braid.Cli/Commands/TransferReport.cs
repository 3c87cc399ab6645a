using System;
using System.Text.Json.Serialization;
using Braid.Cli.Output;
using Braid.Sctp;

namespace Braid.Cli.Commands;

/// <summary>The result of a transfer, as <c>--json</c> prints it.</summary>
internal sealed record TransferReport
{
    /// <summary>"ok" or "failed".</summary>
    public required string Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>Files that were transferred and verified.</summary>
    public int Files { get; init; }

    /// <summary>Bytes of files.</summary>
    public long Bytes { get; init; }

    /// <summary>From the first to the last of them.</summary>
    public double Seconds { get; init; }

    /// <summary>Bits of files per second.</summary>
    public double BitsPerSecond { get; init; }

    /// <summary>DATA chunks sent more than once.</summary>
    public long Retransmissions { get; init; }

    /// <summary>DATA chunks sent.</summary>
    public long Chunks { get; init; }

    /// <summary>Smoothed round-trip time, in milliseconds.</summary>
    public double SmoothedRttMilliseconds { get; init; }

    /// <summary>SHA-256 of the one file, where there is one.</summary>
    public string? Sha256 { get; init; }

    public static TransferReport For(TransferProgress progress, int files, AssociationStatistics statistics) => new()
    {
        Status = "ok",
        Files = files,
        Bytes = progress.Done,
        Seconds = progress.Elapsed.TotalSeconds,
        BitsPerSecond = progress.Done * 8 / Math.Max(progress.Elapsed.TotalSeconds, 1e-6),
        Retransmissions = statistics.ChunksRetransmitted,
        Chunks = statistics.ChunksSent,
        SmoothedRttMilliseconds = statistics.SmoothedRtt.TotalMilliseconds,
    };
}

/// <summary>Source-generated, so that nothing has to be reflected over.</summary>
[JsonSerializable(typeof(TransferReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ReportJson : JsonSerializerContext;
