using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Messages of a socket that are sent in pieces (SCTP_EXPLICIT_EOR): one at a time on an association.</summary>
internal sealed class Records(UsrsctpSocket socket)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SctpAssociationId, Record> _records = [];        // the last one of each association
    private readonly List<Record> _ending = [];
    private volatile bool _areEnding;

    /// <summary>Sends a piece.</summary>
    /// <param name="association">On which association.</param>
    /// <param name="piece">At least one byte.</param>
    /// <param name="info">How: what its first piece says.</param>
    /// <param name="isLast">Whether it ends the message.</param>
    /// <param name="waits">Whether the call waits for room.</param>
    /// <returns>Bytes that were taken: less than all only where it does not wait.</returns>
    /// <exception cref="RefusedException">Another stream's message has not ended, or there is no room.</exception>
    /// <exception cref="SctpException">Nothing can be sent any more.</exception>
    public int Send(SctpAssociation association, ReadOnlySpan<byte> piece, SctpSendInfo info, bool isLast, bool waits)
    {
        Record? record = Claim(association, info);
        if (record is null)
        {
            socket.WantRoom();
            if (!socket.WaitUntil(() => (record = Claim(association, info)) is not null, waits))
            {
                throw new RefusedException(socket.IsClosed ? Errno.BadDescriptor : Errno.WouldBlock);
            }
        }

        try
        {
            return Write(record!, piece, isLast, waits);
        }
        finally
        {
            Release(record!);
        }
    }

    /// <summary>
    /// No more is sent on an association: once all that was taken has left it shuts down. Where a message has not ended it is aborted, when all
    /// before is acknowledged: the peer must not take the pieces for the whole.
    /// </summary>
    public void End(SctpAssociation association)
    {
        bool hasRecord;
        lock (_gate)
        {
            hasRecord = _records.TryGetValue(association.Id, out Record? record);
            if (hasRecord && !_ending.Contains(record!))
            {
                _ending.Add(record!);
                _areEnding = true;
            }
        }

        if (hasRecord)
        {
            Review();
        }
        else
        {
            association.Host.RequestShutdown();
        }
    }

    /// <summary>When all that was taken is the associations'.</summary>
    public Task Left
    {
        get
        {
            lock (_gate)
            {
                return Task.WhenAll(_records.Values.Where(static record => !record.HasLeft).Select(static record => record.Last));
            }
        }
    }

    /// <summary>Whether a message was begun on an association and has not ended.</summary>
    public bool IsUnfinished(SctpAssociation association)
    {
        lock (_gate)
        {
            return _records.TryGetValue(association.Id, out Record? record) && record.IsUnfinished;
        }
    }

    /// <summary>Something has happened: associations that are to end may do it now.</summary>
    public void Review()
    {
        if (!_areEnding)
        {
            return;
        }

        Record[] ready;
        lock (_gate)
        {
            ready = [.. _ending.Where(static record => record.MayEnd)];
            _ending.RemoveAll(ready.Contains);
            _areEnding = _ending.Count > 0;
        }

        Array.ForEach(ready, static record => record.EndAssociation());
    }

    // All of it by one thread: pieces of two calls do not mix.
    private int Write(Record record, ReadOnlySpan<byte> piece, bool isLast, bool waits)
    {
        int taken = 0;
        while (taken < piece.Length)
        {
            if (!record.HasRoom)
            {
                socket.WantRoom();
                if (!socket.WaitUntil(() => record.HasRoom, waits))
                {
                    return taken > 0 ? taken : throw new RefusedException(socket.IsClosed ? Errno.BadDescriptor : Errno.WouldBlock);
                }
            }

            int count = Math.Min(piece.Length - taken, record.Room);
            record.Write(piece.Slice(taken, count).ToArray(), ends: isLast && taken + count == piece.Length);
            taken += count;
        }

        if (isLast && waits && !record.HasLeft)
        {
            socket.WaitUntil(() => record.HasLeft, waits);
            record.ThrowIfFailed();
        }

        return taken;
    }

    // The message that a piece is of, for one thread at a time; null while another one has it, the one before has not left, or there is no room.
    private Record? Claim(SctpAssociation association, SctpSendInfo info)
    {
        lock (_gate)
        {
            if (_records.TryGetValue(association.Id, out Record? record))
            {
                if (_ending.Contains(record))
                {
                    throw new RefusedException(Errno.Reset);
                }

                if (record.IsClaimed || !record.HasLeft)
                {
                    return null;
                }

                if (record.IsUnfinished && !association.Host.HasEnded)
                {
                    if (record.Stream != info.StreamId)
                    {
                        throw new RefusedException(Errno.Invalid);
                    }

                    record.IsClaimed = record.HasRoom;
                    return record.IsClaimed ? record : null;
                }
            }

            if (association.Host.Outbox.IsFull && !association.Host.HasEnded)
            {
                return null;
            }

            foreach (SctpAssociationId ended in _records.Where(static known => known.Value.HasEnded).Select(static known => known.Key).ToArray())
            {
                _records.Remove(ended);
            }

            record = new Record(socket, association, info) { IsClaimed = true };
            _records[association.Id] = record;
            return record;
        }
    }

    private void Release(Record record)
    {
        lock (_gate)
        {
            record.IsClaimed = false;
        }

        Review();
        socket.Wake();                                       // who waits for it
    }

    private sealed class Record(UsrsctpSocket socket, SctpAssociation association, SctpSendInfo info)
    {
        private const int LongestPiece = 1 << 20;
        private const int Overhead = 32 * 256;               // of as many parts of it

        private readonly SctpMessageStream _writer = association.GetStream(info.StreamId).OpenMessageWriter(info);
        private Task _last = Task.CompletedTask;
        private bool _hasBegun;
        private bool _isOver;

        public ushort Stream => info.StreamId;

        // A thread writes to it. Under the lock.
        public bool IsClaimed { get; set; }

        public Task Last => _last;

        public bool IsUnfinished => !_isOver;

        public bool HasEnded => association.Host.HasEnded;

        // All that was taken: it is the association's.
        public bool HasLeft => _last.IsCompleted;

        // Also when it has ended: the next piece is told.
        public bool HasRoom => HasLeft && (association.Host.HasEnded || !association.Host.Outbox.IsFull);

        // Such that what is taken is accepted at once: pieces count for more than their bytes.
        public int Room => (int)Math.Clamp(association.Host.Outbox.Left - Overhead, 1, LongestPiece);

        public bool MayEnd => !IsClaimed && HasLeft && (_isOver || !_hasBegun || association.BufferedAmount == 0 || HasEnded);

        public void EndAssociation()
        {
            if (_isOver || !_hasBegun)
            {
                association.Host.RequestShutdown();
            }
            else
            {
                association.Abort();
            }
        }

        public void Write(byte[] piece, bool ends)
        {
            _hasBegun = true;
            _isOver = ends;
            _last = WriteAsync(_last, piece, ends);
            ThrowIfFailed();
            if (!_last.IsCompleted)
            {
                _ = _last.ContinueWith(
                    task =>
                    {
                        _ = task.Exception;                  // told to the next piece
                        socket.Touch();                      // there may be room since the run that made it
                    },
                    TaskScheduler.Default);
            }
        }

        public void ThrowIfFailed()
        {
            if (_last.Exception?.InnerException is { } exception)
            {
                ExceptionDispatchInfo.Throw(exception);
            }
        }

        private async Task WriteAsync(Task before, byte[] piece, bool ends)
        {
            await before.ConfigureAwait(false);
            await _writer.WriteAsync(piece).ConfigureAwait(false);
            if (ends)
            {
                await _writer.CompleteAsync().ConfigureAwait(false);
            }
        }
    }
}
