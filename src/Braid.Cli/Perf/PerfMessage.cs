using System;
using System.Text.Json;
using System.Text.Json.Serialization;
using Braid.Cli.Output;

namespace Braid.Cli.Perf;

/// <summary>
/// What the two sides of <c>braid perf</c> say to each other: JSON on stream 0. The client begins with a request; whoever has sent all of
/// its data, and knows that it was acknowledged or given up, or has waited for that long enough, says "end"; the server answers the client's
/// with the result of what it got.
/// </summary>
internal sealed record PerfMessage
{
    public const string Request = "request";
    public const string End = "end";
    public const string Result = "result";

    private const int LongestTest = 24 * 3600;

    /// <summary>One of the constants.</summary>
    public required string Type { get; init; }

    /// <summary>Data streams, numbered from 1.</summary>
    public int Streams { get; init; }

    /// <summary>Bytes in each message.</summary>
    public int Size { get; init; }

    /// <summary>How long to send, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Whether the client sends.</summary>
    public bool ClientSends { get; init; }

    /// <summary>Whether the server sends.</summary>
    public bool ServerSends { get; init; }

    /// <summary>Whether messages are unordered.</summary>
    public bool Unordered { get; init; }

    /// <summary>Milliseconds after which a message is given up; null for never.</summary>
    public double? LifetimeMilliseconds { get; init; }

    /// <summary>User data of whoever says "end" that is not acknowledged; null for none.</summary>
    public long? BytesLeft { get; init; }

    /// <summary>What the server has received.</summary>
    public PerfTotal? Received { get; init; }

    /// <summary>CPU time of the server's process for the test, in seconds.</summary>
    public double? CpuSeconds { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PerfJson.Default.PerfMessage);

    /// <exception cref="TransferFailedException">It is something else.</exception>
    public static PerfMessage Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, PerfJson.Default.PerfMessage) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new TransferFailedException("the peer does not speak the protocol of 'braid perf'");
        }
    }

    /// <summary>What keeps a request from being served; null for nothing.</summary>
    public string? Objection(int outgoing, int maximumMessage) =>
        Type != Request ? "a test begins with a request"
        : Streams < 1 || (ServerSends && Streams >= outgoing) ? $"there are {outgoing - 1} streams for data"
        : Size < 1 || Size > maximumMessage ? $"messages have 1 to {maximumMessage} bytes"
        : !(Seconds > 0 && Seconds <= LongestTest) ? "a test takes a day at most"
        : LifetimeMilliseconds is { } lifetime && !(lifetime >= 0 && lifetime <= uint.MaxValue) ? "there is no such lifetime"
        : null;
}

/// <summary>Data that went one way.</summary>
internal sealed record PerfTotal
{
    /// <summary>User data.</summary>
    public long Bytes { get; init; }

    /// <summary>Messages.</summary>
    public long Messages { get; init; }

    /// <summary>From the first to the last of them.</summary>
    public double Seconds { get; init; }

    /// <summary>User data in bits per second.</summary>
    public double BitsPerSecond => Seconds > 0 ? Bytes * 8 / Seconds : 0;
}

/// <summary>Source-generated, so that nothing has to be reflected over.</summary>
[JsonSerializable(typeof(PerfMessage))]
[JsonSerializable(typeof(PerfReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class PerfJson : JsonSerializerContext;
