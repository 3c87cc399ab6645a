using System;
using System.Text;
using System.Text.Unicode;
using Braid.Core;

namespace Braid.WebRtc.Dcep;

/// <summary>What an OPEN asks for (RFC 8832 §5.1). The first bit says that messages are not ordered.</summary>
internal enum ChannelType : byte
{
    Reliable = 0x00,
    Retransmissions = 0x01,
    Lifetime = 0x02,
    ReliableUnordered = 0x80,
    RetransmissionsUnordered = 0x81,
    LifetimeUnordered = 0x82,
}

/// <summary>DATA_CHANNEL_OPEN (RFC 8832 §5.1), viewed in place.</summary>
internal readonly ref struct OpenMessage
{
    public const byte MessageType = 0x03;

    public const int HeaderLength = 12;

    /// <summary>Bytes of the longest one.</summary>
    public const int MaximumLength = HeaderLength + (2 * ushort.MaxValue);

    private const byte UnorderedBit = 0x80;

    private OpenMessage(ChannelType type, ushort priority, uint reliability, ReadOnlySpan<byte> label, ReadOnlySpan<byte> protocol)
    {
        Type = type;
        Priority = priority;
        ReliabilityParameter = reliability;
        Label = label;
        Protocol = protocol;
    }

    public ChannelType Type { get; }

    public bool IsOrdered => ((byte)Type & UnorderedBit) == 0;

    /// <summary>A weight (RFC 8831 §6.4).</summary>
    public ushort Priority { get; }

    /// <summary>Retransmissions or milliseconds; says nothing for a reliable channel.</summary>
    public uint ReliabilityParameter { get; }

    /// <summary>Well-formed UTF-8.</summary>
    public ReadOnlySpan<byte> Label { get; }

    /// <summary>Well-formed UTF-8.</summary>
    public ReadOnlySpan<byte> Protocol { get; }

    /// <param name="message">All of the message.</param>
    /// <param name="open">Its fields.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, out OpenMessage open)
    {
        open = default;
        var reader = new WireReader(message);
        if (!reader.TryReadByte(out byte messageType) || messageType != MessageType || !reader.TryReadByte(out byte type)
            || !reader.TryReadUInt16(out ushort priority) || !reader.TryReadUInt32(out uint reliability)
            || !reader.TryReadUInt16(out ushort labelLength) || !reader.TryReadUInt16(out ushort protocolLength)
            || !reader.TryReadBytes(labelLength, out ReadOnlySpan<byte> label)
            || !reader.TryReadBytes(protocolLength, out ReadOnlySpan<byte> protocol)
            || reader.Remaining != 0
            || (type & ~UnorderedBit) > (byte)ChannelType.Lifetime
            || !Utf8.IsValid(label) || !Utf8.IsValid(protocol))
        {
            return false;
        }

        open = new OpenMessage((ChannelType)type, priority, reliability, label, protocol);
        return true;
    }

    /// <summary>The message that asks for a channel.</summary>
    public static byte[] Write(ChannelOptions options)
    {
        int labelLength = Encoding.UTF8.GetByteCount(options.Label);
        int protocolLength = Encoding.UTF8.GetByteCount(options.Protocol);
        var message = new byte[HeaderLength + labelLength + protocolLength];
        ChannelType type = options.MaximumRetransmissions is not null ? ChannelType.Retransmissions
            : options.LifetimeMilliseconds is not null ? ChannelType.Lifetime : ChannelType.Reliable;
        var writer = new WireWriter(message);
        writer.WriteByte(MessageType);
        writer.WriteByte((byte)((byte)type | (options.IsOrdered ? 0 : UnorderedBit)));
        writer.WriteUInt16(options.Priority);
        writer.WriteUInt32(options.MaximumRetransmissions ?? options.LifetimeMilliseconds ?? 0);
        writer.WriteUInt16(checked((ushort)labelLength));
        writer.WriteUInt16(checked((ushort)protocolLength));
        Encoding.UTF8.GetBytes(options.Label, message.AsSpan(HeaderLength));
        Encoding.UTF8.GetBytes(options.Protocol, message.AsSpan(HeaderLength + labelLength));
        return message;
    }

    /// <summary>The channel that it asks for.</summary>
    public ChannelOptions ToOptions() => new()
    {
        Label = Encoding.UTF8.GetString(Label),
        Protocol = Encoding.UTF8.GetString(Protocol),
        IsOrdered = IsOrdered,
        MaximumRetransmissions = Kind == ChannelType.Retransmissions ? ReliabilityParameter : null,
        LifetimeMilliseconds = Kind == ChannelType.Lifetime ? ReliabilityParameter : null,
        Priority = Priority,
    };

    private ChannelType Kind => (ChannelType)((byte)Type & ~UnorderedBit);
}

/// <summary>DATA_CHANNEL_ACK (RFC 8832 §5.2): a type, and nothing more.</summary>
internal static class AckMessage
{
    public const byte MessageType = 0x02;

    public static ReadOnlyMemory<byte> Bytes { get; } = new byte[] { MessageType };

    /// <param name="message">All of the message.</param>
    public static bool IsAck(ReadOnlySpan<byte> message) => message is [MessageType];
}
