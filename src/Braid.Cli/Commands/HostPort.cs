using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>HOST[:UDPPORT], where an IPv6 address with a port stands in brackets.</summary>
/// <param name="Host">A name or an address.</param>
/// <param name="Port">The UDP port; 9899 when none is given.</param>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <exception cref="UsageException">The text is neither.</exception>
    public static HostPort Parse(string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? bare) && bare.AddressFamily == AddressFamily.InterNetworkV6 && text[0] != '[')
        {
            return new HostPort(text, SctpDefaults.UdpPort);
        }

        int bracket = text.LastIndexOf(']');
        int colon = text.LastIndexOf(':');
        string host = colon > bracket ? text[..colon] : text;
        int port = SctpDefaults.UdpPort;
        bool hasValidPort = colon <= bracket
            || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= ushort.MaxValue);
        if (bracket > 0 && host[0] == '[')
        {
            host = host[1..^1];
        }

        return hasValidPort && host.Length > 0 && !host.Contains(':', StringComparison.Ordinal) | bracket > 0
            ? new HostPort(host, port)
            : throw new UsageException($"{text}: not HOST or HOST:UDPPORT");
    }

    /// <exception cref="TransferFailedException">The name is not known.</exception>
    public async Task<IPEndPoint> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(Host, out IPAddress? address))
        {
            return new IPEndPoint(address, Port);
        }

        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(Host, cancellationToken);
            return new IPEndPoint(addresses[0], Port);
        }
        catch (SocketException)
        {
            throw new TransferFailedException($"{Host}: unknown host");
        }
    }
}
