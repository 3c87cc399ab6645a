using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Messages of a socket that are sent in pieces (SCTP_EXPLICIT_EOR): one at a time on an association.</summary>
internal sealed class Records(UsrsctpSocket socket)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SctpAssociationId, Record> _open = [];

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
        Record record = RecordOf(association, info);
        int taken = 0;
        while (taken < piece.Length)
        {
            if (!record.HasRoom)
            {
                socket.WantRoom();
            }

            if (!record.HasRoom && (!waits || !socket.WaitUntil(() => record.HasRoom)))
            {
                return taken > 0 ? taken : throw new RefusedException(socket.IsClosed ? Errno.BadDescriptor : Errno.WouldBlock);
            }

            int count = Math.Min(piece.Length - taken, record.Room);
            bool ends = isLast && taken + count == piece.Length;
            record.Write(piece.Slice(taken, count).ToArray(), ends);
            taken += count;
            if (ends)
            {
                Forget(association);
            }
        }

        return taken;
    }

    /// <summary>No more is sent on an association: a message that has not ended ends here.</summary>
    public void End(SctpAssociation association)
    {
        Record? record;
        lock (_gate)
        {
            _open.Remove(association.Id, out record);
        }

        record?.Write([], ends: true);
    }

    private Record RecordOf(SctpAssociation association, SctpSendInfo info)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(association.Id, out Record? record) && !association.Host.HasEnded)
            {
                return record.Stream == info.StreamId ? record : throw new RefusedException(Errno.Invalid);
            }

            try
            {
                record = new Record(socket, association, info);
            }
            catch (InvalidOperationException)
            {
                throw new RefusedException(Errno.WouldBlock);            // the one before has not left yet
            }

            _open[association.Id] = record;
            return record;
        }
    }

    private void Forget(SctpAssociation association)
    {
        lock (_gate)
        {
            _open.Remove(association.Id);
        }
    }

    private sealed class Record(UsrsctpSocket socket, SctpAssociation association, SctpSendInfo info)
    {
        private readonly SctpMessageStream _writer = association.GetStream(info.StreamId).OpenMessageWriter(info);
        private Task _last = Task.CompletedTask;

        public ushort Stream => info.StreamId;

        // Also when it has ended: the next piece is told.
        public bool HasRoom => _last.IsCompleted && (association.Host.HasEnded || !association.Host.Outbox.IsFull);

        public int Room => (int)Math.Clamp(association.Host.Options.SendBufferSize - association.BufferedAmount, 1, 1 << 20);

        public void Write(byte[] piece, bool ends)
        {
            _last = WriteAsync(_last, piece, ends);
            if (_last.Exception?.InnerException is SctpException exception)
            {
                throw exception;
            }

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
