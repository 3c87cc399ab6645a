using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Where an answer goes.</summary>
/// <param name="Path">Where the packet that is answered came from.</param>
/// <param name="Ports">The ports that it went to and came from: the answer has them the other way round (RFC 9260 §8.4).</param>
internal readonly record struct ReplyAddress(NetworkPath Path, PortPair Ports);

/// <summary>
/// Packets that answer a peer of whom we keep nothing: INIT ACK, ABORT, SHUTDOWN COMPLETE, ERROR (RFC 9260 §5.1, §8.4).
/// Bounded: beyond that, an answer is simply not given.
/// </summary>
internal sealed class StatelessReplies(BufferPool buffers, DropCounters drops)
{
    private const int MaximumWaiting = 256;
    private const byte TagReflected = 1;

    private readonly Queue<(PooledBuffer Packet, NetworkPath Path)> _waiting = new();

    /// <summary>Answers with an INIT ACK.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="tag">The Initiate Tag of the INIT.</param>
    /// <param name="fields">What we want and allow.</param>
    /// <param name="parameters">Cookie and reports, encoded.</param>
    public void AddInitAck(
        in ReplyAddress to, VerificationTag tag, in InitFields fields, ReadOnlySpan<byte> parameters)
    {
        Span<byte> bytes = stackalloc byte[PacketHeader.Length + 20 + parameters.Length + 3];
        var packet = new PacketWriter(bytes, to.Ports.Local, to.Ports.Remote, tag);
        bool fits = InitChunk.Write(ref packet, ChunkType.InitAck, fields, parameters);
        Invariant.Check(fits, "the room for an INIT ACK is too small");
        Add(to.Path, bytes[..packet.Finish()]);
    }

    /// <summary>Answers with an ABORT to a peer whose tag is known.</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="tag">The peer's tag.</param>
    /// <param name="cause">Why; none for an ABORT without cause.</param>
    /// <param name="info">What the cause says.</param>
    /// <param name="authentication">What vouches for it; nothing for a peer that has not agreed on it.</param>
    public void AddAbort(
        in ReplyAddress to, VerificationTag tag, CauseCode cause, ReadOnlySpan<byte> info = default, in ReplyAuthentication authentication = default)
    {
        Span<byte> room = stackalloc byte[4 + ErrorReporter.LongestCause];
        var causes = new CauseWriter(room);
        if (cause != CauseCode.None)
        {
            causes.TryWrite(cause, info);
        }

        Add(to, tag, ChunkType.Abort, 0, causes.Written, authentication);
    }

    /// <summary>Answers with an ABORT to a peer whose tag is not known: it gets back the one that it used.</summary>
    public void AddReflectedAbort(in ReplyAddress to, VerificationTag tag) =>
        Add(to, tag, ChunkType.Abort, TagReflected, default);

    /// <summary>Answers with "stale cookie" (§5.1.5 step 4).</summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="tag">The peer's tag.</param>
    /// <param name="staleness">How far beyond its lifetime the cookie is.</param>
    /// <param name="authentication">What vouches for it.</param>
    public void AddStaleCookie(in ReplyAddress to, VerificationTag tag, TimeSpan staleness, in ReplyAuthentication authentication)
    {
        Span<byte> room = stackalloc byte[16];
        var causes = new CauseWriter(room);
        StaleCookieCause.TryWrite(ref causes, (uint)Math.Min(uint.MaxValue, staleness.TotalMicroseconds));
        Add(to, tag, ChunkType.Error, 0, causes.Written, authentication);
    }

    /// <summary>§8.4, rules 2 to 8.</summary>
    public void AnswerOutOfTheBlue(in NetworkPath path, in PacketHeader header, in PacketShape shape)
    {
        if (shape.HasAbort || shape.FirstType is ChunkType.CookieEcho or ChunkType.Auth)
        {
            return;                                          // rule 4: a cookie that nobody made is discarded silently (§5.1.5); RFC 4895 §6.3: AUTH does not count
        }

        var to = new ReplyAddress(path, header.Ports);

        if (shape.IsSoleInit)
        {
            if (shape.InitiateTag != VerificationTag.None)
            {
                AddAbort(to, shape.InitiateTag, CauseCode.None);
            }
        }
        else if (shape.HasShutdownAck)
        {
            Add(to, header.Tag, ChunkType.ShutdownComplete, TagReflected, default);
        }
        else if (!shape.HasShutdownComplete && !shape.HasCookieAck && !shape.HasStaleCookieError)
        {
            AddReflectedAbort(to, header.Tag);
        }
    }

    /// <summary>Takes the next answer.</summary>
    public bool TryTake(Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!_waiting.TryDequeue(out (PooledBuffer Packet, NetworkPath Path) reply))
        {
            return false;
        }

        reply.Packet.Span.CopyTo(destination);
        datagram = new OutgoingDatagram(reply.Packet.Length, reply.Path);
        reply.Packet.Dispose();
        return true;
    }

    private void Add(
        in ReplyAddress to, VerificationTag tag, ChunkType type, byte flags, ReadOnlySpan<byte> value, in ReplyAuthentication authentication = default)
    {
        Span<byte> bytes = stackalloc byte[PacketHeader.Length + authentication.Length + 4 + value.Length + 3];
        var packet = new PacketWriter(bytes, to.Ports, tag, authentication.Plan, authentication.KeyId);
        bool fits = packet.TryBeginChunk(type, flags, value.Length, out Span<byte> destination);
        Invariant.Check(fits, "a stateless reply is larger than its buffer");
        value.CopyTo(destination);
        authentication.Sign(packet);
        Add(to.Path, bytes[..packet.Finish()]);
    }

    private void Add(in NetworkPath path, ReadOnlySpan<byte> packet)
    {
        if (_waiting.Count >= MaximumWaiting)
        {
            drops.Count(DropReason.ReplyQueueFull);
            return;
        }

        _waiting.Enqueue((buffers.RentCopy(packet), path));
    }
}
