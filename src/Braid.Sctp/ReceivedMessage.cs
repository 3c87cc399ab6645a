using System;
using System.Buffers;
using System.Threading;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// One message from the peer, or one part of a message that is too long for the receive buffer (RFC 9260 §6.9), in the pooled memory that it was reassembled in. Disposing it, on the thread that drives the
/// association, returns the memory and re-opens the advertised window; it must not be touched afterwards.
/// </summary>
public sealed class ReceivedMessage : IDisposable
{
    private IReceivedMessageOwner? _owner;
    private PooledBuffer? _first;
    private PooledBuffer? _last;
    private volatile uint _generation;

    internal ReceivedMessage()
    {
    }

    /// <summary>The stream that it came on.</summary>
    public StreamId Stream { get; private set; }

    /// <summary>Payload protocol identifier, as the peer's application set it.</summary>
    public Ppid Ppid { get; private set; }

    /// <summary>
    /// Stream sequence number; says nothing when <see cref="Unordered"/>. Where messages are interleaved, the lower 16 bits of the
    /// message identifier (RFC 8260 §4.1).
    /// </summary>
    public Ssn Ssn { get; private set; }

    /// <summary>TSN of its first fragment.</summary>
    public Tsn Tsn { get; private set; }

    /// <summary>The Cumulative TSN Ack Point when the message was taken (RFC 6458 §5.3.5).</summary>
    public Tsn CumulativeTsn { get; internal set; }

    /// <summary>
    /// Differs once the message was disposed, and the object may be another message: who remembers it can tell that he is late.
    /// May be read from any thread.
    /// </summary>
    public uint Generation => _generation;

    /// <summary>Makes every handle that remembers a generation late, for the one that is about to hand the message back. From any thread.</summary>
    /// <param name="generation">The one that it remembers.</param>
    /// <returns>False when another one was faster, or it is late itself.</returns>
    public bool TryRetire(uint generation) => Interlocked.CompareExchange(ref _generation, generation + 1, generation) == generation;

    /// <summary>Whether it was sent unordered (§6.6).</summary>
    public bool Unordered { get; private set; }

    /// <summary>Bytes of user data, at least 1.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the message begins here. When one begins before another of its stream has ended, the rest of that one will not come.</summary>
    public bool BeginOfRecord { get; internal set; }

    /// <summary>
    /// Whether the message ends here. When it does not, its next part follows before any other message of its stream, and where
    /// messages are not interleaved (<see cref="Extensions.Interleaving"/>) before any other at all, unless the association
    /// ends or the peer gives the message up (<see cref="AssociationEvent.PartialDeliveryAborted"/>).
    /// </summary>
    public bool EndOfRecord { get; internal set; }

    /// <summary>The user data.</summary>
    public ReadOnlySequence<byte> Payload =>
        _first is null ? default : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Length);

    /// <summary>Bytes of the receive buffer that it holds until it is disposed: memory, so more than <see cref="Length"/>.</summary>
    public long Charge { get; private set; }

    /// <summary>Whether the application has got it.</summary>
    internal bool IsTaken { get; set; }

    /// <summary>The last TSN; the first one is <see cref="Tsn"/>.</summary>
    internal Tsn LastTsn { get; private set; }

    /// <summary>The next message in whichever queue holds this one.</summary>
    internal ReceivedMessage? NextInQueue { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        IReceivedMessageOwner? owner = _owner;
        if (owner is null)
        {
            return;
        }

        _owner = null;
        _generation++;
        for (PooledBuffer? buffer = _first; buffer is not null;)
        {
            PooledBuffer? next = buffer.NextBuffer;
            buffer.Dispose();
            buffer = next;
        }

        _first = null;
        _last = null;
        owner.OnDisposed(this);
    }

    internal void Set(IReceivedMessageOwner owner, StreamId stream, Ppid ppid, Ssn ssn, Tsn tsn, bool unordered)
    {
        _owner = owner;
        Stream = stream;
        Ppid = ppid;
        Ssn = ssn;
        Tsn = tsn;
        LastTsn = tsn.Previous;
        Unordered = unordered;
        BeginOfRecord = true;
        EndOfRecord = true;
        IsTaken = false;
        Length = 0;
        Charge = 0;
        NextInQueue = null;
    }

    internal void Append(PooledBuffer buffer, long charge)
    {
        if (_last is null)
        {
            _first = buffer;
        }
        else
        {
            _last.Append(buffer);
        }

        _last = buffer;
        LastTsn = LastTsn.Next;
        Length += buffer.Length;
        Charge += charge;
    }
}

/// <summary>Takes a message object back when its reader is done with it.</summary>
internal interface IReceivedMessageOwner
{
    void OnDisposed(ReceivedMessage message);
}
