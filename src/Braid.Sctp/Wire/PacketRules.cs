namespace Braid.Sctp.Wire;

/// <summary>What a packet as a whole is, as far as the rules about bundling and tags ask (RFC 9260 §6.10, §8.4, §8.5.1).</summary>
public readonly record struct PacketShape
{
    /// <summary>There is no chunk, or the first one is not whole.</summary>
    public bool IsMalformed { get; init; }

    /// <summary>INIT, INIT ACK or SHUTDOWN COMPLETE with company, or COOKIE ECHO that is not the first chunk, but for an AUTH chunk.</summary>
    public bool IsForbiddenBundle { get; init; }

    /// <summary>The type of the first chunk; of the second, where an AUTH chunk is before it (RFC 4895 §6.3).</summary>
    public ChunkType FirstType { get; init; }

    /// <summary>The first chunk is an AUTH chunk.</summary>
    public bool BeginsWithAuth { get; init; }

    /// <summary>An INIT and nothing else.</summary>
    public bool IsSoleInit { get; init; }

    /// <summary>Initiate Tag of that INIT; none when it is too short to have one.</summary>
    public VerificationTag InitiateTag { get; init; }

    /// <summary>There is an ABORT.</summary>
    public bool HasAbort { get; init; }

    /// <summary>The ABORT, or the SHUTDOWN COMPLETE, has the T bit: the packet carries its sender's own tag back.</summary>
    public bool IsTagReflected { get; init; }

    /// <summary>There is a SHUTDOWN ACK.</summary>
    public bool HasShutdownAck { get; init; }

    /// <summary>There is a SHUTDOWN COMPLETE.</summary>
    public bool HasShutdownComplete { get; init; }

    /// <summary>There is a COOKIE ACK.</summary>
    public bool HasCookieAck { get; init; }

    /// <summary>There is an ERROR with the cause "stale cookie".</summary>
    public bool HasStaleCookieError { get; init; }
}

/// <summary>Rules about a packet that no state is needed for.</summary>
public static class PacketRules
{
    /// <summary>Looks at all chunks of a packet once.</summary>
    public static PacketShape Inspect(in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        var shape = new PacketShape { IsMalformed = true };
        int count = 0;
        bool mustBeAlone = false;
        while (chunks.TryRead(out ChunkView chunk))
        {
            shape = count == 0 ? new PacketShape { FirstType = chunk.Type, BeginsWithAuth = chunk.Type == ChunkType.Auth }
                : count == 1 && shape.BeginsWithAuth ? shape with { FirstType = chunk.Type }
                : shape;
            count++;
            switch (chunk.Type)
            {
                case ChunkType.Data or ChunkType.IData or ChunkType.Sack or ChunkType.NrSack:
                    break;                                   // nearly all of them
                case ChunkType.Init:
                    mustBeAlone = true;
                    shape = shape with { InitiateTag = InitChunk.TryRead(chunk, out InitChunk init) ? init.InitiateTag : default };
                    break;
                case ChunkType.InitAck:
                    mustBeAlone = true;
                    break;
                case ChunkType.ShutdownComplete:
                    mustBeAlone = true;
                    bool isReflected = ShutdownCompleteChunk.TryRead(chunk, out ShutdownCompleteChunk complete) && complete.TagReflected;
                    shape = shape with { HasShutdownComplete = true, IsTagReflected = isReflected };
                    break;
                case ChunkType.Abort:
                    shape = shape with { HasAbort = true, IsTagReflected = (chunk.Flags & AbortChunk.TagReflectedFlag) != 0 };
                    break;
                case ChunkType.CookieEcho:
                    shape = shape with { IsForbiddenBundle = shape.IsForbiddenBundle || count > (shape.BeginsWithAuth ? 2 : 1) };
                    break;
                case ChunkType.ShutdownAck:
                    shape = shape with { HasShutdownAck = true };
                    break;
                case ChunkType.CookieAck:
                    shape = shape with { HasCookieAck = true };
                    break;
                case ChunkType.Error:
                    shape = shape with { HasStaleCookieError = shape.HasStaleCookieError || HasStaleCookie(chunk) };
                    break;
            }
        }

        return mustBeAlone
            ? shape with { IsForbiddenBundle = count > 1, IsSoleInit = count == 1 && shape.FirstType == ChunkType.Init }
            : shape;
    }

    private static bool HasStaleCookie(in ChunkView chunk)
    {
        if (!ErrorChunk.TryRead(chunk, out ErrorChunk error))
        {
            return false;
        }

        CauseReader causes = error.Causes;
        while (causes.TryRead(out CauseView cause))
        {
            if (cause.Code == CauseCode.StaleCookie)
            {
                return true;
            }
        }

        return false;
    }
}
