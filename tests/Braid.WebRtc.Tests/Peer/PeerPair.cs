using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Dtls;
using Braid.Simulation;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>Two peers in a world: A has a channel and makes the first offer.</summary>
internal sealed class PeerPair
{
    public static readonly NetworkAddress Stun = NetworkAddress.FromIPv4([198, 51, 100, 1], 3478);
    private static readonly NetworkAddress s_turn = NetworkAddress.FromIPv4([198, 51, 100, 2], 3478);

    public PeerPair(ulong seed = 7, NatKind natA = NatKind.None, NatKind natZ = NatKind.None, LinkModel? link = null, Func<PeerOptions, PeerOptions>? change = null)
    {
        World = new PeerWorld(seed);
        World.AddStunServer(Stun);
        Turn = World.AddTurnServer(s_turn);
        LinkModel model = link ?? new LinkModel { Delay = TimeSpan.FromMilliseconds(20) };
        A = World.Add("A", Make(natA, 1), model, isPolite: true, [Address(1, 1)], change);
        Z = World.Add("Z", Make(natZ, 2), model, isPolite: false, [Address(2, 1)], change);
        PeerWorld.Introduce(A, Z);
        foreach (PeerHost host in World.Hosts)
        {
            host.StunServers.Add(Stun);
            host.Received += message => Received.Add((host, message.Channel.Options.Label, Encoding.UTF8.GetString(message.Payload.FirstSpan), message.IsText));
        }
    }

    public PeerWorld World { get; }

    public TurnServer Turn { get; }

    public PeerHost A { get; }

    public PeerHost Z { get; }

    public List<(PeerHost Host, string Label, string Text, bool IsText)> Received { get; } = [];

    public static NetworkAddress Address(byte host, byte number) => NetworkAddress.FromIPv4([10, 0, host, number], (ushort)(5000 + host));

    /// <summary>Has A open a channel, and waits until both can send on it.</summary>
    public Channel Open(string label = "one")
    {
        Channel channel = A.Create(World.Now, label);
        Assert.True(World.RunUntil(() => A.Open.Contains(channel) && Z.Open.Any(one => one.Options.Label == label), TimeSpan.FromSeconds(60)), Describe());
        return channel;
    }

    public void Until(Func<bool> condition, double seconds = 60) => Assert.True(World.RunUntil(condition, TimeSpan.FromSeconds(seconds)), Describe());

    public void Send(PeerHost host, Channel channel, string text) =>
        Assert.Equal(RTCError.None, host.Core.Send(World.Now, channel, Encoding.UTF8.GetBytes(text), isText: true));

    public string Describe() => $"{A}{Environment.NewLine}{Z}{Environment.NewLine}{string.Join(Environment.NewLine, A.Log.TakeLast(10))}";

    private static Nat? Make(NatKind kind, byte host) => kind == NatKind.None ? null : new Nat(kind, NetworkAddress.FromIPv4([203, 0, 113, host], 0));

    /// <summary>A peer over real DTLS.</summary>
    public static PeerOptions WithDtls(PeerOptions options)
    {
        DtlsCertificate certificate = DtlsCertificate.Create();
        return options with
        {
            Fingerprints = [certificate.Fingerprint()],
            Sessions = (role, fingerprints) => new DtlsSession(new DtlsSessionOptions { Certificate = certificate, Role = role, PeerFingerprints = fingerprints }),
        };
    }
}
