using System.Collections.Generic;

namespace Braid.WebRtc;

/// <summary>A STUN or TURN server, under one or several URLs (W3C: RTCIceServer).</summary>
/// <param name="Urls">
/// <c>stun:host[:port]</c> (RFC 7064), <c>turn:host[:port][?transport=udp|tcp]</c> or <c>turns:host[:port]</c>, which is TURN over TLS
/// (RFC 7065). Ports are 3478, and 5349 over TLS, where none is given.
/// </param>
/// <param name="Username">The user, for TURN.</param>
/// <param name="Credential">His password, for TURN.</param>
public sealed record RTCIceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null)
{
    /// <summary>A server with one URL.</summary>
    public RTCIceServer(string url, string? username = null, string? credential = null)
        : this([url], username, credential)
    {
    }
}
