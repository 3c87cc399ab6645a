using System;
using System.Buffers;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// A message, or a part of one that is delivered in parts, in the memory that it arrived in. A handle: dispose it once, from
/// any thread, when you are done; that returns the memory and lets the peer send more. Copies are the same handle; after it
/// was disposed every use of it throws, also when the memory holds another message already.
/// </summary>
public readonly struct SctpMessage : IDisposable, IEquatable<SctpMessage>
{
    private readonly AssociationHost? _host;
    private readonly ReceivedMessage? _message;
    private readonly uint _generation;
    private readonly int _offset;

    internal SctpMessage(AssociationHost host, ReceivedMessage message, int run = 0)
        : this(host, message, message.Generation, 0, run)
    {
    }

    private SctpMessage(AssociationHost host, ReceivedMessage message, uint generation, int offset, int run)
    {
        Run = run;
        _host = host;
        _message = message;
        _generation = generation;
        _offset = offset;
    }

    /// <summary>The user data, at least 1 byte; in several segments when the message came in several.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public ReadOnlySequence<byte> Payload => _offset == 0 ? Live.Payload : Live.Payload.Slice(_offset);

    /// <summary>Bytes of user data.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public int Length => Live.Length - _offset;

    /// <summary>Stream, PPID, order, and whether it is whole.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public SctpReceiveInfo Info => SctpReceiveInfo.From(_host!, Live, beginsHere: _offset == 0);

    internal AssociationHost Host => _host!;

    /// <summary>Which reset of its stream it came after; see <see cref="Inbox"/>.</summary>
    internal int Run { get; }

    internal ushort StreamId => _message!.Stream.Value;

    private ReceivedMessage Live =>
        _message is not null && _message.Generation == _generation ? _message : throw new ObjectDisposedException(nameof(SctpMessage));

    /// <summary>Whether two handles are the same.</summary>
    public static bool operator ==(SctpMessage left, SctpMessage right) => left.Equals(right);

    /// <summary>Whether two handles are not the same.</summary>
    public static bool operator !=(SctpMessage left, SctpMessage right) => !left.Equals(right);

    /// <summary>Copies the user data.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public void CopyTo(Span<byte> destination) => Payload.CopyTo(destination);

    /// <summary>A copy of the user data.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public byte[] ToArray() => Payload.ToArray();

    /// <summary>Returns the memory. A second time it does nothing.</summary>
    public void Dispose()
    {
        if (_message is not null && _message.TryRetire(_generation))
        {
            _host!.Release(_message);
        }
    }

    /// <inheritdoc/>
    public bool Equals(SctpMessage other) => _message == other._message && _generation == other._generation && _offset == other._offset;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SctpMessage other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_message, _generation);

    /// <summary>What is left of it once its beginning was copied.</summary>
    internal SctpMessage From(int count) => new(_host!, _message!, _generation, _offset + count, Run);
}
