using System.Globalization;

namespace Braid.Benchmarks;

/// <summary>Numbers as rows are named after them.</summary>
internal static class Amount
{
    private const int Kibi = 1024;

    /// <summary>Such as 64 B or 16 KiB.</summary>
    public static string Bytes(int bytes) => bytes >= Kibi && bytes % Kibi == 0 ? $"{Count(bytes / Kibi)} KiB" : $"{Count(bytes)} B";

    /// <summary>Such as 10,000.</summary>
    public static string Count(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
