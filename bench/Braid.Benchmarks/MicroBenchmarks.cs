using System;
using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Benchmarks;

/// <summary>The hot spots, in memory. One thread, no socket.</summary>
[MemoryDiagnoser]
public class MicroBenchmarks
{
    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);

    private readonly byte[] _packet = new byte[1372];
    private readonly byte[] _datagram = new byte[2048];
    private readonly byte[] _message = new byte[1200];
    private readonly Instant _now = new(TimeSpan.TicksPerSecond);
    private Endpoint _sender = null!;
    private Endpoint _receiver = null!;
    private Association _association = null!;

    /// <summary>Two endpoints, connected.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var options = new AssociationOptions { PathMtu = 1400, MaximumPathMtu = 0 };
        _sender = new Endpoint(new EndpointOptions { LocalPort = 1, Association = options }, new SeededRandom(1));
        _receiver = new Endpoint(new EndpointOptions { LocalPort = 2, Association = options, AcceptsAssociations = true }, new SeededRandom(2));
        _association = _sender.Connect(_now, 2, new NetworkPath(s_a, s_z));
        Exchange();
    }

    /// <summary>The checksum of a full packet.</summary>
    [Benchmark]
    public uint Crc32cOf1372Bytes() => Crc32c.Compute(_packet);

    /// <summary>The same, one instruction for 8 bytes: the floor of what needs no trick.</summary>
    [Benchmark]
    public uint Crc32cSerialOf1372Bytes()
    {
        uint state = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(_packet))
        {
            state = BitOperations.Crc32C(state, word);
        }

        return state;
    }

    /// <summary>Two messages from Send to TryReceive and their SACK, through both endpoints.</summary>
    [Benchmark(OperationsPerInvoke = 2)]
    public void MessageOf1200Bytes()
    {
        _association.Send(_now, _message, default);
        _association.Send(_now, _message, default);
        Exchange();
    }

    private void Exchange()
    {
        while (Carry(_sender, _receiver, s_a) | Carry(_receiver, _sender, s_z))
        {
        }
    }

    private bool Carry(Endpoint from, Endpoint to, NetworkAddress source)
    {
        bool any = false;
        while (from.TryGetDatagram(_now, _datagram, out OutgoingDatagram datagram))
        {
            any = true;
            to.HandleDatagram(_now, new NetworkPath(datagram.Path.Remote, source), _datagram.AsSpan(0, datagram.Length));
        }

        while (from.TryTakeActive(out Association? association))
        {
            while (association.TryReceive(out ReceivedMessage? message))
            {
                message.Dispose();
            }
        }

        return any;
    }
}
