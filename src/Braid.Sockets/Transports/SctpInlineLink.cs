using System;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// Sends a packet of an <see cref="SctpInlineLink"/>. Called by whoever runs its stack at that moment; must not block. It may hand a packet
/// to the same link, or to another one: that is taken when the run goes on.
/// </summary>
/// <param name="packet">An SCTP packet with its checksum; good until the call returns.</param>
/// <param name="ecn">What the IP header is to say, where there is one.</param>
public delegate void SctpPacketSender(ReadOnlySpan<byte> packet, EcnCodepoint ecn);

/// <summary>
/// A link between two peers that its owner moves the packets of, and a stack over it that has no thread: who hands it a packet, calls
/// one of its associations or lets a time of its <see cref="SctpStackOptions.TimeProvider"/> come runs it, and what that brings has happened when the call returns. For
/// programs with a loop of their own, and for tests. Calls from several threads at once are safe: one of them runs it for all.
/// </summary>
public sealed class SctpInlineLink : IAsyncDisposable
{
    private readonly InlineTransport _transport;

    /// <summary>A link, and its stack.</summary>
    /// <param name="send">Sends a packet.</param>
    /// <param name="options">Limits and services, and whose time it is; null for the defaults. It is not for DTLS.</param>
    /// <param name="maximumPacketSize">The largest SCTP packet that it carries, in bytes, 512 to 65535.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SctpInlineLink(SctpPacketSender send, SctpStackOptions? options = null, int maximumPacketSize = ushort.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(send);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumPacketSize, 512);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumPacketSize, ushort.MaxValue);
        if (options?.Dtls is not null)
        {
            throw new ArgumentException("DTLS needs addresses that tell its sessions apart.", nameof(options));
        }

        _transport = new InlineTransport(send, maximumPacketSize);
        Stack = SctpStack.Open(_transport, options ?? new SctpStackOptions());
    }

    /// <summary>What associations, listeners and sockets are given to live on; disposed with the link.</summary>
    public SctpStack Stack { get; }

    /// <summary>
    /// A packet has come from the peer. It has been worked on when this returns, unless another thread runs the stack: then that one does it.
    /// </summary>
    /// <param name="packet">What may be an SCTP packet; at most 65535 bytes.</param>
    /// <param name="ecn">What the IP header has said, where there was one.</param>
    public void Deliver(ReadOnlySpan<byte> packet, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        if (packet.Length <= ushort.MaxValue)
        {
            _transport.Deliver(packet, ecn);
        }
    }

    /// <summary>Aborts what still lives on it; then nothing goes out any more.</summary>
    public ValueTask DisposeAsync() => Stack.DisposeAsync();
}
