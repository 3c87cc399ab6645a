using System;
using System.Collections.Generic;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Whose option it is: a socket's, for what it will set up, or an association's.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Settings">Its settings, or the association's.</param>
/// <param name="Association">The association; null for the socket's future ones.</param>
internal readonly record struct OptionTarget(UsrsctpSocket Socket, SocketSettings Settings, SctpAssociation? Association)
{
    /// <summary>With what associations begin, or what the association has now.</summary>
    public SctpAssociationOptions Options => Association?.Options ?? Settings.Association;

    /// <summary>The association.</summary>
    /// <exception cref="RefusedException">It is the socket that is meant.</exception>
    public SctpAssociation Live => Association ?? throw new RefusedException(Errno.Invalid);

    /// <summary>Changes options.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or cannot change any more.</exception>
    public void Change(Func<SctpAssociationOptions, SctpAssociationOptions> change)
    {
        SctpAssociationOptions changed = change(Settings.Association);
        changed.Validate();
        Association?.Configure(change);
        Settings.Association = changed;
        if (Association is null)
        {
            Socket.OnFutureChanged();
        }
    }

    /// <summary>One of the peer's addresses, by what a sockaddr_storage says; null where it says none.</summary>
    /// <exception cref="RefusedException">The peer has no such address.</exception>
    public PathStatistics? PathOf(ReadOnlySpan<byte> storage)
    {
        if (System.Runtime.InteropServices.MemoryMarshal.Read<ushort>(storage) == SocketName.Unspecified)
        {
            return null;
        }

        SocketName name = SocketName.Read(storage);
        if (name.IsWildcard)
        {
            return null;
        }

        IReadOnlyList<PathStatistics> paths = Association is null ? [] : PeerAddresses.Paths(Association);
        foreach (PathStatistics path in paths)
        {
            if (name.Address is null ? Socket.PeerOf(Association!).Conn == name.Conn : path.Path.Remote.ToIPEndPoint().Address.Equals(name.Address))
            {
                return path;
            }
        }

        throw new RefusedException(Association is null ? Errno.NoEntry : Errno.Invalid);
    }
}
