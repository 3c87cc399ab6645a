using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>A pair whose addresses change, and ASCONFs made by hand.</summary>
internal sealed class AddressLadder
{
    public static readonly NetworkAddress A1 = V4(0, 1);
    public static readonly NetworkAddress A2 = V4(1, 1);
    public static readonly NetworkAddress A3 = V4(2, 1);
    public static readonly NetworkAddress Z1 = V4(0, 26);
    public static readonly NetworkAddress Z2 = V4(1, 26);
    public static readonly NetworkAddress Z3 = V4(2, 26);

    public static readonly AssociationOptions Quiet = AssociationOptions.Rfc9260 with
    {
        Extensions = AssociationOptions.Default.Extensions | Extensions.AddressReconfiguration,
        HeartbeatInterval = TimeSpan.Zero,
        MaximumPathMtu = 0,
        LossRecovery = LossRecovery.MissingReports,
        SackFrequency = 1,
    };

    private readonly AuthenticatedPeer _keys;
    private uint _nextOfA;

    public AddressLadder(NetworkAddress[] a, NetworkAddress[] z, AssociationOptions? options = null)
    {
        Pair = new Pair(options ?? Quiet, addressesOfA: a, addressesOfZ: z).Connect();
        byte[] init = Pair.Arrow("A -> INIT -> Z").LastPacket;
        byte[] initAck = Pair.Arrow("A <- INIT ACK <- Z").LastPacket;
        Pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        _keys = new AuthenticatedPeer(init, initAck);
        _nextOfA = BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(28));
        for (int i = 0; i < 5; i++)
        {
            Pair.Exchange().Advance(TimeSpan.FromSeconds(1));
        }

        Pair.Exchange();
        Events(Pair.A);
        Events(Pair.Z);
    }

    public Pair Pair { get; }

    /// <summary>The number of A's next ASCONF: it begins like its TSNs.</summary>
    public uint NextOfA => _nextOfA;

    public static List<AssociationEvent> Events(Association association)
    {
        List<AssociationEvent> events = [];
        while (association.TryGetEvent(out AssociationEvent? next))
        {
            if (next is not AssociationEvent.Authentication)
            {
                events.Add(next);
            }
        }

        return events;
    }

    public static NetworkAddress[] Remotes(Association association) => [.. association.GetPaths().Select(path => path.Path.Remote)];

    /// <summary>The chunk of a packet with a type, header included; empty for none.</summary>
    public static byte[] ChunkOf(byte[] packet, ChunkType type)
    {
        PacketView.TryRead(packet, out PacketView view);
        ChunkReader chunks = view.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type == type)
            {
                return chunk.Bytes.ToArray();
            }
        }

        return [];
    }

    /// <summary>One parameter of an ASCONF.</summary>
    public static byte[] Change(ParameterType type, uint id, NetworkAddress address)
    {
        var writer = new ParameterWriter(new byte[64]);
        Assert.True(AddressChangeParameter.TryWrite(ref writer, type, id, address));
        return writer.Written.ToArray();
    }

    /// <summary>An ASCONF of A, authenticated.</summary>
    public byte[] Asconf(uint number, NetworkAddress lookup, params byte[][] parameters) =>
        Signed(ChunkType.Asconf, AsconfChunk.Encode(number, lookup, [.. parameters.SelectMany(one => one)]));

    /// <summary>Any chunk of A, authenticated.</summary>
    public byte[] Signed(ChunkType type, byte[] value) => _keys.Sign(Packets.ToZ(Pair.Z.LocalTag, Authenticated(type, value)));

    /// <summary>Any chunk of Z, authenticated.</summary>
    public byte[] SignedByZ(ChunkType type, byte[] value) => _keys.Sign(Packets.ToA(Pair.A.LocalTag, Authenticated(type, value)));

    /// <summary>A packet of A with an AUTH chunk at its beginning, with the right code.</summary>
    public byte[] Resign(byte[] packet)
    {
        byte[] bare = [.. packet];
        bare.AsSpan(8, 4).Clear();
        return _keys.Sign(bare);
    }

    /// <summary>Z gets A's next ASCONF, made by hand, and answers with one that has these responses.</summary>
    public string Answers(NetworkAddress from, NetworkAddress lookup, params byte[][] parameters)
    {
        Pair.DropPending().InjectToZ(Asconf(_nextOfA++, lookup, parameters), new NetworkPath(Z1, from)).Arrow("A x AUTH, ASCONF-ACK <- Z");
        Assert.Equal(new NetworkPath(Z1, from), Pair.LastPath);
        string text = PacketText.Describe(Pair.LastPacket);
        return text[(text.IndexOf("seq=", StringComparison.Ordinal) + 4)..][(_nextOfA - 1).ToString(System.Globalization.CultureInfo.InvariantCulture).Length..].Trim();
    }

    private static Packets.Fill Authenticated(ChunkType type, byte[] value) => (ref PacketWriter writer) =>
    {
        AuthChunk.Write(ref writer, 0, HmacAlgorithm.Sha256, 32);
        writer.TryBeginChunk(type, 0, value.Length, out Span<byte> room);
        value.CopyTo(room);
    };

    public static NetworkAddress V4(byte network, byte host) => NetworkAddress.FromIPv4([10, network, 0, host], 9899);
}
