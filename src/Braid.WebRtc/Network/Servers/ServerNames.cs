using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>Addresses of servers.</summary>
internal static class ServerNames
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Finds the addresses of a server, at most one of each family, with its port.</summary>
    /// <returns>None, and why, where there is none.</returns>
    public static async Task<(IReadOnlyList<NetworkAddress> Addresses, string Why)> ResolveAsync(IceServerUrl server, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            IPAddress[] found = IPAddress.TryParse(server.Host, out IPAddress? literal)
                ? [literal]
                : await Dns.GetHostAddressesAsync(server.Host, patience.Token).ConfigureAwait(false);
            List<NetworkAddress> addresses = [];
            foreach (IPAddress address in found)
            {
                NetworkAddress next = new IPEndPoint(address, server.Port).ToNetworkAddress();
                if (next.IsUnicast && !addresses.Exists(known => known.Family == next.Family))
                {
                    addresses.Add(next);
                }
            }

            return (addresses, addresses.Count == 0 ? "its name has no address" : "");
        }
        catch (SocketException exception)
        {
            return ([], exception.SocketErrorCode == SocketError.HostNotFound ? "nobody knows its name" : exception.Message);
        }
        catch (OperationCanceledException)
        {
            return ([], "its name was not resolved in time");
        }
    }
}
