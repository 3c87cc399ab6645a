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
        // SCTP_DEFAULT_SNDINFO
        [0x21] = new SocketOption(
            16,
            12,
            static (in OptionTarget target, Span<byte> value) =>
            {
                uint id = MemoryMarshal.Read<uint>(value[12..]);
                MemoryMarshal.Write(value, target.Settings.DefaultSend.Send with { AssociationId = id });
                return 16;
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
        // SCTP_DEFAULT_PRINFO
        [0x22] = new SocketOption(
            12,
            8,
            static (in OptionTarget target, Span<byte> value) =>
            {
                MemoryMarshal.Write(value, target.Settings.DefaultSend.Reliability.Policy);
                MemoryMarshal.Write(value[4..], target.Settings.DefaultSend.Reliability.Value);
                return 12;
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) =>
            {
                ushort policy = MemoryMarshal.Read<ushort>(value);
                if (policy > 3)
                {
                    throw new RefusedException(Errno.Invalid);
                }

                target.Settings.DefaultSend = target.Settings.DefaultSend with
                {
                    Reliability = new ReliabilityInfo { Policy = policy, Value = MemoryMarshal.Read<uint>(value[4..]) },
                };
            }),
    };
}
