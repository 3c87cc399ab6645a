using System.Buffers;
using Braid.Core;
using Braid.Ice;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Peer;

/// <summary>An event or a message: whichever came first.</summary>
/// <param name="Event">The event; null where it is a message.</param>
/// <param name="Message">The message; its <see cref="PeerMessage.Channel"/> is null where it is an event.</param>
internal readonly record struct PeerOutput(PeerEvent? Event, PeerMessage Message);

/// <summary>
/// A message, or a part of one that is longer than the receive buffer. Its memory belongs to the receive window until it is disposed, on the
/// thread that drives the peer.
/// </summary>
/// <param name="Channel">The channel that it came over.</param>
/// <param name="Source">What holds its bytes; to be disposed.</param>
/// <param name="IsText">Whether it is a text, in UTF-8.</param>
/// <param name="IsEmpty">Whether it is empty, whatever its source holds (RFC 8831 §6.6).</param>
/// <param name="EndOfMessage">Whether the message ends with it.</param>
internal readonly record struct PeerMessage(Channel Channel, ReceivedMessage Source, bool IsText, bool IsEmpty, bool EndOfMessage)
{
    public ReadOnlySequence<byte> Payload => IsEmpty ? default : Source.Payload;
}

/// <summary>Datagrams that go one way, side by side in the caller's buffer: what UDP_SEGMENT takes as it is.</summary>
/// <param name="Length">Bytes written, of all datagrams.</param>
/// <param name="SegmentLength">Bytes of each datagram; the last one may be shorter.</param>
/// <param name="Path">Where they go.</param>
/// <param name="Transport">UDP; or each goes into the TCP connection of the path, as one frame (RFC 4571; to a TURN server as it is).</param>
/// <param name="MayBeFragmented">Whether IP may fragment them; all others are better lost than that.</param>
/// <param name="Ecn">What their IP headers are to say.</param>
internal readonly record struct OutgoingBatch(
    int Length,
    int SegmentLength,
    NetworkPath Path,
    IceTransport Transport = IceTransport.Udp,
    bool MayBeFragmented = false,
    EcnCodepoint Ecn = EcnCodepoint.NotCapable)
{
    /// <summary>How many datagrams.</summary>
    public int Count => SegmentLength == 0 ? 0 : (Length + SegmentLength - 1) / SegmentLength;
}
