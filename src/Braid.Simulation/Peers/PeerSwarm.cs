using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Ice.Turn;
using Braid.WebRtc;
using Braid.WebRtc.Dcep;

namespace Braid.Simulation;

/// <summary>
/// Two peers behind drawn NATs and links, with drawn channels, who are troubled while they send: ICE restarts from either side, addresses
/// that change, NATs that forget, outages. Then the faults end, and everything that is reliable has to arrive.
/// </summary>
public sealed class PeerSwarm
{
    private static readonly TimeSpan s_troubles = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly PeerWorld _world;
    private readonly Instant _begun;
    private readonly SeededRandom _random;
    private readonly List<PeerLoad> _loads = [];
    private readonly List<(PeerLoad Load, bool IsReliable)> _checked = [];
    private readonly StringBuilder _story = new();
    private readonly PeerHost _a;
    private readonly PeerHost _z;
    private readonly TurnServer _turn;
    private byte _nextAddress = 100;
    private int _planned;
    private bool _mayForget = true;                          // else it would be the relay's address that is lost, and with it the way

    /// <param name="seed">Decides everything else.</param>
    /// <param name="nat">What the first peer is behind; null to draw it.</param>
    /// <param name="otherNat">What the second one is behind; null to draw it.</param>
    public PeerSwarm(ulong seed, NatKind? nat = null, NatKind? otherNat = null)
    {
        _random = new SeededRandom(seed ^ 0x5EED);
        _world = new PeerWorld(seed) { SignallingDelay = TimeSpan.FromMilliseconds(10 + _random.NextInt32(200)) };
        _begun = _world.Now;
        NetworkAddress stun = NetworkAddress.FromIPv4([198, 51, 100, 1], 3478);
        _world.AddStunServer(stun);
        _turn = _world.AddTurnServer(NetworkAddress.FromIPv4([198, 51, 100, 2], 3478));
        _a = Add("A", 1, isPolite: true, stun, nat);
        _z = Add("Z", 2, isPolite: false, stun, otherNat);
        PeerWorld.Introduce(_a, _z);
    }

    /// <summary>What was drawn and what has happened.</summary>
    public string Story => $"{_story}{Environment.NewLine}{_a}{Environment.NewLine}{_z}";

    /// <summary>Datagrams that both have sent.</summary>
    public long Datagrams => _world.Hosts.Sum(static host => host.Datagrams);

    /// <summary>Those of them that a link has lost.</summary>
    public long Lost => _world.Hosts.Sum(static host => host.Outgoing.Lost);

    /// <summary>Virtual time that has passed.</summary>
    public TimeSpan Duration => _world.Now - _begun;

    /// <summary>Runs the world, once.</summary>
    /// <exception cref="ScenarioException">Something was lost, or is not as it should be.</exception>
    public void Run()
    {
        foreach (PeerHost host in _world.Hosts)
        {
            int channels = _random.NextInt32(3) + (host == _a ? 1 : 0);
            for (int i = 0; i < channels; i++)
            {
                AddLoad(host);
            }

            host.Work = Work;
        }

        int troubles = _random.NextInt32(5);
        for (int i = 0; i < troubles; i++)
        {
            _planned++;
            _world.Plan(_random.NextTimeSpan(s_troubles), () =>
            {
                _planned--;
                Trouble();
            });
        }

        _world.Plan(s_troubles, Heal);
        if (!_world.RunUntil(() => _planned == 0 && _checked.Count > 0 && _checked.TrueForAll(one => !one.IsReliable || one.Load.IsComplete), s_limit))
        {
            throw new ScenarioException($"Not everything has arrived: {string.Join(", ", _checked.Select(one => $"{one.Load.Arrived} of {one.Load.Sent}"))}");
        }

        foreach (PeerHost host in _world.Hosts)
        {
            host.Core.Close(_world.Now);
        }

        _world.Run(TimeSpan.FromSeconds(2));
        foreach (PeerHost host in _world.Hosts)
        {
            if (host.Core.ConnectionState != RTCPeerConnectionState.Closed || host.Open.Count > 0)
            {
                throw new ScenarioException($"{host} is not closed, or {host.Open.Count} of its channels are not.");
            }

            host.Core.Dispose();
        }
    }

