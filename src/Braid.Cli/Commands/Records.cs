using System;
using System.Collections.Generic;
using System.IO;
using Braid.Cli.Output;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>
/// Whole messages again out of those that come in parts: the parts of one follow each other on their stream, but those of other
/// streams may come between (RFC 8260).
/// </summary>
internal sealed class Records
{
    private readonly Dictionary<ushort, MemoryStream> _open = [];

    /// <summary>Takes in what was received.</summary>
    /// <param name="message">A message, or a part of one.</param>
    /// <param name="whole">The message that ends with it.</param>
    /// <returns>False when there is more to come.</returns>
    /// <exception cref="TransferFailedException">The message is longer than any that we would send.</exception>
    public bool TryComplete(SctpMessage message, out ReadOnlyMemory<byte> whole)
    {
        whole = default;
        if (message.Info.BeginOfRecord && message.Info.EndOfRecord && message.Payload.IsSingleSegment)
        {
            whole = message.Payload.First;
            return true;
        }

        ushort stream = message.Info.StreamId;
        if (message.Info.BeginOfRecord || !_open.TryGetValue(stream, out MemoryStream? parts))
        {
            _open[stream] = parts = new MemoryStream();
        }

        if (parts.Length + message.Payload.Length > AssociationOptions.Default.MaximumMessageSize)
        {
            throw new TransferFailedException($"a message on stream {stream} is longer than {AssociationOptions.Default.MaximumMessageSize} bytes");
        }

        foreach (ReadOnlyMemory<byte> segment in message.Payload)
        {
            parts.Write(segment.Span);
        }

        if (!message.Info.EndOfRecord)
        {
            return false;
        }

        _open.Remove(stream);
        whole = parts.GetBuffer().AsMemory(0, (int)parts.Length);
        return true;
    }
}
