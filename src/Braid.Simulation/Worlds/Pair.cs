using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Two endpoints, A and Z, drawn as the RFC draws them: each line of a test names the one packet that crosses, and the test
/// fails with the drawing so far when another one does.
/// </summary>
public sealed class Pair
{
    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([10, 0, 0, 26], 9899);

    private readonly bool _isMultiHomed;
    private readonly NetworkPath _first;
    private readonly byte[] _buffer = new byte[65536];
    private readonly StringBuilder _drawing = new();
    private readonly Queue<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)> _fromA = new();
    private readonly Queue<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)> _fromZ = new();

    /// <param name="options">Options of both sides; null for the defaults, but with the windows of RFC 9260 and without a search for the path's MTU.</param>
    /// <param name="seed">Decides tags and initial TSNs.</param>
    /// <param name="optionsOfZ">Options of Z, where they differ.</param>
    /// <param name="errorDetection">What both sides believe of the network (RFC 9653).</param>
    /// <param name="carriesEcn">Whether the network carries ECN (RFC 3168).</param>
    /// <param name="interleaves">Whether I-DATA is offered where the options say so; otherwise the drawings are those of RFC 9260.</param>
    /// <param name="addressesOfA">A's addresses, where it has several; packets then come from where they were sent from.</param>
    /// <param name="addressesOfZ">Z's.</param>
    /// <param name="associationsOfZ">How many associations Z may have; null for the default.</param>
    public Pair(
        AssociationOptions? options = null,
        ulong seed = 7,
        AssociationOptions? optionsOfZ = null,
        AlternateErrorDetection errorDetection = AlternateErrorDetection.None,
        bool carriesEcn = false,
        bool interleaves = false,
        NetworkAddress[]? addressesOfA = null,
        NetworkAddress[]? addressesOfZ = null,
        int? associationsOfZ = null)
    {
        var random = new SeededRandom(seed);
        Extensions offered = interleaves ? (Extensions)ushort.MaxValue : ~Extensions.Interleaving;
        options ??= AssociationOptions.Rfc9260 with { MaximumPathMtu = 0 };
        optionsOfZ ??= options;
        options = Offering(options, offered);
        optionsOfZ = Offering(optionsOfZ, offered);
        var a = new EndpointOptions
        {
            LocalPort = PortA,
            Association = options,
            AcceptsAssociations = true,
            ErrorDetection = errorDetection,
            CarriesEcn = carriesEcn,
            LocalAddresses = addressesOfA ?? [],
        };
        EndpointA = new Endpoint(a, random.Fork());
        EndpointOptions z = a with { LocalPort = PortZ, Association = optionsOfZ, LocalAddresses = addressesOfZ ?? [] };
        EndpointZ = new Endpoint(associationsOfZ is { } most ? z with { MaximumAssociations = most } : z, random.Fork());
        _isMultiHomed = addressesOfA is not null || addressesOfZ is not null;
        _first = new NetworkPath(addressesOfA?[0] ?? s_a, addressesOfZ?[0] ?? s_z);
    }

    /// <summary>A's SCTP port.</summary>
    public const ushort PortA = 1001;

    /// <summary>Z's SCTP port.</summary>
    public const ushort PortZ = 1026;

    /// <summary>Virtual time.</summary>
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>The side that opens.</summary>
    public Endpoint EndpointA { get; }

    /// <summary>The side that listens.</summary>
    public Endpoint EndpointZ { get; }

    /// <summary>A's association, once Connect was called.</summary>
    public Association A { get; private set; } = null!;

    /// <summary>Z's association, once it exists.</summary>
    public Association Z { get; private set; } = null!;

    /// <summary>The bytes of the packet that crossed last.</summary>
    public byte[] LastPacket { get; private set; } = [];

    /// <summary>What its IP header said.</summary>
    public EcnCodepoint LastEcn { get; private set; }

    /// <summary>Where the packet that crossed last was sent.</summary>
    public NetworkPath LastPath { get; private set; }

    /// <summary>A path from A's side, for packets made by hand.</summary>
    public static NetworkPath FromA => new(s_z, s_a);

    /// <summary>A path from Z's side, for packets made by hand.</summary>
    public static NetworkPath FromZ => new(s_a, s_z);

    /// <summary>A opens the association.</summary>
    public Pair Connect() => Connect([_first]);

    /// <summary>A opens the association with a Z that has several addresses.</summary>
    public Pair Connect(ReadOnlySpan<NetworkPath> paths)
    {
        A = EndpointA.Connect(Now, PortZ, paths);
        return this;
    }

    /// <summary>The four-way handshake, without drawing it.</summary>
    public Pair Established()
    {
        Connect();
        Exchange();
        return A.State == AssociationState.Established && Z?.State == AssociationState.Established
            ? this
            : throw Wrong("the handshake did not succeed");
    }

    /// <summary>
    /// One packet crosses: "A -> INIT -> Z", "A &lt;- INIT ACK &lt;- Z"; "A -> DATA x Z" and "A x SACK &lt;- Z" lose it.
    /// Several chunks are separated by commas.
    /// </summary>
    /// <exception cref="ScenarioException">Another packet is sent there, or none.</exception>
    public Pair Arrow(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool isFromA = words is ["A", "->", .., "Z"];
        bool isFromZ = words is ["A", .., "<-", "Z"];
        if (isFromA == isFromZ || words.Length < 5)
        {
            throw new ArgumentException($"'{line}' is not an arrow.", nameof(line));
        }

        bool isLost = words[isFromA ? ^2 : 1] == "x";
        string expected = string.Join(' ', words[2..^2]);
        Collect();
        Queue<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn)> queue = isFromA ? _fromA : _fromZ;
        if (!queue.TryDequeue(out (byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn) sent))
        {
            throw Wrong($"'{line}' was expected, but no packet is sent there");
        }

        (byte[] packet, LastPath, LastEcn) = sent;
        string actual = PacketText.Name(packet);
        Draw(isFromA, packet, isLost);
        if (actual != expected)
        {
            throw Wrong($"'{line}' was expected");
        }

        LastPacket = packet;
        if (!isLost)
        {
            Deliver(isFromA, packet, LastPath);
        }

        return this;
    }

    /// <summary>Everything crosses until neither side has anything to send; time stands still.</summary>
    public Pair Exchange()
    {
        while (Collect())
        {
            if (_fromA.TryDequeue(out (byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn) sent))
            {
                Draw(true, sent.Bytes, false);
                Deliver(true, sent.Bytes, sent.Path);
            }
            else if (_fromZ.TryDequeue(out sent))
            {
                Draw(false, sent.Bytes, false);
                Deliver(false, sent.Bytes, sent.Path);
            }
        }

        return this;
    }

    /// <summary>All that A has to send crosses; what Z answers waits.</summary>
    public Pair CrossToZ()
    {
        Collect();
        while (_fromA.TryDequeue(out (byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn) sent))
        {
            Draw(true, sent.Bytes, false);
            Deliver(true, sent.Bytes, sent.Path);
        }

        return this;
    }

    /// <summary>All that Z has to send crosses; what A answers waits.</summary>
    public Pair CrossToA()
    {
        Collect();
        while (_fromZ.TryDequeue(out (byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn) sent))
        {
            Draw(false, sent.Bytes, false);
            Deliver(false, sent.Bytes, sent.Path);
        }

        return this;
    }

    /// <summary>Neither side has anything to send now.</summary>
    public Pair NothingPending()
    {
        Collect();
        return _fromA.Count + _fromZ.Count == 0
            ? this
            : throw Wrong($"nothing was expected, but there is {PacketText.Describe((_fromA.Count > 0 ? _fromA : _fromZ).Peek().Bytes)}");
    }

    /// <summary>Loses what both sides have sent and no arrow has drawn.</summary>
    public Pair DropPending()
    {
        Collect();
        _fromA.Clear();
        _fromZ.Clear();
        return this;
    }

    /// <summary>Takes all that Z has sent and no arrow has drawn.</summary>
    public IReadOnlyList<byte[]> TakeFromZ()
    {
        Collect();
        var packets = new List<byte[]>();
        while (_fromZ.TryDequeue(out (byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn) sent))
        {
            packets.Add(sent.Bytes);
        }

        return packets;
    }

    /// <summary>Lets time pass; timers run, packets wait to be drawn.</summary>
    public Pair Advance(TimeSpan time)
    {
        Collect();
        Now += time;
        _drawing.Append("            … ").Append(time.TotalMilliseconds).AppendLine(" ms");
        EndpointA.HandleTimeout(Now);
        EndpointZ.HandleTimeout(Now);
        Collect();
        return this;
    }

    /// <summary>Lets time pass until the next timer of either side has run.</summary>
    /// <returns>How long that took.</returns>
    public TimeSpan AdvanceToNextTimeout()
    {
        Collect();
        Instant next = Instant.Min(EndpointA.NextTimeout, EndpointZ.NextTimeout);
        if (next.IsNever)
        {
            throw Wrong("no timer runs");
        }

        TimeSpan time = next - Now;
        Advance(time);
        return time;
    }

    /// <summary>Puts a packet made by hand before Z, as if A had sent it.</summary>
    public Pair InjectToZ(ReadOnlySpan<byte> packet) => InjectToZ(packet, FromA);

    /// <summary>Puts a packet made by hand before Z.</summary>
    /// <param name="packet">Its bytes.</param>
    /// <param name="path">Where it comes from, as Z sees it.</param>
    public Pair InjectToZ(ReadOnlySpan<byte> packet, in NetworkPath path)
    {
        EndpointZ.HandleDatagram(Now, path, packet);
        Collect();
        return this;
    }

    /// <summary>Puts a packet before Z that a router has marked (RFC 3168).</summary>
    public Pair InjectMarkedToZ(ReadOnlySpan<byte> packet)
    {
        EndpointZ.HandleDatagram(Now, FromA, packet, EcnCodepoint.CongestionExperienced);
        Collect();
        return this;
    }

    /// <summary>Puts a packet made by hand before A, as if Z had sent it.</summary>
    public Pair InjectToA(ReadOnlySpan<byte> packet) => InjectToA(packet, FromZ);

    /// <summary>Puts a packet made by hand before A.</summary>
    /// <param name="packet">Its bytes.</param>
    /// <param name="path">Where it comes from, as A sees it.</param>
    public Pair InjectToA(ReadOnlySpan<byte> packet, in NetworkPath path)
    {
        EndpointA.HandleDatagram(Now, path, packet);
        Collect();
        return this;
    }

    /// <summary>The next message at a side, as bytes; null when there is none.</summary>
    public byte[]? Receive(Association at)
    {
        ArgumentNullException.ThrowIfNull(at);
        if (!at.TryReceive(out ReceivedMessage? message))
        {
            return null;
        }

        byte[] bytes = message.Payload.ToArray();
        message.Dispose();
        Collect();
        return bytes;
    }

    private static AssociationOptions Offering(AssociationOptions options, Extensions offered) =>
        (options.Extensions & ~offered) == 0 ? options : options with { Extensions = options.Extensions & offered };

    private bool Collect()
    {
        while (EndpointA.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
        {
            _fromA.Enqueue((_buffer[..datagram.Length], datagram.Path, datagram.Ecn));
        }

        while (EndpointZ.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
        {
            _fromZ.Enqueue((_buffer[..datagram.Length], datagram.Path, datagram.Ecn));
        }

        if (EndpointZ.TryAccept(out Association? accepted))
        {
            Z = accepted;
        }

        if (EndpointA.TryAccept(out accepted))
        {
            A = accepted;
        }

        while (EndpointA.TryTakeActive(out _) || EndpointZ.TryTakeActive(out _))
        {
        }

        return _fromA.Count + _fromZ.Count > 0;
    }

    private void Deliver(bool isFromA, byte[] packet, in NetworkPath sent)
    {
        NetworkPath path = _isMultiHomed ? new NetworkPath(sent.Remote, sent.Local) : isFromA ? FromA : FromZ;
        (isFromA ? EndpointZ : EndpointA).HandleDatagram(Now, path, packet);

        Collect();
    }

    private void Draw(bool isFromA, byte[] packet, bool isLost)
    {
        string middle = PacketText.Describe(packet);
        _drawing.AppendLine(isFromA ? $"A -> {middle} {(isLost ? "x" : "->")} Z" : $"A {(isLost ? "x" : "<-")} {middle} <- Z");
        string? flaw = WireChecker.Check(
            packet, ushort.MaxValue, EndpointA.Options.ErrorDetection != AlternateErrorDetection.None);
        if (flaw is not null)
        {
            throw Wrong($"the last packet breaks a rule: {flaw}");
        }
    }

    private ScenarioException Wrong(string what) => new($"{what}.\n{_drawing}");
}
