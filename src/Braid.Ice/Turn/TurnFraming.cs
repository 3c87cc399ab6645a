using System;
using System.Buffers.Binary;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>What a stream from a TURN server has at its front.</summary>
public enum TurnFrame : byte
{
    /// <summary>Not enough of it has come.</summary>
    Incomplete,

    /// <summary>A whole message.</summary>
    Complete,

    /// <summary>Neither STUN nor ChannelData: the stream cannot be read any further.</summary>
    Broken,
}

/// <summary>Where messages begin and end in a stream (RFC 8489 §6.2.2, RFC 8656 §12.5): STUN by its length, ChannelData padded to 4 bytes.</summary>
public static class TurnFraming
{
    /// <summary>Looks for the first message.</summary>
    /// <param name="bytes">What has come and was not taken.</param>
    /// <param name="length">How many bytes the message takes, with padding.</param>
    public static TurnFrame TryRead(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.IsEmpty)
        {
            return TurnFrame.Incomplete;
        }

        if (bytes[0] > 3 && bytes[0] >> 4 != 4)
        {
            return TurnFrame.Broken;
        }

        if (bytes.Length < ChannelData.HeaderLength)
        {
            return TurnFrame.Incomplete;
        }

        int value = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        bool isStun = bytes[0] <= 3;
        if (isStun && value % 4 != 0)
        {
            return TurnFrame.Broken;
        }

        length = isStun ? StunView.HeaderLength + value : ChannelData.HeaderLength + ((value + 3) & ~3);
        return bytes.Length < length ? TurnFrame.Incomplete : TurnFrame.Complete;
    }
}
