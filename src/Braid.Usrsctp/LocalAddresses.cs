using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Addresses of ours (usrsctp_getladdrs, usrsctp_bindx).</summary>
internal static class LocalAddresses
{
    [C("SCTP_ALL_ASSOC")] private const uint LastName = 2;
    [C("SCTP_BINDX_ADD_ADDR")] private const int Add = 0x8001;
    [C("SCTP_BINDX_REM_ADDR")] private const int Remove = 0x8002;

    /// <summary>Those that a socket is bound to, or all that there are.</summary>
    public static IReadOnlyList<SocketName> Of(UsrsctpSocket socket, uint id)
    {
        if (socket.IsOneToMany && id > LastName && socket.Find(id) is null)
        {
            throw new RefusedException(Errno.NoMemory);      // what libusrsctp says of it
        }

        if (socket.Port == 0)
        {
            throw new RefusedException(Errno.NotConnected);
        }

        if (socket.Bound.Count > 0)
        {
            return [.. socket.Bound.Select(name => name with { Port = socket.Port })];
        }

        if (socket.IsOwnFamily)
        {
            return [.. socket.Library.Links.All.Select(link => new SocketName(null, link.Address, socket.Port))];
        }

        return [.. OfThisHost().Where(address => socket.Domain == SocketName.IPv6 || address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => new SocketName(address, 0, socket.Port))];
    }

    /// <summary>Whether a socket can be bound to an address.</summary>
    public static bool AreThere(Library library, SocketName name) => name.IsWildcard
        || (name.Address is null ? library.Links.Find(name.Conn) is not null : name.Address.Equals(IPAddress.Loopback) || OfThisHost().Contains(name.Address));

    /// <summary>Binds a socket to further addresses, or no longer to some.</summary>
    public static void Change(UsrsctpSocket socket, IReadOnlyList<SocketName> names, int flags)
    {
        if (flags is not (Add or Remove))
        {
            throw new RefusedException(Errno.Fault);
        }

        if (names.Any(static name => name.Address is null))
        {
            throw new RefusedException(Errno.FamilyNotSupported);
        }

        bool isBound = socket.Port != 0;
        ushort port = isBound ? socket.Port : names[0].Port;
        if ((isBound && socket.Bound.Count == 0) || names.Any(name => name.Port != 0 && name.Port != port))
        {
            throw new RefusedException(Errno.Invalid);       // it has all addresses
        }

        switch (flags)
        {
            case Add when !isBound:
                socket.Bind(names);
                break;
            case Add:
                socket.AddBound(names);
                foreach (SctpAssociation association in socket.Associations)
                {
                    foreach (SocketName name in names)
                    {
                        _ = association.AddLocalAddressAsync(name.Address!).AsTask();
                    }
                }

                break;
            default:
                socket.RemoveBound(names);
                foreach (SctpAssociation association in socket.Associations)
                {
                    foreach (SocketName name in names)
                    {
                        _ = association.RemoveLocalAddressAsync(name.Address!).AsTask();
                    }
                }

                break;
        }
    }

    // The last comes first, as libusrsctp lists them. Also those of an interface whose other end is not there, or not yet: the system has them.
    private static IEnumerable<IPAddress> OfThisHost() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static nic => nic.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .Reverse();
}
