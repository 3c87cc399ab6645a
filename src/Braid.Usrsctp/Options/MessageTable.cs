using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

/// <summary>How messages are sent when nothing is said with them.</summary>
internal static class MessageTable
{
    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        [OptionName.DefaultSendInfo] = new SocketOption(
            SendInfo.Size,
            SendInfo.IdOffset,
            static (in OptionTarget target, Span<byte> value) =>
            {
                uint id = MemoryMarshal.Read<uint>(value[SendInfo.IdOffset..]);
                MemoryMarshal.Write(value, target.Settings.DefaultSend.Send with { AssociationId = id });
                return SendInfo.Size;
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) =>
            {
                var send = MemoryMarshal.Read<SendInfo>(value);
                if (target.Association is { } association && send.Sid >= association.StreamCounts.Outgoing)
                {
                    throw new RefusedException(Errno.Invalid);
                }

                target.Settings.DefaultSend = target.Settings.DefaultSend with { Send = send with { AssociationId = 0, Flags = (ushort)(send.Flags & SendInfo.AllFlags) } };
            }),
        [OptionName.DefaultReliability] = new SocketOption(
            OptionLayouts.DefaultReliability.Size,
            OptionLayouts.DefaultReliability.Id,
            static (in OptionTarget target, Span<byte> value) =>
            {
                MemoryMarshal.Write(value[OptionLayouts.DefaultReliability.Policy..], target.Settings.DefaultSend.Reliability.Policy);
                MemoryMarshal.Write(value[OptionLayouts.DefaultReliability.Value..], target.Settings.DefaultSend.Reliability.Value);
                return OptionLayouts.DefaultReliability.Size;
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) =>
            {
                ushort policy = MemoryMarshal.Read<ushort>(value[OptionLayouts.DefaultReliability.Policy..]);
                if (policy > ReliabilityInfo.ByRetransmissions)
                {
                    throw new RefusedException(Errno.Invalid);
                }

                target.Settings.DefaultSend = target.Settings.DefaultSend with
                {
                    Reliability = new ReliabilityInfo { Policy = policy, Value = MemoryMarshal.Read<uint>(value[OptionLayouts.DefaultReliability.Value..]) },
                };
            }),
    };
}
