namespace Braid.WebRtc.Dcep;

/// <summary>Why something that the peer has sent was not taken.</summary>
internal enum ChannelDropReason : byte
{
    /// <summary>A message of PPID 50 that is neither an OPEN nor an ACK, or not well formed.</summary>
    MalformedControl,

    /// <summary>An OPEN on a stream that is in use.</summary>
    StreamInUse,

    /// <summary>An OPEN on a stream that is ours to open.</summary>
    WrongParity,

    /// <summary>More bytes of labels and protocols than we hold.</summary>
    TooManyNames,

    /// <summary>An ACK that answers no OPEN of ours.</summary>
    UnexpectedAck,

    /// <summary>Data on a stream without a channel.</summary>
    UnusedStream,

    /// <summary>A message for a channel that is being closed.</summary>
    ClosingChannel,

    /// <summary>A PPID that no channel has.</summary>
    UnsupportedPpid,

    /// <summary>A message in parts that goes on as one of another kind.</summary>
    MixedParts,
}

/// <summary>How often that was so.</summary>
internal sealed class ChannelCounters
{
    private readonly long[] _counts = new long[(int)ChannelDropReason.MixedParts + 1];

    /// <summary>Channels that were opened so far, by either side (W3C dataChannelsOpened).</summary>
    public long Opened { get; internal set; }

    /// <summary>Of these, channels that are closed (W3C dataChannelsClosed).</summary>
    public long Closed { get; internal set; }

    public long this[ChannelDropReason reason] => _counts[(int)reason];

    internal void Count(ChannelDropReason reason) => _counts[(int)reason]++;
}
