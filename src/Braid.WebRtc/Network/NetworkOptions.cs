using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace Braid.WebRtc.Network;

/// <summary>Which sockets a peer gets, and which servers it asks.</summary>
internal sealed record NetworkOptions
{
    /// <summary>STUN and TURN servers.</summary>
    public IReadOnlyList<RTCIceServer> Servers { get; init; } = [];

    /// <summary>Whether relayed candidates are all that the peer is told (W3C iceTransportPolicy relay).</summary>
    public bool IsRelayOnly { get; init; }

    /// <summary>Which addresses the peer may know.</summary>
    public AddressPolicy AddressPolicy { get; init; }

    /// <summary>Whether loopback addresses are used beside others. Without others they are used in any case.</summary>
    public bool IncludesLoopback { get; init; }

    /// <summary>How many addresses are used at most.</summary>
    public int MaximumAddresses { get; init; } = 16;

    /// <summary>Whether there are TCP candidates (RFC 6544).</summary>
    public bool EnablesIceTcp { get; init; }

    /// <summary>Whether host candidates show a name in .local in their address's place.</summary>
    public bool HidesAddresses { get; init; }

    /// <summary>Resolves names in .local, and answers for ours.</summary>
    public MdnsService Mdns { get; init; } = MdnsService.Shared;

    /// <summary>The port that is shared with other peers; null for ports of its own.</summary>
    public RTCUdpMux? UdpMux { get; init; }

    /// <summary>Whom certificates of TURN servers are from (turns:); none for whom the system trusts.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>The interfaces' addresses; from the system by default.</summary>
    public Func<IReadOnlyList<InterfaceAddress>> ReadInterfaces { get; init; } = InterfaceAddresses.Read;

    /// <summary>Where time comes from.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
