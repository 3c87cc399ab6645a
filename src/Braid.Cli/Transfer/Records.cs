using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Transfer;

/// <summary>
/// Whole messages again out of those that come in parts: the parts of one follow each other on their stream, but those of other
/// streams may come between (RFC 8260).
/// </summary>
/// <param name="most">Bytes that all messages which have begun and not ended may hold.</param>
internal sealed class Records(long most = 64 << 20)
{
    private readonly Dictionary<ushort, MemoryStream> _open = [];
    private long _held;

    /// <summary>Takes in what was received.</summary>
    /// <param name="message">A message, or a part of one.</param>
    /// <param name="whole">The message that ends with it; good until <paramref name="message"/> is disposed.</param>
    /// <returns>False when there is more to come.</returns>
    /// <exception cref="TransferFailedException">Too much has begun and not ended.</exception>
    public bool TryComplete(in SctpMessage message, out ReadOnlySequence<byte> whole)
    {
        SctpReceiveInfo info = message.Info;
        whole = message.Payload;
        if (info.BeginOfRecord && _open.Remove(info.StreamId, out MemoryStream? cutOff))
        {
            _held -= cutOff.Length;                          // the rest of it will not come
        }

        if (info.BeginOfRecord && info.EndOfRecord)
        {
            return true;
        }

        if (!_open.TryGetValue(info.StreamId, out MemoryStream? parts))
        {
            _open.Add(info.StreamId, parts = new MemoryStream());
        }

        _held += whole.Length;
        if (_held > most)
        {
            throw new TransferFailedException($"messages that have not ended hold more than {most} bytes");
        }

        foreach (ReadOnlyMemory<byte> segment in whole)
        {
            parts.Write(segment.Span);
        }

        if (!info.EndOfRecord)
        {
            return false;
        }

        _open.Remove(info.StreamId);
        _held -= parts.Length;
        whole = new ReadOnlySequence<byte>(parts.GetBuffer(), 0, (int)parts.Length);
        return true;
    }
}
