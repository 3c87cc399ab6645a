using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>ERROR and ABORT chunks with their causes (RFC 9260 §3.3.7, §3.3.10).</summary>
internal readonly struct ErrorReporter(AssociationContext context)
{
    /// <summary>Bytes of a cause at most: what is reported may be as long as the peer likes, a packet may not.</summary>
    public const int LongestCause = 512;

    private const int CauseHeader = 4;

    /// <summary>Asks for an ERROR with one cause.</summary>
    public void Report(CauseCode code, ReadOnlySpan<byte> value)
    {
        if (!Enqueue(ChunkType.Error, code, value))
        {
            context.Drops.Count(DropReason.ReplyQueueFull);
        }
    }

    /// <summary>Asks for an ERROR about data on a stream that does not exist (§6.5).</summary>
    public void ReportInvalidStream(StreamId stream)
    {
        context.Drops.Count(DropReason.InvalidStream);
        Report(CauseCode.InvalidStreamIdentifier, [(byte)(stream.Value >> 8), (byte)stream.Value, 0, 0]);
    }

    /// <summary>Asks for an ABORT, which nothing else may wait behind.</summary>
    public void Abort(CauseCode code, ReadOnlySpan<byte> value) => Enqueue(ChunkType.Abort, code, value);

    private bool Enqueue(ChunkType type, CauseCode code, ReadOnlySpan<byte> value)
    {
        Span<byte> room = stackalloc byte[CauseHeader + LongestCause];
        var causes = new CauseWriter(room);
        causes.TryWrite(code, value[..Math.Min(value.Length, LongestCause)]);
        return type == ChunkType.Error ? context.Control.EnqueueAnswer(type, causes.Written) : context.Control.Enqueue(type, causes.Written);
    }
}
