using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Addresses of a peer (usrsctp_getpaddrs).</summary>
internal static class PeerAddresses
{
    [C("SCTP_ALL_ASSOC")] private const uint LastName = 2;

    /// <summary>Those of an association; none where there is no such association.</summary>
    public static IReadOnlyList<SocketName> Of(UsrsctpSocket socket, uint id)
    {
        if (socket.Find(id) is not { } association)
        {
            throw new RefusedException(socket.IsOneToMany && id > LastName ? Errno.NoEntry : Errno.NotConnected);
        }

        return socket.IsOwnFamily
            ? [socket.PeerOf(association)]
            : [.. Paths(association).Select(path => socket.NameOf(path.Path.Remote.ToIPEndPoint().Address, association.RemotePort))];
    }

    /// <summary>How each of them stands.</summary>
    public static IReadOnlyList<PathStatistics> Paths(SctpAssociation association) => Answers.Of(association, static asked => asked.GetPathsAsync());
}
