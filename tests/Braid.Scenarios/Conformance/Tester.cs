using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios.Conformance;

/// <summary>
/// The tester of ETSI TS 102 369: it plays the peer by hand, packet for packet, against one endpoint of ours (the IUT).
/// </summary>
internal sealed class Tester
{
    public const ushort IutPort = 5000;
    public const ushort TesterPort = 6000;

    /// <summary>The tester's own tag, and its first TSN.</summary>
    public const uint Tag = 0x11223344;

    public const uint FirstTsn = 1000;

    public static readonly NetworkAddress IutAddress = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    public static readonly NetworkAddress TesterAddress = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);

    private static readonly byte[] s_cookie = [1, 2, 3, 4, 5, 6, 7, 8];

    private readonly Queue<(byte[] Bytes, NetworkPath Path)> _fromIut = new();
    private readonly StringBuilder _drawing = new();
    private readonly byte[] _buffer = new byte[65536];

    public Tester(AssociationOptions? options = null, bool listens = true, ulong seed = 3, int maximumAssociations = 65536) => Endpoint = new Endpoint(
        new EndpointOptions
        {
            LocalPort = IutPort,
            AcceptsAssociations = listens,
            MaximumAssociations = maximumAssociations,
            Association = options ?? AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 },
        },
        new SeededRandom(seed));

    public Endpoint Endpoint { get; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>The IUT's association.</summary>
    public Association Iut { get; private set; } = null!;

    /// <summary>The IUT's tag and first TSN, as its INIT or INIT ACK said.</summary>
    public uint IutTag { get; private set; }

    public uint IutTsn { get; private set; }

    public byte[] Cookie { get; private set; } = [];

    /// <summary>The packet that was expected last.</summary>
    public byte[] Last { get; private set; } = [];

    public NetworkPath LastPath { get; private set; }

    public uint LastTag => U32(Last, 4);

    /// <summary>The first chunk of the last packet.</summary>
    public ReadOnlySpan<byte> LastChunk => Last.AsSpan(12, BinaryPrimitives.ReadUInt16BigEndian(Last.AsSpan(14)));

    // ---- Bringing the IUT into a state ----
    public Tester CookieWait()
    {
        Iut = Endpoint.Connect(Now, TesterPort, new NetworkPath(IutAddress, TesterAddress));
        Expect("INIT");
        (IutTag, IutTsn) = (U32(Last, 16), U32(Last, 28));
        return this;
    }

    public Tester CookieEchoed()
    {
        CookieWait().Send(Chunk.InitAck(Tag, parameters: Chunk.StateCookie(s_cookie))).Expect("COOKIE ECHO");
        Assert.Equal(s_cookie, LastChunk[4..].ToArray());
        return this;
    }

    public Tester Established() => CookieEchoed().Send(Chunk.CookieAck()).InState(AssociationState.Established);

    /// <summary>The IUT is the one that listens.</summary>
    public Tester Accepted(params byte[][] parameters)
    {
        Offer(Chunk.Init(Tag, parameters: parameters));
        return Send(Chunk.CookieEcho(Cookie)).Expect("COOKIE ACK").InState(AssociationState.Established);
    }

    /// <summary>Established, and the IUT has sent this and waits for its SACK.</summary>
    public Tester WithOutstandingData(string data = "unacknowledged")
    {
        Assert.Equal(SendStatus.Ok, Iut.Send(Now, Encoding.ASCII.GetBytes(data), default));
        return Expect("DATA");
    }

    public Tester ShutdownPending()
    {
        Established().WithOutstandingData();
        Iut.Shutdown(Now);
        return Nothing().InState(AssociationState.ShutdownPending);
    }

    public Tester ShutdownSent()
    {
        Established();
        Iut.Shutdown(Now);
        return Expect("SHUTDOWN").InState(AssociationState.ShutdownSent);
    }

    public Tester ShutdownReceived() =>
        Established().WithOutstandingData().Send(Chunk.Shutdown(IutTsn - 1)).Nothing().InState(AssociationState.ShutdownReceived);

    public Tester ShutdownAckSent() =>
        Established().Send(Chunk.Shutdown(IutTsn - 1)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);

    // ---- Packets ----
    /// <summary>Sends an INIT, alone and with the tag 0, and takes the INIT ACK in.</summary>
    public Tester Offer(byte[] init)
    {
        SendWithTag(0, init).Expect("INIT ACK");
        (IutTag, IutTsn) = (U32(Last, 16), U32(Last, 28));
        Cookie = FindParameter(7) ?? throw new InvalidOperationException("The INIT ACK has no cookie.");
        return this;
    }

    /// <summary>Sends a packet with the tag that is right for the IUT.</summary>
    public Tester Send(params byte[][] chunks) => SendWithTag(IutTag, chunks);

    public Tester SendWithTag(uint tag, params byte[][] chunks) => SendRaw(Packet(tag, chunks));

    public Tester SendRaw(byte[] packet) => SendRaw(packet, TesterAddress);

    public Tester SendRaw(byte[] packet, in NetworkAddress source)
    {
        _drawing.Append("tester -> ").AppendLine(PacketText.Describe(packet));
        Collect();
        Endpoint.HandleDatagram(Now, new NetworkPath(IutAddress, source), packet);
        Collect();
        if (Endpoint.TryAccept(out Association? accepted))
        {
            Iut = accepted;
        }

        return this;
    }

    public static byte[] Packet(uint tag, params byte[][] chunks) => Packets.WithChecksum(
        [.. Chunk.U16(TesterPort), .. Chunk.U16(IutPort), .. Chunk.U32(tag), 0, 0, 0, 0, .. chunks.SelectMany(chunk => chunk)]);

    /// <summary>The IUT's next packet has these chunks, separated by commas.</summary>
    public Tester Expect(string chunks)
    {
        Collect();
        if (!_fromIut.TryDequeue(out (byte[] Bytes, NetworkPath Path) packet))
        {
            throw Wrong($"{chunks} was expected, but the IUT sends nothing");
        }

        (Last, LastPath) = packet;
        _drawing.Append("IUT    -> ").AppendLine(PacketText.Describe(Last));
        string? flaw = WireChecker.Check(Last, ushort.MaxValue);
        return flaw is not null ? throw Wrong($"the last packet breaks a rule: {flaw}")
            : PacketText.Name(Last) != chunks ? throw Wrong($"{chunks} was expected")
            : this;
    }

    /// <summary>As <see cref="Expect"/>, if the IUT sends anything at all.</summary>
    public bool TryTake(string chunks)
    {
        Collect();
        if (_fromIut.Count == 0)
        {
            return false;
        }

        Expect(chunks);
        return true;
    }

    /// <summary>The chunks of the IUT's next packet; null when it sends nothing.</summary>
    public string? Take()
    {
        Collect();
        return _fromIut.TryPeek(out (byte[] Bytes, NetworkPath Path) packet) && TryTake(PacketText.Name(packet.Bytes))
            ? PacketText.Name(Last)
            : null;
    }

    /// <summary>The IUT sends nothing now.</summary>
    public Tester Nothing()
    {
        Collect();
        return _fromIut.Count == 0 ? this : throw Wrong($"nothing was expected, but the IUT sends {PacketText.Describe(_fromIut.Peek().Bytes)}");
    }

    public Tester InState(AssociationState state)
    {
        Assert.Equal(state, Iut.State);
        return this;
    }

    /// <summary>Nothing was ever kept, or all of it is gone.</summary>
    public Tester NoAssociation()
    {
        Assert.Equal((0, 0), (Endpoint.AssociationCount, Endpoint.Buffers.Rented));
        return this;
    }

    public Tester Advance(TimeSpan time)
    {
        Collect();
        Now += time;
        _drawing.Append("          … ").Append(time.TotalMilliseconds).AppendLine(" ms");
        Endpoint.HandleTimeout(Now);
        return this;
    }

    /// <summary>Lets time pass until the next timer has run.</summary>
    public TimeSpan Timeout()
    {
        Collect();
        TimeSpan time = Endpoint.NextTimeout.IsNever ? throw Wrong("no timer runs") : Endpoint.NextTimeout - Now;
        Advance(time);
        return time;
    }

    /// <summary>The next message that the IUT's application gets, as text; null when there is none.</summary>
    public string? Message()
    {
        if (!Iut.TryReceive(out ReceivedMessage? message))
        {
            return null;
        }

        using (message)
        {
            var text = new StringBuilder();
            foreach (ReadOnlyMemory<byte> segment in message.Payload)
            {
                text.Append(Encoding.Latin1.GetString(segment.Span));
            }

            return text.ToString();
        }
    }

    /// <summary>How the association ended.</summary>
    public AssociationEvent.Closed Ended()
    {
        while (Iut.TryGetEvent(out AssociationEvent? next))
        {
            if (next is AssociationEvent.Closed closed)
            {
                return closed;
            }
        }

        throw Wrong("the association has not ended");
    }

    /// <summary>A parameter of the INIT or INIT ACK that was expected last; null when it is not there.</summary>
    public byte[]? FindParameter(int type)
    {
        ReadOnlySpan<byte> parameters = LastChunk[20..];
        while (parameters.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(parameters[2..]);
            if (BinaryPrimitives.ReadUInt16BigEndian(parameters) == type)
            {
                return parameters[4..length].ToArray();
            }

            parameters = parameters[Math.Min(parameters.Length, (length + 3) & ~3)..];
        }

        return null;
    }

    public static uint U32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));

    private void Collect()
    {
        while (Endpoint.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
        {
            _fromIut.Enqueue((_buffer[..datagram.Length], datagram.Path));
        }

        while (Endpoint.TryTakeActive(out _))
        {
        }
    }

    private ScenarioException Wrong(string what) => new($"{what}.\n{_drawing}");
}
