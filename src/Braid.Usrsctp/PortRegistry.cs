using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;

namespace Braid.Usrsctp;

/// <summary>Which sockets are bound to which SCTP ports.</summary>
internal sealed class PortRegistry
{
    private const int FirstEphemeral = 49152;
    private const int EphemeralCount = ushort.MaxValue + 1 - FirstEphemeral;

    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, List<UsrsctpSocket>> _bound = [];

    /// <summary>Binds a socket to a port, or to one that nobody uses.</summary>
    /// <param name="socket">The socket, which is bound to none.</param>
    /// <param name="port">The port; 0 to choose one.</param>
    /// <param name="names">At which addresses; none for all of its family.</param>
    /// <exception cref="RefusedException">Another one has it at one of these addresses.</exception>
    public ushort Bind(UsrsctpSocket socket, ushort port, IReadOnlyList<SocketName> names)
    {
        lock (_gate)
        {
            port = port == 0 ? Choose() : port;
            List<UsrsctpSocket> others = _bound.GetValueOrDefault(port) ?? [];
            Check(others, socket, names);
            others.Add(socket);
            _bound[port] = others;
            return port;
        }
    }

    /// <summary>Whether a socket may have further addresses at its port.</summary>
    /// <inheritdoc cref="Bind" path="/exception"/>
    public void Check(UsrsctpSocket socket, ushort port, IReadOnlyList<SocketName> names)
    {
        lock (_gate)
        {
            Check(_bound.GetValueOrDefault(port) ?? [], socket, names);
        }
    }

    /// <summary>A socket is bound to its port no longer.</summary>
    public void Release(UsrsctpSocket socket, ushort port)
    {
        lock (_gate)
        {
            if (_bound.TryGetValue(port, out List<UsrsctpSocket>? sockets) && sockets.Remove(socket) && sockets.Count == 0)
            {
                _bound.Remove(port);
            }
        }
    }

    private static void Check(List<UsrsctpSocket> others, UsrsctpSocket socket, IReadOnlyList<SocketName> names)
    {
        if (others.Exists(other => Collides(other, socket, names)))
        {
            throw new RefusedException(Errno.AddressInUse);
        }
    }

    private static bool Collides(UsrsctpSocket other, UsrsctpSocket socket, IReadOnlyList<SocketName> names) =>
        other != socket
        && other.IsOwnFamily == socket.IsOwnFamily
        && !(other.SharesPort && socket.SharesPort)
        && (other.Bound.Count == 0 || names.Count == 0
            || other.Bound.Any(bound => bound.IsWildcard || names.Any(name => name.IsWildcard || name.IsAt(bound))));

    // Under the lock.
    private ushort Choose()
    {
        int first = RandomNumberGenerator.GetInt32(EphemeralCount);
        for (int i = 0; i < EphemeralCount; i++)
        {
            var port = (ushort)(FirstEphemeral + ((first + i) % EphemeralCount));
            if (!_bound.ContainsKey(port))
            {
                return port;
            }
        }

        throw new RefusedException(Errno.AddressInUse);
    }
}
