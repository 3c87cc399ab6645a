using System;
using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.WebRtc.Dcep;

/// <summary>What the owner is to do with the association.</summary>
internal abstract record ChannelCommand
{
    private ChannelCommand()
    {
    }

    /// <summary>Send a message. When there is no room for it, nothing else is sent before it.</summary>
    /// <param name="Options">How.</param>
    /// <param name="Payload">The message.</param>
    public sealed record Send(SendOptions Options, ReadOnlyMemory<byte> Payload) : ChannelCommand;

    /// <summary>Give a stream its weight (RFC 8831 §6.4).</summary>
    /// <param name="Stream">The stream.</param>
    /// <param name="Weight">Its weight.</param>
    public sealed record SetWeight(StreamId Stream, ushort Weight) : ChannelCommand;

    /// <summary>Reset our streams (RFC 8831 §6.7), when all that was accepted on them is sent.</summary>
    /// <param name="Streams">Which, at least one.</param>
    /// <param name="Context">Comes back with what came of it.</param>
    public sealed record ResetStreams(IReadOnlyList<StreamId> Streams, uint Context) : ChannelCommand;
}

/// <summary>What the owner tells the application; in this order.</summary>
internal abstract record ChannelEvent(Channel Channel)
{
    /// <summary>The peer has opened a channel.</summary>
    public sealed record Announced(Channel Channel) : ChannelEvent(Channel);

    /// <summary>Messages can be sent.</summary>
    public sealed record Opened(Channel Channel) : ChannelEvent(Channel);

    /// <summary>The peer closes it, or its mistakes do.</summary>
    public sealed record Closing(Channel Channel) : ChannelEvent(Channel);

    /// <summary>It is closed; the last event.</summary>
    /// <param name="Channel">The channel.</param>
    /// <param name="Error">Why, for the event "error" that comes before; none where it was closed as it should be.</param>
    public sealed record Closed(Channel Channel, RTCError Error) : ChannelEvent(Channel);

    /// <summary>Its buffered amount has fallen to the threshold.</summary>
    public sealed record BufferedAmountLow(Channel Channel) : ChannelEvent(Channel);
}

/// <summary>How a message of the application is to be sent.</summary>
/// <param name="Options">Stream, PPID, order and reliability.</param>
/// <param name="IsEmpty">Whether one zero byte is sent in its place: SCTP has no empty messages (RFC 8831 §6.6).</param>
internal readonly record struct ChannelSend(SendOptions Options, bool IsEmpty);

/// <summary>What a message from the peer was.</summary>
/// <param name="Channel">The channel that it is for; null when there is nothing to deliver.</param>
/// <param name="IsText">Whether it is a text, in UTF-8.</param>
/// <param name="IsEmpty">Whether the message is empty: what carries it does not count.</param>
/// <param name="EndOfMessage">Whether the message ends with it.</param>
internal readonly record struct ChannelDelivery(Channel? Channel, bool IsText = false, bool IsEmpty = false, bool EndOfMessage = true);
