namespace Braid.WebRtc;

/// <summary>How much a data channel matters beside the others of its connection (W3C WebRTC Priority).</summary>
public enum RTCPriorityType : byte
{
    /// <summary>Half as much as usual.</summary>
    VeryLow,

    /// <summary>The usual.</summary>
    Low,

    /// <summary>Twice as much as usual.</summary>
    Medium,

    /// <summary>Four times as much as usual.</summary>
    High,
}

/// <summary>Where a data channel stands (W3C WebRTC).</summary>
public enum RTCDataChannelState : byte
{
    /// <summary>The connection is being set up.</summary>
    Connecting,

    /// <summary>Messages can be sent.</summary>
    Open,

    /// <summary>It is being closed by one of the sides.</summary>
    Closing,

    /// <summary>It is closed, or could not be opened.</summary>
    Closed,
}

/// <summary>How a data channel is to be (W3C WebRTC).</summary>
public sealed record RTCDataChannelInit
{
    /// <summary>Whether messages arrive in the order in which they were sent. Default true.</summary>
    public bool Ordered { get; init; } = true;

    /// <summary>For how many milliseconds a message may be sent, and sent again, 0 to 65535. Null, the default, for ever. Not together with <see cref="MaxRetransmits"/>.</summary>
    public ushort? MaxPacketLifeTime { get; init; }

    /// <summary>How often a message may be sent again, 0 to 65535. Null, the default, for any number. Not together with <see cref="MaxPacketLifeTime"/>.</summary>
    public ushort? MaxRetransmits { get; init; }

    /// <summary>Name of the subprotocol, at most 65535 bytes of UTF-8. Default none.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>Whether the application agrees on the channel with its peer by itself: both sides create it, with the same <see cref="Id"/>. Default false.</summary>
    public bool Negotiated { get; init; }

    /// <summary>The channel's number, 0 to 65534, which is that of its streams. Only, and always, for a <see cref="Negotiated"/> channel.</summary>
    public ushort? Id { get; init; }

    /// <summary>How much it matters. Default <see cref="RTCPriorityType.Low"/>.</summary>
    public RTCPriorityType Priority { get; init; } = RTCPriorityType.Low;
}
