using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Messages that have no TSN yet. Owns the outgoing streams and the count of bytes that the application may not exceed:
/// those waiting here and those outstanding.
/// </summary>
internal sealed class SendQueue(OutboundMessagePool messages, IStreamScheduler scheduler, AssociationContext context, PathSet paths)
{
    // A message that needs several fragments anyway starts in what is left of a packet, but not for a crumb of it.
    private const int LeastFragment = 256;

    private OutboundStream?[] _streams = [];
    private int _streamCount = context.Options.OutgoingStreams;
    private long _uncutBytes;
    private int _urgentMessages;                             // those with the I bit

    /// <summary>Bytes accepted and not yet cumulatively acknowledged.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>What they count for: a message costs more than its bytes, and a small one far more.</summary>
    public long BufferedCharge => BufferedBytes + ((long)messages.Rented * AssociationOptions.MessageOverhead);

    /// <summary>Messages waiting, the one that is being cut included.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Whether nothing waits for a TSN.</summary>
    public bool IsEmpty => MessageCount == 0;

    /// <summary>Accepts a message and takes its buffer over, if the status is <see cref="SendStatus.Ok"/>.</summary>
    public SendStatus Enqueue(PooledBuffer payload, in SendOptions sendOptions)
    {
        SendStatus status = Check(payload.Length, sendOptions);
        if (status != SendStatus.Ok)
        {
            return status;
        }

        OutboundMessage message = messages.Rent(payload, sendOptions);
        BufferedBytes += message.Length;
        _uncutBytes += message.Length;
        _urgentMessages += sendOptions.SackImmediately ? 1 : 0;
        MessageCount++;
        OutboundStream stream = StreamFor(sendOptions.Stream);
        bool wasIdle = stream.First is null;
        stream.Add(message);
        if (wasIdle)
        {
            scheduler.Activate(stream);
        }

        return SendStatus.Ok;
    }

    /// <summary>What <see cref="Enqueue"/> would say to a message.</summary>
    public SendStatus Check(int length, in SendOptions sendOptions)
    {
        if (length == 0 || length > context.Options.MaximumMessageSize)
        {
            return SendStatus.InvalidLength;
        }

        if (length > paths.MaximumPayload && !context.Options.Fragmentation)
        {
            return SendStatus.NeedsFragmentation;
        }

        if (sendOptions.Stream.Value >= _streamCount)
        {
            return SendStatus.InvalidStream;
        }

        // The last message may reach over the limit, so that one longer than the buffer can be sent at all.
        return BufferedCharge >= context.Options.SendBufferSize ? SendStatus.QueueFull : SendStatus.Ok;
    }

    /// <summary>
    /// Whether all that waits is worth waiting for more (RFC 6458 §8.1.5): it would not fill a packet, no message of it was
    /// begun or is longer than a chunk, and none asks for an early acknowledgement.
    /// </summary>
    /// <param name="room">Bytes for chunks in one packet.</param>
    public bool IsSmall(int room) => _urgentMessages == 0 && scheduler.Peek()?.First is { Cut: 0 } first && first.Length <= paths.MaximumPayload
        && _uncutBytes + ((long)MessageCount * DataChunk.HeaderLength) < room;

    /// <summary>The size of the fragment that <see cref="Cut"/> would make now.</summary>
    /// <param name="available">User data that fits into what is left of the packet, in bytes.</param>
    /// <param name="full">User data that fits into a packet with nothing else in it.</param>
    /// <param name="length">Its bytes of user data.</param>
    /// <returns>False when nothing waits, or when it is better begun in a packet of its own.</returns>
    public bool TryPeek(int available, int full, out int length)
    {
        length = 0;
        if (scheduler.Peek()?.First is not { } message)
        {
            return false;
        }

        int remaining = message.Length - message.Cut;
        if (remaining <= available)
        {
            length = remaining;
            return true;
        }

        // What fits into one packet is never split; what does not is cut to fill this one.
        length = available;
        return remaining > full && available >= Math.Min(LeastFragment, full);
    }

    /// <summary>Cuts the fragment that <see cref="TryPeek"/> announced.</summary>
    public Fragment Cut(int length, bool sackImmediately)
    {
        OutboundStream stream = scheduler.Peek()!;
        OutboundMessage message = stream.First!;
        var flags = DataFlags.None;
        if (message.Cut == 0)
        {
            flags |= DataFlags.Beginning;
            message.Ssn = message.Options.Unordered ? default : stream.TakeSsn();
        }

        int offset = message.Cut;
        message.Cut += length;
        _uncutBytes -= length;
        message.FragmentsHeld++;
        if (message.Options.Unordered)
        {
            flags |= DataFlags.Unordered;
        }

        bool isLast = message.Cut == message.Length;
        if (isLast)
        {
            flags |= DataFlags.Ending;
            stream.RemoveFirst();
            MessageCount--;
            _urgentMessages -= message.Options.SackImmediately ? 1 : 0;
            scheduler.MessageDone(stream, stream.First is not null);
        }

        // §6.1: the I bit on the last chunk of a message that asks for it, or whenever the sender would gain.
        if (sackImmediately || (isLast && message.Options.SackImmediately))
        {
            flags |= DataFlags.SackImmediately;
        }

        return new Fragment(message, offset, length, flags);
    }

    /// <summary>Bytes were cumulatively acknowledged: the application may send as many.</summary>
    public void OnReleased(long bytes) => BufferedBytes -= bytes;

    /// <summary>The peer allows fewer streams than we asked for (§5.1.1): what waits on the others cannot be sent.</summary>
    public void LimitStreams(int count)
    {
        _streamCount = Math.Min(_streamCount, count);
        bool mustDiscard = false;
        for (int i = _streamCount; i < _streams.Length; i++)
        {
            mustDiscard |= _streams[i]?.First is not null;
        }

        if (!mustDiscard)
        {
            return;
        }

        // Rebuilding the scheduler's queue by going once round it keeps the order of the streams that stay.
        OutboundStream? firstKept = null;
        while (scheduler.Peek() is { } stream && stream != firstKept)
        {
            bool isKept = stream.Id.Value < _streamCount;
            while (!isKept && stream.First is not null)
            {
                Discard(stream.RemoveFirst());
            }

            firstKept ??= isKept ? stream : null;
            scheduler.MessageDone(stream, isKept);
        }
    }

    /// <summary>Lets everything go, and begins anew: every stream with its first SSN, as many streams as we ask for.</summary>
    public void Reset()
    {
        Clear();
        _streams = [];
        _streamCount = context.Options.OutgoingStreams;
    }

    /// <summary>Lets everything go, after the outstanding fragments were let go.</summary>
    public void Clear()
    {
        while (scheduler.Peek() is { } stream)
        {
            while (stream.First is not null)
            {
                Discard(stream.RemoveFirst());
            }

            scheduler.MessageDone(stream, hasMore: false);
        }

        BufferedBytes = 0;
    }

    private void Discard(OutboundMessage message)
    {
        BufferedBytes -= message.Length;
        _uncutBytes -= message.Length - message.Cut;
        _urgentMessages -= message.Options.SackImmediately ? 1 : 0;
        MessageCount--;
        messages.Return(message);
    }

    private OutboundStream StreamFor(StreamId id)
    {
        if (id.Value >= _streams.Length)
        {
            Array.Resize(ref _streams, Math.Min(_streamCount, Math.Max(id.Value + 1, _streams.Length * 2)));
        }

        return _streams[id.Value] ??= new OutboundStream(id);
    }
}
