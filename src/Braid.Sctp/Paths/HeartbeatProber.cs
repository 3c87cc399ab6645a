using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>The heartbeat of one path (RFC 9260 §8.3): which one is outstanding, and what its answer must say.</summary>
internal sealed class HeartbeatProber
{
    /// <summary>Bytes of Heartbeat Information: path index, nonce, time of sending.</summary>
    public const int InfoLength = 4 + 8 + 8;

    private ulong _nonce;

    /// <summary>Whether an answer is awaited.</summary>
    public bool IsOutstanding { get; private set; }

    /// <summary>How long to wait before the next one: HB.interval and the RTO, jittered by half of the RTO to both sides.</summary>
    public static TimeSpan Delay(TimeSpan interval, TimeSpan rto, IRandomSource random) =>
        interval + (rto / 2) + random.NextTimeSpan(rto);

    /// <summary>Makes the information of a new heartbeat.</summary>
    /// <param name="destination"><see cref="InfoLength"/> bytes.</param>
    /// <param name="path">Index of the path.</param>
    /// <param name="now">The instant of sending.</param>
    /// <param name="random">Where the nonce comes from.</param>
    public void Begin(Span<byte> destination, int path, Instant now, IRandomSource random)
    {
        _nonce = random.NextUInt64();
        IsOutstanding = true;
        Write(destination, path, _nonce, now);
    }

    /// <summary>Writes what a peer is to send back.</summary>
    public static void Write(Span<byte> destination, int path, ulong nonce, Instant now)
    {
        var writer = new WireWriter(destination);
        writer.WriteUInt32((uint)path);
        writer.WriteUInt64(nonce);
        writer.WriteUInt64((ulong)now.Ticks);
    }

    /// <summary>Reads the information that a peer sent back.</summary>
    public static bool TryRead(ReadOnlySpan<byte> info, out int path, out ulong nonce, out Instant sent)
    {
        var reader = new WireReader(info);
        bool isValid = reader.TryReadUInt32(out uint index) & reader.TryReadUInt64(out nonce) & reader.TryReadUInt64(out ulong ticks)
            && reader.Remaining == 0 && index <= ushort.MaxValue && ticks < long.MaxValue;
        path = (int)index;
        sent = new Instant((long)ticks);
        return isValid;
    }

    /// <summary>Whether an answer is the one awaited; if so, it is awaited no longer.</summary>
    public bool TryComplete(ulong nonce)
    {
        if (!IsOutstanding || nonce != _nonce)
        {
            return false;
        }

        IsOutstanding = false;
        return true;
    }

    /// <summary>The answer did not come in time.</summary>
    public void GiveUp() => IsOutstanding = false;
}
