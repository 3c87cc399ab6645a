using System.Linq;
using Braid.Sockets;

namespace Braid.Cli.Output;

/// <summary>Who is at the ends of an association, in words.</summary>
internal static class Ends
{
    /// <summary>What the line begins with that says where somebody listens; the address follows. <c>demo</c> reads it.</summary>
    public const string ListeningOn = "Listening on UDP ";

    /// <summary>Where somebody listens.</summary>
    public static string Announce(SctpListener listener) => listener.Encapsulation == SctpEncapsulation.RawIp
        ? $"Listening on IP {string.Join(", ", listener.LocalEndPoints.Select(static local => local.Address))}, SCTP port {listener.Port}"
        : $"{ListeningOn}{string.Join(", ", listener.LocalEndPoints)}, SCTP port {listener.Port}";

    /// <summary>Who the peer is: over IP there is no port.</summary>
    public static string PeerOf(SctpAssociation association) =>
        association.RemoteEndPoint is { Port: 0 } remote ? $"{remote.Address}" : $"{association.RemoteEndPoint}";
}
