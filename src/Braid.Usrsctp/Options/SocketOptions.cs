using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>usrsctp_getsockopt, usrsctp_setsockopt and usrsctp_opt_info: which option it is, whose, and whether there is room for it.</summary>
internal static class SocketOptions
{
    [C("IPPROTO_SCTP")] public const int Sctp = 132;

    [C("SOL_SOCKET")] private const int SocketLevel = 1;
    [C("SCTP_CURRENT_ASSOC")] private const uint Current = 1;
    [C("SCTP_ALL_ASSOC")] private const uint All = 2;

    /// <summary>Reads an option.</summary>
    /// <param name="socket">Whose.</param>
    /// <param name="level">SOL_SOCKET or IPPROTO_SCTP.</param>
    /// <param name="name">The option.</param>
    /// <param name="value">Its structure, with the identifier of an association where it has one.</param>
    /// <returns>Bytes of it.</returns>
    /// <exception cref="RefusedException">There is no such option or association, or no room.</exception>
    public static int Get(UsrsctpSocket socket, int level, int name, Span<byte> value)
    {
        (SocketOption option, bool isOfSocket) = Find(level, name);
        if (option.Get is null)
        {
            throw new RefusedException(Errno.NoProtocolOption);
        }

        if (value.Length < option.Size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        uint id = option.IdOffset < 0 || isOfSocket ? 0 : MemoryMarshal.Read<uint>(value[option.IdOffset..]);
        if (socket.IsOneToMany && (id is Current or All))
        {
            throw new RefusedException(option.OfOneOnly ? Errno.NoEntry : Errno.Invalid);
        }

        return option.Get(TargetOf(socket, option, id, value), value);
    }

    /// <summary>Reads an option of an association.</summary>
    public static int GetInfo(UsrsctpSocket socket, uint id, int name, Span<byte> value)
    {
        (SocketOption option, _) = Find(Sctp, name);
        if (option.IdOffset < 0)
        {
            throw new RefusedException(Errno.Invalid);       // no association has its own
        }

        if (value.Length >= option.IdOffset + sizeof(uint))
        {
            MemoryMarshal.Write(value[option.IdOffset..], id);
        }

        return Get(socket, Sctp, name, value);
    }

    /// <summary>Sets an option.</summary>
    /// <inheritdoc cref="Get" path="/param|/exception"/>
    public static void Set(UsrsctpSocket socket, int level, int name, ReadOnlySpan<byte> value)
    {
        (SocketOption option, bool isOfSocket) = Find(level, name);
        if (option.Set is null)
        {
            throw new RefusedException(Errno.NoProtocolOption);
        }

        if (value.Length < option.Size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        try
        {
            uint id = option.IdOffset < 0 || isOfSocket ? 0 : MemoryMarshal.Read<uint>(value[option.IdOffset..]);
            if (!socket.IsOneToMany || id is not (Current or All))
            {
                option.Set(TargetOf(socket, option, id, value), value);
                return;
            }

            if (id == All)
            {
                option.Set(new OptionTarget(socket, socket.Settings, null), value);
            }

            foreach (SctpAssociation association in socket.Associations)
            {
                option.Set(new OptionTarget(socket, socket.SettingsOf(association), association), value);
            }
        }
        catch (ArgumentException)
        {
            throw new RefusedException(Errno.Invalid);       // outside its range, or fixed by now
        }
    }

    private static (SocketOption Option, bool IsOfSocket) Find(int level, int name)
    {
        SocketOption? option;
        switch (level)
        {
            case SocketLevel:
                return PlainTable.All.TryGetValue(name, out option) ? (option, true) : throw new RefusedException(Errno.Invalid);
            case Sctp:
                foreach (IReadOnlyDictionary<int, SocketOption> table in (ReadOnlySpan<IReadOnlyDictionary<int, SocketOption>>)
                    [EndpointTable.All, AssociationTable.All, PathTable.All, MessageTable.All, AuthenticationTable.All, StreamTable.All])
                {
                    if (table.TryGetValue(name, out option))
                    {
                        return (option, false);
                    }
                }

                throw new RefusedException(Errno.NoProtocolOption);
            default:
                throw new RefusedException(Errno.NoProtocolOption);
        }
    }

    // A one-to-one socket has but one association, whatever the program says.
    private static OptionTarget TargetOf(UsrsctpSocket socket, SocketOption option, uint id, ReadOnlySpan<byte> value)
    {
        SctpAssociation? association = !socket.IsOneToMany ? socket.Find(id)
            : id > All ? socket.Find(id) ?? throw new RefusedException(Errno.NoEntry)
            : option.HasAddress && MemoryMarshal.Read<ushort>(value) != SocketName.Unspecified ? socket.Find(SocketName.Read(value))
            : null;
        return new OptionTarget(socket, association is null ? socket.Settings : socket.SettingsOf(association), association);
    }
}
