namespace Braid.Sctp;

/// <summary>
/// Whose turn it is to send: that of the stream in the middle of a message, or of a record, whose TSNs are consecutive (RFC 9260 §6.9),
/// else of the one that the scheduler names (RFC 8260 §3). Owns the scheduler, and knows who holds the turn.
/// </summary>
/// <param name="scheduler">Which scheduler.</param>
internal struct SendingTurn(StreamScheduler scheduler)
{
    private IStreamScheduler _scheduler = StreamSchedulers.Create(scheduler);
    private OutboundStream? _holder;                         // §6.9: has begun a message, so that it is nobody else's turn
    private long _bytes;                                     // what it has sent of that

    /// <summary>Whose turn it is; null when nobody has anything to send.</summary>
    public readonly OutboundStream? Stream => _holder ?? _scheduler.Peek();

    /// <summary>A stream may have something to send now.</summary>
    public readonly void ActivateIfWaiting(OutboundStream stream)
    {
        if (!stream.IsActive && stream.First is not null)
        {
            stream.IsActive = true;
            _scheduler.Activate(stream);
        }
    }

    /// <summary>A stream has nothing to send any more.</summary>
    public readonly void Deactivate(OutboundStream stream)
    {
        if (stream.IsActive)
        {
            stream.IsActive = false;
            _scheduler.Remove(stream);
        }
    }

    /// <summary>A fragment was cut. Before the last one of a record was, it is no other stream's turn.</summary>
    /// <param name="stream">Of which stream.</param>
    /// <param name="length">User data of the fragment, in bytes.</param>
    /// <param name="isLast">Whether it ends a message.</param>
    /// <param name="isOver">
    /// Whether it ends the record; or messages are interleaved, so that the TSN says nothing about the message (RFC 8260 §2.2.2) and
    /// each chunk may be another stream's.
    /// </param>
    public void OnCut(OutboundStream stream, int length, bool isLast, bool isOver)
    {
        _bytes += length;
        if (isOver)
        {
            End(stream);
            return;
        }

        stream.HoldsTurn = isLast || stream.HoldsTurn;
        _holder = stream;
    }

    /// <summary>The record that a stream was in the middle of is given up: its turn is over.</summary>
    /// <returns>False when the stream does not hold the turn.</returns>
    public bool TryGiveUp(OutboundStream stream)
    {
        if (_holder != stream)
        {
            return false;
        }

        End(stream);
        _scheduler.EndPacket();                              // the next one is not kept for it
        return true;
    }

    /// <summary>All that a stream had to send was let go.</summary>
    public void OnDiscarded(OutboundStream stream)
    {
        Deactivate(stream);
        if (_holder == stream)
        {
            _holder = null;
            _bytes = 0;
            _scheduler.EndPacket();
        }
    }

    /// <summary>What the scheduler asks of a stream has changed.</summary>
    public readonly void Reorder(OutboundStream stream)
    {
        if (stream.IsActive)
        {
            _scheduler.Remove(stream);
            _scheduler.Activate(stream);
        }
    }

    /// <summary>Other options take effect: another scheduler goes on with the streams that are active.</summary>
    public void OnSchedulerChanged(StreamScheduler scheduler)
    {
        IStreamScheduler before = _scheduler;
        before.EndPacket();
        _scheduler = StreamSchedulers.Create(scheduler);
        while (before.Peek() is { } stream)
        {
            before.Remove(stream);
            _scheduler.Activate(stream);
        }
    }

    /// <summary>A packet is about to be filled.</summary>
    public readonly void BeginPacket() => _scheduler.BeginPacket(Stream);

    /// <summary>Nothing more goes into the packet.</summary>
    public readonly void EndPacket()
    {
        if (_holder is null)
        {
            _scheduler.EndPacket();                          // else the next packet goes on with the same message
        }
    }

    private void End(OutboundStream stream)
    {
        stream.HoldsTurn = false;
        stream.IsActive = stream.First is not null;
        _scheduler.OnTurn(stream, _bytes, stream.IsActive);
        _holder = null;
        _bytes = 0;
    }
}