    private PeerHost Add(string name, byte number, bool isPolite, NetworkAddress stun, NatKind? wanted)
    {
        NetworkAddress outside = NetworkAddress.FromIPv4([203, 0, 113, number], 0);
        Nat? nat = null;
        if (_random.NextInt32(5) > 0)
        {
            var mapping = (NatBehavior)_random.NextInt32(3);
            var filtering = (NatBehavior)_random.NextInt32(3);
            nat = new Nat(mapping, filtering, outside, _random.NextInt32(2) == 0);
            if (wanted is null)
            {
                _mayForget &= mapping == NatBehavior.EndpointIndependent;
                Tell($"{name}: a NAT with {mapping} mapping and {filtering} filtering");
            }
        }

        // The rest of the world is drawn as without a wish.
        if (wanted is { } kind)
        {
            nat = kind == NatKind.None ? null : new Nat(kind, outside, nat?.Hairpins == true);
            _mayForget &= kind != NatKind.Symmetric;
            Tell($"{name}: {(nat is null ? "no NAT" : $"a NAT, {kind}")}");
        }

        var link = new LinkModel
        {
            Delay = TimeSpan.FromMilliseconds(2 + _random.NextInt32(80)),
            Jitter = TimeSpan.FromMilliseconds(_random.NextInt32(20)),
            Loss = _random.NextInt32(3) * 0.03,
            Duplication = _random.NextInt32(2) * 0.02,
            Reordering = _random.NextInt32(2) * 0.05,
            MaximumDatagram = _random.NextInt32(2) == 0 ? 0 : 1232 + (_random.NextInt32(4) * 60),
            RateBitsPerSecond = _random.NextInt32(2) == 0 ? 0 : 5_000_000 + (1_000_000L * _random.NextInt32(50)),
            QueueBytes = 100_000,
        };
        Tell($"{name}: {link}");
        PeerHost host = _world.Add(name, nat, link, isPolite, [NetworkAddress.FromIPv4([10, 0, number, 1], (ushort)(5000 + number))]);
        host.StunServers.Add(stun);
        host.TurnServers.Add(_turn);
        return host;
    }

    private void AddLoad(PeerHost host)
    {
        int kind = _random.NextInt32(5);
        var init = new RTCDataChannelInit
        {
            Ordered = _random.NextInt32(2) == 0,
            MaxRetransmits = kind == 0 ? (ushort)_random.NextInt32(3) : null,
            MaxPacketLifeTime = kind == 1 ? (ushort)(50 + _random.NextInt32(500)) : null,
            Priority = (RTCPriorityType)_random.NextInt32(4),
        };
        Channel channel = host.Create(_world.Now, $"{host.Name}{_checked.Count}", init);
        int size = 8 << _random.NextInt32(13);
        int total = Math.Clamp(2_000_000 / size, 20, 400);
        var load = new PeerLoad(host, channel, host == _a ? _z : _a, total, number => 8 + (((number * 977) + size) % size));
        _loads.Add(load);
        _checked.Add((load, init.MaxRetransmits is null && init.MaxPacketLifeTime is null));
        Tell($"{host.Name}: {total} messages of up to {size + 8} bytes, {init}");
    }

    private void Work(PeerHost host)
    {
        foreach (PeerLoad load in _loads)
        {
            if (load.From == host)
            {
                load.Work(_world.Now);
            }
        }

        // As applications do: who sees that nothing comes begins anew.
        if (host.Core.IceConnectionState is RTCIceConnectionState.Disconnected or RTCIceConnectionState.Failed && !host.IsRestarting)
        {
            host.IsRestarting = true;
            Tell($"{host.Name} is {host.Core.IceConnectionState} and restarts");
            host.Core.RestartIce(_world.Now);
            _planned++;
            _world.Plan(TimeSpan.FromSeconds(15), () =>
            {
                _planned--;
                host.IsRestarting = false;
            });
        }
    }

    private void Trouble()
    {
        PeerHost host = _random.NextInt32(2) == 0 ? _a : _z;
        switch (_random.NextInt32(5))
        {
            case 0:
                Tell($"{host.Name} restarts ICE");
                host.Core.RestartIce(_world.Now);
                break;
            case 1:
                Tell("both restart ICE");
                _a.Core.RestartIce(_world.Now);
                _z.Core.RestartIce(_world.Now);
                break;
            case 2 when _mayForget:
                Tell($"{host.Name}'s NAT forgets everything");
                host.Nat?.Forget();
                break;
            case 2 or 3:
                Cut(host, TimeSpan.FromSeconds(1) + _random.NextTimeSpan(TimeSpan.FromSeconds(40)));
                break;
            default:
                Move(host);
                break;
        }
    }

    private void Cut(PeerHost host, TimeSpan time)
    {
        Tell($"{host.Name} is cut off for {time.TotalSeconds:0.0} s");
        host.Outgoing.IsDown = true;
        _planned++;
        _world.Plan(time, () =>
        {
            _planned--;
            host.Outgoing.IsDown = false;
        });
    }

    // Another network: the old socket is gone, there is a new one, and a new relay.
    private void Move(PeerHost host)
    {
        NetworkAddress old = host.Addresses[0];
        NetworkAddress address = NetworkAddress.FromIPv4([10, 0, host == _a ? (byte)1 : (byte)2, _nextAddress++], old.Port);
        Tell($"{host.Name} moves from {old} to {address}");
        host.Addresses[0] = address;
        host.Core.AddHostCandidate(_world.Now, address);
        var options = new TurnOptions { Username = _turn.Username, Password = _turn.Password };
        host.Core.AddRelay(_world.Now, new TurnAllocation(options, new NetworkPath(address, _turn.Address), _world.Random.Fork()));
        host.Core.RestartIce(_world.Now);
    }

    private void Heal()
    {
        Tell("the faults end");
        foreach (PeerHost host in _world.Hosts)
        {
            host.Outgoing.Model = host.Outgoing.Model.Healed();
        }
    }

    private void Tell(string what) => _story.AppendLine(CultureInfo.InvariantCulture, $"{_world?.Now} {what}");
}
