using System.Buffers.Binary;
using System.Linq;

namespace Braid.Scenarios.Conformance;

/// <summary>Chunks, parameters and causes as bytes, laid out by hand: what tests the stack must not share its code.</summary>
internal static class Chunk
{
    public const byte Whole = 3;                             // B and E

    public static byte[] Raw(byte type, byte flags, params byte[] value) =>
        Pad([type, flags, .. U16(4 + value.Length), .. value]);

    public static byte[] Data(uint tsn, int stream, int ssn, byte[] payload, byte flags = Whole) =>
        Raw(0, flags, [.. U32(tsn), .. U16(stream), .. U16(ssn), .. U32(0), .. payload]);

    public static byte[] Init(uint tag, uint window = 100_000, int outgoing = 10, int incoming = 10, uint tsn = 1000, params byte[][] parameters) =>
        Raw(1, 0, [.. U32(tag), .. U32(window), .. U16(outgoing), .. U16(incoming), .. U32(tsn), .. Join(parameters)]);

    public static byte[] InitAck(uint tag, uint window = 100_000, int outgoing = 10, int incoming = 10, uint tsn = 1000, params byte[][] parameters)
    {
        byte[] chunk = Init(tag, window, outgoing, incoming, tsn, parameters);
        chunk[0] = 2;
        return chunk;
    }

    public static byte[] Sack(uint cumulativeAck, uint window = 100_000, params (ushort Start, ushort End)[] gaps) => Raw(
        3, 0, [.. U32(cumulativeAck), .. U32(window), .. U16(gaps.Length), .. U16(0), .. gaps.SelectMany(gap => (byte[])[.. U16(gap.Start), .. U16(gap.End)])]);

    public static byte[] Heartbeat(params byte[] info) => Raw(4, 0, Parameter(1, info));

    public static byte[] Abort(byte flags = 0) => Raw(6, flags);

    public static byte[] Shutdown(uint cumulativeAck) => Raw(7, 0, U32(cumulativeAck));

    public static byte[] ShutdownAck() => Raw(8, 0);

    public static byte[] Error(params byte[][] causes) => Raw(9, 0, Join(causes));

    public static byte[] CookieEcho(params byte[] cookie) => Raw(10, 0, cookie);

    public static byte[] CookieAck() => Raw(11, 0);

    public static byte[] ShutdownComplete(byte flags = 0) => Raw(14, flags);

    /// <summary>A parameter, or an error cause: they look the same.</summary>
    public static byte[] Parameter(int type, params byte[] value) => [.. U16(type), .. U16(4 + value.Length), .. value];

    public static byte[] IPv4(params byte[] address) => Parameter(5, address);

    public static byte[] StateCookie(params byte[] cookie) => Parameter(7, cookie);

    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Padded, but for the last.</summary>
    private static byte[] Join(byte[][] parts) => [.. parts.SkipLast(1).SelectMany(Pad), .. parts.LastOrDefault() ?? []];

    private static byte[] Pad(byte[] bytes) => [.. bytes, .. new byte[(4 - (bytes.Length % 4)) % 4]];
}
