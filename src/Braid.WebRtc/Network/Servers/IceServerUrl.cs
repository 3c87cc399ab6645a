using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>What a server is spoken to in.</summary>
internal enum IceServerTransport : byte
{
    /// <summary>UDP.</summary>
    Udp,

    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>TLS over TCP.</summary>
    Tls,
}

/// <summary>The URL of a STUN or TURN server, read (RFC 7064 §3.1, RFC 7065 §3.1).</summary>
/// <param name="IsTurn">Whether it lends addresses.</param>
/// <param name="Transport">What it is spoken to in.</param>
/// <param name="Host">A name, or an address without brackets.</param>
/// <param name="Port">From 1.</param>
/// <param name="Text">As it was written, for logs.</param>
internal sealed record IceServerUrl(bool IsTurn, IceServerTransport Transport, string Host, ushort Port, string Text)
{
    private const ushort PlainPort = 3478;
    private const ushort SecurePort = 5349;
    private const int LongestHost = 253;                     // RFC 1035 §2.3.4, without the last dot

    /// <summary>Reads a URL.</summary>
    /// <returns>What is wrong with it, in words; null when it was read.</returns>
    public static string? TryParse(string text, out IceServerUrl? url)
    {
        url = null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string scheme = colon < 0 ? "" : text[..colon].ToLowerInvariant();
        if (scheme is not ("stun" or "stuns" or "turn" or "turns"))
        {
            return "it does not begin with stun:, turn: or turns:";
        }

        bool isTurn = scheme[0] == 't';
        bool isSecure = scheme[^1] == 's';
        ReadOnlySpan<char> rest = text.AsSpan(colon + 1);
        if (rest.StartsWith("//"))
        {
            return $"there is no // in it: {scheme}:{rest[2..]} is meant, maybe";
        }

        int question = rest.IndexOf('?');
        ReadOnlySpan<char> query = question < 0 ? default : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        string host = "";
        ReadOnlySpan<char> portText = default;
        ushort port = 0;
        string? wrong = TryReadTransport(isTurn, isSecure, question >= 0, query, out IceServerTransport transport);
        wrong ??= TryReadHost(rest, out host, out portText);
        wrong ??= TryReadPort(portText, isSecure, out port);
        url = wrong is null ? new IceServerUrl(isTurn, transport, host, port, text) : null;
        return wrong;
    }

    /// <summary>Reads the URLs of a server, with what they need.</summary>
    /// <returns>The W3C's error (RTCPeerConnection, validate an ICE server); none when they were read.</returns>
    public static RTCError TryParse(RTCIceServer server, List<IceServerUrl> urls)
    {
        if (server.Urls is not { Count: > 0 })
        {
            return new RTCError(RTCErrorName.SyntaxError, "An ICE server has no URL.");
        }

        foreach (string text in server.Urls)
        {
            if (TryParse(text, out IceServerUrl? url) is { } wrong)
            {
                return new RTCError(RTCErrorName.SyntaxError, $"The ICE server's URL \"{text}\" cannot be used: {wrong}.");
            }

            if (url!.IsTurn && (string.IsNullOrEmpty(server.Username) || server.Credential is null))
            {
                return new RTCError(RTCErrorName.InvalidAccessError, $"The TURN server \"{text}\" needs a username and a credential.");
            }

            urls.Add(url);
        }

        return RTCError.None;
    }

    private static string? TryReadTransport(
        bool isTurn, bool isSecure, bool hasQuery, ReadOnlySpan<char> query, out IceServerTransport transport)
    {
        transport = isSecure ? IceServerTransport.Tls : IceServerTransport.Udp;
        if (!hasQuery)
        {
            return null;
        }

        if (!isTurn)
        {
            return "a STUN server's URL has no query";       // RFC 7064 §3.1
        }

        if (query.Equals("transport=tcp", StringComparison.OrdinalIgnoreCase))
        {
            transport = isSecure ? IceServerTransport.Tls : IceServerTransport.Tcp;
            return null;
        }

        if (query.Equals("transport=udp", StringComparison.OrdinalIgnoreCase))
        {
            return isSecure ? "TURN over DTLS is not supported; turns: without a transport is TURN over TLS" : null;
        }

        return "what follows the question mark is transport=udp or transport=tcp";
    }

    private static string? TryReadHost(ReadOnlySpan<char> text, out string host, out ReadOnlySpan<char> port)
    {
        host = "";
        port = default;
        if (text.Contains('@'))
        {
            return "the user's name does not stand in it, but beside it";
        }

        ReadOnlySpan<char> name;
        if (text is ['[', ..])
        {
            int end = text.IndexOf(']');
            if (end < 0 || !IPAddress.TryParse(text[1..end], out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return "there is no IPv6 address between the brackets";
            }

            name = text[1..end];
            port = text[(end + 1)..];
            if (port is not ([] or [':', ..]))
            {
                return "after the bracket comes a colon with the port, or nothing";
            }
        }
        else
        {
            int colon = text.IndexOf(':');
            name = colon < 0 ? text : text[..colon];
            port = colon < 0 ? default : text[colon..];
            if (port.Length > 1 && port[1..].Contains(':'))
            {
                return "an IPv6 address stands in brackets";
            }

            if (name.IsEmpty)
            {
                return "it names no host";
            }

            if (name.Length > LongestHost || Uri.CheckHostName(name.ToString()) is UriHostNameType.Unknown or UriHostNameType.IPv6)
            {
                return "the host's name is not one";
            }
        }

        host = name.ToString();
        return null;
    }

    private static string? TryReadPort(ReadOnlySpan<char> text, bool isSecure, out ushort port)
    {
        port = isSecure ? SecurePort : PlainPort;
        return text.IsEmpty || (ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port != 0)
            ? null
            : "the port is a number from 1 to 65535";
    }
}
