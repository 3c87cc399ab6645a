using Braid.Sctp;

namespace Braid.WebRtc.Dcep;

/// <summary>What messages of channels look like in SCTP (RFC 8831 §6.6); both ways.</summary>
internal static class ChannelMessages
{
    /// <summary>How a message of an open channel is sent.</summary>
    public static ChannelSend Describe(Channel channel, bool isEmpty, bool isText)
    {
        ChannelOptions options = channel.Options;
        uint ppid = (isText, isEmpty) switch
        {
            (true, false) => DataChannelPpid.Text,
            (true, true) => DataChannelPpid.TextEmpty,
            (false, false) => DataChannelPpid.Binary,
            _ => DataChannelPpid.BinaryEmpty,
        };

        // RFC 8832 §6: what may overtake the OPEN would find no channel there.
        bool isUnordered = !options.IsOrdered && (channel.IsHeardOf || options.IsNegotiated || channel.IsRemote);
        return new ChannelSend(new SendOptions(channel.Id!.Value, ppid, isUnordered, Reliability: options.Reliability), isEmpty);
    }

    /// <summary>Why a message that is no control message cannot be taken; null when it can.</summary>
    public static ChannelDropReason? Check(Channel? channel, uint ppid) =>
        channel?.State is RTCDataChannelState.Closing ? ChannelDropReason.ClosingChannel
        : channel is not { State: RTCDataChannelState.Open } ? ChannelDropReason.UnusedStream
        : !IsText(ppid) && !IsBinary(ppid) ? ChannelDropReason.UnsupportedPpid
        : channel.PartialPpid != 0 && ppid != channel.PartialPpid && ppid != LastOf(channel.PartialPpid) ? ChannelDropReason.MixedParts
        : null;

    /// <summary>Takes a message that <see cref="Check"/> lets through.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="ppid">Its identifier.</param>
    /// <param name="endsHere">Whether SCTP's message ends with what has come.</param>
    public static ChannelDelivery Take(Channel channel, uint ppid, bool endsHere)
    {
        bool isPartial = ppid is DataChannelPpid.TextPartial or DataChannelPpid.BinaryPartial;
        channel.IsHeardOf = true;
        channel.PartialPpid = isPartial ? ppid : endsHere ? 0 : channel.PartialPpid;
        bool isEmpty = ppid is DataChannelPpid.TextEmpty or DataChannelPpid.BinaryEmpty;
        return new ChannelDelivery(channel, IsText(ppid), isEmpty, endsHere && !isPartial);
    }

    /// <summary>The rest of a message that has come in parts will not come.</summary>
    public static void Abort(Channel channel) => channel.PartialPpid = 0;

    private static bool IsText(uint ppid) => ppid is DataChannelPpid.Text or DataChannelPpid.TextPartial or DataChannelPpid.TextEmpty;

    private static bool IsBinary(uint ppid) => ppid is DataChannelPpid.Binary or DataChannelPpid.BinaryPartial or DataChannelPpid.BinaryEmpty;

    private static uint LastOf(uint partial) => partial == DataChannelPpid.TextPartial ? DataChannelPpid.Text : DataChannelPpid.Binary;
}
