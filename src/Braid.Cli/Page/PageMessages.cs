using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Braid.Cli.Page;

/// <summary>What the page and this process say to each other in JSON.</summary>
internal static class PageMessages
{
    /// <summary>Member names as JavaScript has them; what is null is left out.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Json);

    /// <summary>Reads a message; null where the text is none.</summary>
    public static T? Read<T>(string text)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The first text of a channel for a file: either one that is sent, or the number of one that is wanted.</summary>
internal sealed record FileRequest(string? Name, long? Size, int? Fetch);

/// <summary>What a file is, before its blocks.</summary>
internal sealed record FileHeader(string Name, long Size);

/// <summary>What ends a file.</summary>
internal sealed record FileEnd(string Sha256);

/// <summary>What became of a file that was sent.</summary>
internal sealed record FileResult(bool Stored, string? Sha256 = null, string? Error = null);

/// <summary>A file that the page can fetch.</summary>
internal sealed record FileOffer(int Id, string Name, long Size);

/// <summary>How long blocks are to come, in seconds.</summary>
internal sealed record ThroughputRequest(double Seconds);

/// <summary>What has arrived so far, in bytes.</summary>
internal sealed record ThroughputReport(long Received, bool End = false);

/// <summary>How this end stands. Sizes in bytes, the round-trip time in milliseconds.</summary>
internal sealed record PageStatus(
    long Cwnd, long InFlight, double Rtt, long Queue, long PacketsSent, long PacketsReceived, IReadOnlyList<FileOffer> Offers);
