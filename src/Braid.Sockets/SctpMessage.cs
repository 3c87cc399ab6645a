using System;
using System.Buffers;
using System.Threading;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// A message, or a part of one that is too long for the receive buffer, in the memory that it arrived in. Dispose it, from any thread, when you are done: that returns the memory and
/// lets the peer send more. <see cref="Payload"/> must not be touched afterwards.
/// </summary>
public sealed class SctpMessage : IDisposable
{
    private readonly AssociationHost _host;
    private ReceivedMessage? _message;

    internal SctpMessage(AssociationHost host, ReceivedMessage message)
    {
        _host = host;
        _message = message;
        Payload = message.Payload;
        Info = new SctpReceiveInfo(message.Stream.Value, message.Ppid.Value, message.Unordered, message.Ssn.Value, message.Tsn.Value, message.BeginOfRecord, message.EndOfRecord);
    }

    /// <summary>The user data, at least 1 byte; in several segments when the message came in several.</summary>
    public ReadOnlySequence<byte> Payload { get; private set; }

    /// <summary>Stream, PPID and order.</summary>
    public SctpReceiveInfo Info { get; }

    /// <summary>Bytes of user data.</summary>
    public int Length => (int)Payload.Length;

    /// <summary>Copies the user data.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> destination) => Payload.CopyTo(destination);

    /// <summary>A copy of the user data.</summary>
    public byte[] ToArray() => Payload.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        ReceivedMessage? message = Interlocked.Exchange(ref _message, null);
        if (message is not null)
        {
            Payload = default;
            _host.Release(message);
        }
    }
}
