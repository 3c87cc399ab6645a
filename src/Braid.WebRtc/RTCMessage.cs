using System;
using System.Buffers;
using System.Text;
using Braid.Sctp;

namespace Braid.WebRtc;

/// <summary>
/// A message of a data channel, in the memory that it arrived in. A handle: whoever has it disposes it once, from any thread, which returns
/// the memory and lets the peer send more; <see cref="RTCDataChannel.ReadAllAsync"/> and <see cref="RTCDataChannel.Message"/> do that by
/// themselves. Copies are the same handle; after it was disposed every use of it throws, also when the memory holds another message already.
/// </summary>
public readonly struct RTCMessage : IDisposable, IEquatable<RTCMessage>
{
    private readonly ConnectionHost? _host;
    private readonly object? _source;                        // a ReceivedMessage; or an AssembledMessage, where it came in parts
    private readonly uint _generation;
    private readonly bool _isEmpty;                          // whatever its source holds

    internal RTCMessage(ConnectionHost host, ReceivedMessage source, bool isText, bool isEmpty)
    {
        _host = host;
        _source = source;
        _generation = source.Generation;
        _isEmpty = isEmpty;
        IsText = isText;
    }

    internal RTCMessage(AssembledMessage source, bool isText)
    {
        _source = source;
        IsText = isText;
    }

    /// <summary>Whether the peer sent it as text; else it is binary (RFC 8831 §6.6).</summary>
    public bool IsText { get; }

    /// <summary>The message; of text, its UTF-8. May be empty; in several segments when it came in several.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public ReadOnlySequence<byte> Data => _source switch
    {
        null => ReadOnlySequence<byte>.Empty,
        AssembledMessage whole => new ReadOnlySequence<byte>(whole.Content),
        _ => Live is var live && _isEmpty ? ReadOnlySequence<byte>.Empty : live.Payload,
    };

    /// <summary>Bytes of the message, from 0.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public int Length => _source switch
    {
        null => 0,
        AssembledMessage whole => whole.Content.Length,
        _ => Live is var live && _isEmpty ? 0 : live.Length,
    };

    private ReceivedMessage Live => (ReceivedMessage)_source! is var message && message.Generation == _generation
        ? message : throw new ObjectDisposedException(nameof(RTCMessage));

    /// <summary>Whether two handles are the same.</summary>
    public static bool operator ==(RTCMessage left, RTCMessage right) => left.Equals(right);

    /// <summary>Whether two handles are not the same.</summary>
    public static bool operator !=(RTCMessage left, RTCMessage right) => !left.Equals(right);

    /// <summary>The message as text. What is not UTF-8 in it becomes U+FFFD.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public string GetText() => Encoding.UTF8.GetString(Data);

    /// <summary>A copy of the bytes.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public byte[] ToArray() => Data.ToArray();

    /// <summary>Copies the bytes.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public void CopyTo(Span<byte> destination) => Data.CopyTo(destination);

    /// <summary>Returns the memory. A second time it does nothing.</summary>
    public void Dispose()
    {
        if (_source is ReceivedMessage message && message.TryRetire(_generation))
        {
            _host!.Release(message);
        }
        else if (_source is AssembledMessage whole)
        {
            whole.Dispose();
        }
    }

    /// <inheritdoc/>
    public bool Equals(RTCMessage other) => ReferenceEquals(_source, other._source) && _generation == other._generation && IsText == other.IsText;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RTCMessage other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (_source is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_source)) + (int)_generation;
}

/// <summary>An error of a data channel or a connection (W3C RTCErrorEvent).</summary>
/// <param name="error">Which.</param>
public sealed class RTCErrorEventArgs(RTCError error) : EventArgs
{
    /// <summary>Which error.</summary>
    public RTCError Error { get; } = error;
}
