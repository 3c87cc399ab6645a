using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Both sides have several addresses: which are listed, and which packets leave from.</summary>
public sealed class LocalAddressTests
{
    private static readonly NetworkAddress s_a1 = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_a2 = NetworkAddress.FromIPv4([10, 0, 1, 1], 9899);
    private static readonly NetworkAddress s_a6 = V6(1);
    private static readonly NetworkAddress s_z1 = NetworkAddress.FromIPv4([10, 0, 0, 26], 9899);
    private static readonly NetworkAddress s_z2 = NetworkAddress.FromIPv4([10, 0, 1, 26], 9899);
    private static readonly NetworkAddress s_z6 = V6(26);

    private static readonly NetworkAddress s_public = NetworkAddress.FromIPv4([192, 0, 2, 1], 9899);
    private static readonly NetworkAddress s_publicZ = NetworkAddress.FromIPv4([192, 0, 2, 26], 9899);
    private static readonly NetworkAddress s_secondZ = NetworkAddress.FromIPv4([192, 0, 2, 27], 9899);

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with
    {
        HeartbeatInterval = TimeSpan.Zero,
        MaximumPathMtu = 0,
        LossRecovery = LossRecovery.MissingReports,
        SackFrequency = 1,
    };

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "5.4"), Rfc(9260, "6.4")]
    public void Both_sides_list_their_addresses_and_each_path_leaves_from_the_nearest_one()
    {
        Pair pair = Connect([s_a1, s_a2, s_a6], [s_z1, s_z2, s_z6]);
        (NetworkAddress, NetworkAddress, PathState)[] before = [.. pair.A.GetPaths().Select(path => (path.Path.Local, path.Path.Remote, path.State))];
        Assert.Equal([(s_a1, s_z1, PathState.Active), (s_a2, s_z2, PathState.Unconfirmed), (s_a6, s_z6, PathState.Unconfirmed)], before);
        Confirm(pair);
        foreach ((Association side, NetworkAddress[] locals, NetworkAddress[] remotes) in new[]
        {
            (pair.A, new[] { s_a1, s_a2, s_a6 }, new[] { s_z1, s_z2, s_z6 }), (pair.Z, [s_z1, s_z2, s_z6], [s_a1, s_a2, s_a6]),
        })
        {
            Assert.Equal(locals, side.GetPaths().Select(path => path.Path.Local));
            Assert.Equal(remotes, side.GetPaths().Select(path => path.Path.Remote));
            Assert.All(side.GetPaths(), path => Assert.Equal(PathState.Active, path.State));
        }
    }

    [Fact, Rfc(9260, "5.1.2")]
    public void Addresses_of_a_family_that_we_have_none_of_are_not_used()
    {
        Pair pair = Connect([s_a1, s_a2], [s_z6, s_z1], first: new NetworkPath(s_a1, s_z1));
        Assert.Equal([s_z1], pair.A.GetPaths().Select(path => path.Path.Remote));
        Assert.Equal([s_a1, s_a2], pair.Z.GetPaths().Select(path => path.Path.Remote));
    }

    [Fact, Rfc(9260, "3.3.2.1"), Rfc(9260, "5.1.2")]
    public void Who_can_use_one_family_alone_says_so_and_is_told_of_no_address_of_the_other_one()
    {
        foreach ((NetworkAddress[] a, NetworkAddress z, byte type) in new[] { (new[] { s_public }, s_publicZ, (byte)5), ([s_a6], s_z6, (byte)6) })
        {
            var pair = new Pair(s_quiet, addressesOfA: a, addressesOfZ: [s_publicZ, s_z6]);
            pair.Connect([new NetworkPath(a[0], z)]).Arrow("A -> INIT -> Z");
            Assert.Contains(Convert.ToHexString([0, 12, 0, 6, 0, type]), Convert.ToHexString(pair.LastPacket), StringComparison.Ordinal);
            pair.Arrow("A <- INIT ACK <- Z");
            Assert.Equal(0, CountOfAddresses(pair));
        }

        // Who has both says nothing.
        var both = new Pair(s_quiet, addressesOfA: [s_public, s_a6], addressesOfZ: [s_publicZ, s_z6]);
        both.Connect([new NetworkPath(s_public, s_publicZ)]).Arrow("A -> INIT -> Z");
        Assert.DoesNotContain("000C0006", Convert.ToHexString(both.LastPacket), StringComparison.Ordinal);
        both.Arrow("A <- INIT ACK <- Z");
        Assert.Equal(1, CountOfAddresses(both));
    }

    [Fact, Rfc(9260, "5.1.2")]
    public void A_family_that_an_INIT_comes_from_or_lists_can_be_used_whatever_it_says()
    {
        byte[] onlyIPv6 = [0, 12, 0, 6, 0, 6, 0, 0];
        foreach ((NetworkAddress[] listed, NetworkPath path) in new[]
        {
            (Array.Empty<NetworkAddress>(), new NetworkPath(s_z6, s_a6)), ([], new NetworkPath(s_publicZ, s_public)), ([s_public], new NetworkPath(s_z6, s_a6)),
        })
        {
            var pair = new Pair(s_quiet, addressesOfZ: [s_publicZ, s_secondZ, s_z6]);
            pair.InjectToZ(Packets.WithParameters(Packets.Init(5, addresses: listed), onlyIPv6), path).Arrow("A x INIT ACK <- Z");
            bool isToldOfIPv4 = path.Remote == s_public || listed.Length > 0;
            Assert.Equal(isToldOfIPv4 ? 2 : 0, CountOfAddresses(pair));      // beside the one that it comes from
        }
    }

    // In the chunk that crossed last, an INIT ACK.
    private static int CountOfAddresses(Pair pair)
    {
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView packet));
        ChunkReader chunks = packet.Chunks;
        int count = 0;
        if (chunks.TryRead(out ChunkView chunk) && InitChunk.TryRead(chunk, out InitChunk initAck))
        {
            ParameterReader parameters = initAck.Parameters;
            while (parameters.TryRead(out ParameterView parameter))
            {
                count += AddressParameter.TryRead(parameter, out _) ? 1 : 0;
            }
        }

        return count;
    }

    [Fact, Rfc(9260, "6.4.1")]
    public void With_one_address_of_the_peer_what_timed_out_leaves_from_another_one_of_ours()
    {
        Pair pair = Connect([s_a1, s_a2], [s_z1]);
        Confirm(pair);
        pair.A.Send(pair.Now, [1], default);
        foreach (NetworkAddress local in new[] { s_a1, s_a2, s_a1 })
        {
            pair.Arrow("A -> DATA x Z");
            Assert.Equal(new NetworkPath(local, s_z1), pair.LastPath);
            pair.AdvanceToNextTimeout();
        }

        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(new NetworkPath(s_a2, s_z1), pair.LastPath);
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal((0, s_a2), (pair.A.BufferedBytes, pair.A.PrimaryPath.Local));
    }

    [Fact, Rfc(9260, "5.1"), Rfc(9260, "6.4.1")]
    public void INIT_tries_every_address_of_the_peer_and_then_another_one_of_ours()
    {
        var pair = new Pair(s_quiet, addressesOfA: [s_a1, s_a2], addressesOfZ: [s_z1, s_z2]);
        pair.Connect([new NetworkPath(NetworkAddress.None, s_z1), new NetworkPath(NetworkAddress.None, s_z2)]);
        foreach (NetworkPath path in new NetworkPath[] { new(s_a1, s_z1), new(s_a2, s_z2), new(s_a2, s_z1) })
        {
            pair.Arrow("A -> INIT x Z");
            Assert.Equal(path, pair.LastPath);

            // What the packet shows is not listed, whichever it is.
            NetworkAddress other = path.Local == s_a1 ? s_a2 : s_a1;
            byte[] bytes = new byte[16];
            other.WriteAddress(bytes);
            Assert.Equal([0, 5, 0, 8, .. bytes[..4]], pair.LastPacket[32..40]);
            pair.AdvanceToNextTimeout();
        }

        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        Assert.Equal(new NetworkPath(s_z2, s_a1), pair.LastPath);
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    [Fact, Rfc(9260, "5.4"), Rfc(9260, "6.4.1")]
    public void An_address_that_does_not_answer_is_asked_from_another_one_of_ours()
    {
        Pair pair = Connect([s_a1, s_a2], [s_z1, s_z2]);
        pair.Advance(TimeSpan.Zero);
        NetworkAddress[] asked = new NetworkAddress[4];
        for (int i = 0; i < asked.Length; i++)
        {
            while (PacketText.Name(Next(pair)) != "HEARTBEAT")
            {
                pair.AdvanceToNextTimeout();
            }

            asked[i] = pair.LastPath.Local;
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal([s_a2, s_a2, s_a1, s_a2], asked);
    }

    [Fact, Rfc(9260, "6.4"), Rfc(9260, "8.3")]
    public void On_a_path_that_does_not_work_yet_answers_leave_from_where_the_question_arrived()
    {
        Pair pair = Connect([s_a1, s_a2], [s_z1, s_z2]);
        pair.Advance(TimeSpan.Zero);
        pair.Arrow("A -> HEARTBEAT x Z").Arrow("A x HEARTBEAT <- Z");
        Assert.Equal(new NetworkPath(s_z2, s_a2), pair.LastPath);
        pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(s_a1, s_z2), pair.LastPacket);
        pair.Arrow("A -> HEARTBEAT ACK -> Z");
        Assert.Equal(new NetworkPath(s_a1, s_z2), pair.LastPath);
    }

    [Fact, Rfc(9260, "5.4"), Rfc(9260, "6.4")]
    public void A_COOKIE_ECHO_from_another_address_than_the_INIT_leaves_the_pair_of_the_INIT_as_it_was()
    {
        foreach ((NetworkAddress a, NetworkAddress z) in new[] { (s_a2, s_z2), (s_a6, s_z6) })
        {
            var pair = new Pair(s_quiet, addressesOfA: [s_a1, s_a2, s_a6], addressesOfZ: [s_z1, s_z2, s_z6]);
            pair.Connect().Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO x Z");
            pair.InjectToZ(pair.LastPacket, new NetworkPath(z, a));
            Assert.Equal(new NetworkPath(s_z1, s_a1), pair.Z.PrimaryPath);
            pair.Arrow("A <- COOKIE ACK <- Z");
            Assert.Equal(new NetworkPath(s_z1, s_a1), pair.LastPath);
            pair.Z.Send(pair.Now, [1], default);
            pair.Arrow("A <- DATA <- Z").Arrow("A -> SACK -> Z");
            Assert.All(pair.Z.GetPaths(), path => Assert.Equal(path.Path.Remote.Family, path.Path.Local.Family));
        }
    }

    [Fact, Rfc(9260, "5.2.4"), Rfc(9260, "6.4")]
    public void After_a_restart_too_each_path_leaves_from_an_address_of_its_own_family()
    {
        Pair pair = Connect([s_a1, s_a6], [s_z1, s_z6]);
        var again = new Endpoint(
            new EndpointOptions { LocalPort = Pair.PortA, Association = pair.EndpointA.Options.Association, LocalAddresses = [s_a1, s_a6] }, new SeededRandom(11));
        Association association = again.Connect(pair.Now, Pair.PortZ, new NetworkPath(s_a1, s_z1));
        pair.DropPending();
        pair.InjectToZ(Take(again, pair), new NetworkPath(s_z1, s_a1)).Arrow("A x INIT ACK <- Z");
        again.HandleDatagram(pair.Now, new NetworkPath(s_a1, s_z1), pair.LastPacket);
        pair.InjectToZ(Take(again, pair), new NetworkPath(s_z6, s_a6));
        Assert.Equal(new NetworkPath(s_z1, s_a1), pair.Z.PrimaryPath);
        Assert.All(pair.Z.GetPaths(), path => Assert.Equal(path.Path.Remote.Family, path.Path.Local.Family));
        Assert.Equal(AssociationState.CookieEchoed, association.State);
    }

    private static byte[] Take(Endpoint endpoint, Pair pair)
    {
        var buffer = new byte[2000];
        Assert.True(endpoint.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram));
        return buffer[..datagram.Length];
    }

    // A's next packet is lost, and Z's heartbeats are as well.
    private static byte[] Next(Pair pair)
    {
        try
        {
            pair.Arrow("A -> HEARTBEAT x Z");
            return pair.LastPacket;
        }
        catch (ScenarioException)
        {
            return [];
        }
    }

    private static Pair Connect(NetworkAddress[] a, NetworkAddress[] z, NetworkPath? first = null)
    {
        var pair = new Pair(s_quiet, addressesOfA: a, addressesOfZ: z);
        _ = first is { } path ? pair.Connect([path]) : pair.Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        return pair;
    }

    private static void Confirm(Pair pair)
    {
        for (int i = 0; i < 5; i++)
        {
            pair.Exchange().Advance(TimeSpan.FromSeconds(1));
        }

        pair.Exchange();
    }

    private static NetworkAddress V6(byte host) =>
        NetworkAddress.FromIPv6([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host], 9899);

    [Fact, Rfc(8261, "6.1"), Rfc(8261, "6.3")]
    public void Below_DTLS_no_address_is_told_and_none_changes()
    {
        NetworkPath way = new(NetworkAddress.FromIPv4([10, 0, 0, 1], 9899), NetworkAddress.FromIPv4([10, 0, 0, 26], 9899));
        EndpointOptions options = new()
        {
            LocalPort = 5000,
            AcceptsAssociations = true,
            Families = NetworkFamilies.None,
            LocalAddresses = [way.Local, NetworkAddress.FromIPv4([10, 0, 1, 1], 9899)],
            Association = AssociationOptions.Default with { Extensions = AssociationOptions.Default.Extensions | Extensions.AddressReconfiguration },
        };
        var a = new Endpoint(options, new SeededRandom(1));
        var z = new Endpoint(options with { LocalAddresses = [way.Remote, NetworkAddress.FromIPv4([10, 0, 1, 26], 9899)] }, new SeededRandom(2));
        Association association = a.Connect(Instant.Zero, 5000, way);
        byte[] buffer = new byte[2000];
        Endpoint[] sides = [a, z];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(sides[i % 2].TryGetDatagram(Instant.Zero, buffer, out OutgoingDatagram datagram));
            if (i < 2)
            {
                InitChunk.TryRead(First(buffer.AsSpan(0, datagram.Length)), out InitChunk init);
                ParameterReader parameters = init.Parameters;
                while (parameters.TryRead(out ParameterView parameter))
                {
                    Assert.False(parameter.Type is ParameterType.IPv4Address or ParameterType.IPv6Address or ParameterType.SupportedAddressTypes);
                    Assert.False(parameter.Type == ParameterType.SupportedExtensions && SupportedExtensionsParameter.Read(parameter).Contains(ChunkType.Asconf));
                }
            }

            sides[1 - (i % 2)].HandleDatagram(Instant.Zero, i % 2 == 0 ? new NetworkPath(way.Remote, way.Local) : way, buffer.AsSpan(0, datagram.Length));
        }

        while (a.TryGetDatagram(Instant.Zero, buffer, out _))
        {
        }

        Assert.Equal(AssociationState.Established, association.State);
        Assert.Equal(Extensions.None, association.Extensions & Extensions.AddressReconfiguration);
        Assert.Equal(AddressRequestStatus.NotSupported, association.AddLocalAddress(Instant.Zero, NetworkAddress.FromIPv4([10, 0, 2, 1], 9899)).Status);
    }

    private static ChunkView First(ReadOnlySpan<byte> packet)
    {
        PacketView.TryRead(packet, out PacketView view);
        ChunkReader chunks = view.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk));
        return chunk;
    }
}
