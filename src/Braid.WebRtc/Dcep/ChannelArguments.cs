using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Braid.WebRtc.Dcep;

/// <summary>The checks of the W3C's createDataChannel that need nothing but its arguments.</summary>
internal static class ChannelArguments
{
    /// <summary>The greatest number of a channel (RFC 8831 §6.2: 65535 is no stream).</summary>
    public const ushort MaximumId = 65534;

    /// <summary>Whether the arguments are good, and the channel that they mean.</summary>
    /// <param name="label">The label.</param>
    /// <param name="init">The rest; null for the defaults.</param>
    /// <param name="options">The channel.</param>
    /// <param name="error">What is wrong: a TypeError.</param>
    public static bool TryCheck(string label, RTCDataChannelInit? init, [NotNullWhen(true)] out ChannelOptions? options, out RTCError error)
    {
        init ??= new RTCDataChannelInit();
        options = null;
        error = Find(label, init);
        if (!error.IsNone)
        {
            return false;
        }

        options = new ChannelOptions
        {
            Label = label,
            Protocol = init.Protocol,
            IsOrdered = init.Ordered,
            MaximumRetransmissions = init.MaxRetransmits,
            LifetimeMilliseconds = init.MaxPacketLifeTime,
            NegotiatedId = init.Negotiated ? init.Id : null,                  // an id counts for nothing without negotiated
            Priority = ChannelPriority.ToWeight(init.Priority),
        };
        return true;
    }

    private static RTCError Find(string label, RTCDataChannelInit init) =>
        Encoding.UTF8.GetByteCount(label) > ushort.MaxValue ? RTCError.Type("The label is longer than 65535 bytes of UTF-8.")
        : Encoding.UTF8.GetByteCount(init.Protocol) > ushort.MaxValue ? RTCError.Type("The protocol is longer than 65535 bytes of UTF-8.")
        : init.Negotiated && init.Id is null ? RTCError.Type("A negotiated channel has an id.")
        : init.MaxPacketLifeTime is not null && init.MaxRetransmits is not null ? RTCError.Type("A channel has a lifetime or a number of retransmissions, not both.")
        : init.Negotiated && init.Id > MaximumId ? RTCError.Type("The id of a channel is from 0 to 65534.")
        : init.Priority > RTCPriorityType.High ? RTCError.Type("There is no such priority.")
        : RTCError.None;
}
