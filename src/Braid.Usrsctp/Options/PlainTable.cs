using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

/// <summary>Options of SOL_SOCKET.</summary>
internal static class PlainTable
{
    /// <summary>RFC 9260 §3.3.2: less than this nobody may offer.</summary>
    public const uint SmallestReceiveBuffer = 1500;

    [C("SO_ERROR")] private const int Error = 4;
    [C("SO_SNDBUF")] private const int SendBuffer = 7;
    [C("SO_RCVBUF")] private const int ReceiveBuffer = 8;
    [C("SO_LINGER")] private const int Linger = 13;

    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        [SendBuffer] = SocketOption.Number(static target => (uint)target.Options.SendBufferSize, static (target, value) => ChangeBuffer(target, value, true)),
        [ReceiveBuffer] = SocketOption.Number(static target => target.Settings.ReceiveBuffer ?? (uint)target.Options.ReceiveBufferSize, static (target, value) => ChangeBuffer(target, value, false)),
        [Error] = new SocketOption(
            sizeof(int),
            -1,
            static (in OptionTarget target, Span<byte> value) =>
            {
                MemoryMarshal.Write(value, target.Socket.TakeError());
                return sizeof(int);
            },
            static (in OptionTarget _, ReadOnlySpan<byte> _) => throw new RefusedException(Errno.Invalid)),
        [Linger] = new SocketOption(
            2 * sizeof(int),
            -1,
            static (in OptionTarget target, Span<byte> value) =>
            {
                MemoryMarshal.Write(value, target.Settings.Linger is null ? 0 : 1);
                MemoryMarshal.Write(value[sizeof(int)..], (int)(target.Settings.Linger?.TotalSeconds ?? 0));
                return 2 * sizeof(int);
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) =>
            {
                int seconds = MemoryMarshal.Read<int>(value[sizeof(int)..]);
                target.Settings.Linger = MemoryMarshal.Read<int>(value) == 0 ? null : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, short.MaxValue));
            }),
    };

    private static void ChangeBuffer(OptionTarget target, uint value, bool sends)
    {
        if (value is 0 or > int.MaxValue)
        {
            throw new RefusedException(Errno.Invalid);
        }

        if (sends)
        {
            target.Change(options => options with { SendBufferSize = value });
            return;
        }

        uint size = Math.Max(value, SmallestReceiveBuffer);
        target.Change(options => options with
        {
            ReceiveBufferSize = size,
            PartialDeliveryPoint = options.PartialDeliveryPoint > size ? size : options.PartialDeliveryPoint,
        });
        target.Settings.ReceiveBuffer = value < size ? value : null;
    }
}
