using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.WebRtc;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Peer;

namespace Braid.Simulation;

/// <summary>A computer with a WebRTC peer, perhaps behind a NAT, and what an application would do with it.</summary>
internal sealed class PeerHost(string name, PeerCore core, Nat? nat, SimulatedLink outgoing, List<NetworkAddress> addresses)
{
    public string Name { get; } = name;

    public PeerCore Core { get; } = core;

    public Nat? Nat { get; set; } = nat;

    /// <summary>All that it sends goes this way first.</summary>
    public SimulatedLink Outgoing { get; } = outgoing;

    public List<NetworkAddress> Addresses { get; } = addresses;

    /// <summary>Servers that it asks for addresses.</summary>
    public List<NetworkAddress> StunServers { get; } = [];

    public List<TurnServer> TurnServers { get; } = [];

    /// <summary>Whether it has no candidates but relayed ones.</summary>
    public bool IsRelayOnly { get; set; }

    /// <summary>Whether it gives way when both have made an offer (W3C, perfect negotiation).</summary>
    public bool IsPolite { get; init; }

    /// <summary>Whether candidates and end-of-candidates are told as they come, or stand in the description.</summary>
    public bool Trickles { get; set; } = true;

    /// <summary>Changes what is told to the other side: wrong fingerprints, wrong passwords.</summary>
    public Func<string, string>? Tells { get; set; }

    public PeerHost? Other { get; set; }

    public List<PeerEvent> Events { get; } = [];

    public List<string> Log { get; } = [];

    /// <summary>Channels that it has opened or was told of, that are open.</summary>
    public List<Channel> Open { get; } = [];

    /// <summary>Called for each message.</summary>
    public Action<PeerMessage>? Received { get; set; }

    /// <summary>Called whenever it was drained: for what it sends.</summary>
    public Action<PeerHost>? Work { get; set; }

    public long Batches { get; set; }

    public long Datagrams { get; set; }

    /// <summary>All that it was told of the other side's descriptions, the ignored ones too.</summary>
    public string Told { get; set; } = "";

    public bool IsMakingOffer { get; set; }

    public bool IgnoresOffer { get; set; }

    /// <summary>Whether it has restarted ICE because nothing came, not long ago.</summary>
    public bool IsRestarting { get; set; }

    public bool Has(in NetworkAddress address) => Addresses.Contains(address);

    public bool IsConnected => Core.ConnectionState == RTCPeerConnectionState.Connected;

    public Channel Create(Instant now, string label, RTCDataChannelInit? init = null)
    {
        RTCError error = Core.CreateChannel(now, label, init, out Channel? channel);
        return channel ?? throw new ScenarioException($"{Name} cannot create {label}: {error}");
    }

    public override string ToString() => $"{Name}: {Core.ConnectionState}, ICE {Core.IceConnectionState}, end {Core.End}";
}
