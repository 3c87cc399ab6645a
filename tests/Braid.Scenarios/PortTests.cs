using System;
using Braid.Core;
using Braid.Scenarios.Conformance;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>One endpoint, several SCTP ports.</summary>
public sealed class PortTests
{
    private const ushort OtherPort = 2000;

    [Fact, Rfc(9260, "5.1")]
    public void Two_ports_listen_on_one_endpoint_each_with_its_own_options()
    {
        var pair = new Pair();
        pair.EndpointZ.OpenPort(OtherPort, AssociationOptions.Rfc9260 with { IncomingStreams = 3 });
        pair.Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        (Association a1, Association z1) = (pair.A, pair.Z);
        Association a2 = Connect(pair, OtherPort, Pair.PortA);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Association z2 = pair.Z;
        Assert.Equal((Pair.PortZ, OtherPort), (z1.LocalPort, z2.LocalPort));
        Assert.Equal((AssociationOptions.Default.OutgoingStreams, 3), (a1.OutgoingStreams, a2.OutgoingStreams));
        ExpectMessage(pair, a1, z1, "to the first"u8);
        ExpectMessage(pair, a2, z2, "to the second"u8);
        ExpectMessage(pair, z2, a2, "and back"u8);
    }

    [Fact, Rfc(9260, "8.5")]
    public void One_peer_has_two_associations_from_two_of_its_ports()
    {
        Pair pair = new Pair().Established();
        (Association a1, Association z1) = (pair.A, pair.Z);
        Association a2 = Connect(pair, Pair.PortZ, OtherPort);
        pair.Exchange();
        Association z2 = pair.Z;
        Assert.NotSame(z1, z2);
        Assert.Equal((OtherPort, Pair.PortA), (a2.LocalPort, a1.LocalPort));
        Assert.Equal((2, 2), (pair.EndpointA.AssociationCount, pair.EndpointZ.AssociationCount));
        ExpectMessage(pair, a1, z1, "one"u8);
        ExpectMessage(pair, z2, a2, "two"u8);
        a1.Abort(pair.Now);
        pair.Arrow("A -> ABORT -> Z").NothingPending();
        Assert.Equal((AssociationState.Closed, AssociationState.Established), (z1.State, z2.State));
        ExpectMessage(pair, a2, z2, "two lives"u8);
    }

    [Fact, Rfc(9260, "5.1.5")]
    public void A_cookie_is_good_for_the_port_that_it_was_made_for()
    {
        Pair pair = new Pair().Connect();
        pair.EndpointZ.OpenPort(OtherPort);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO x Z");
        byte[] echo = pair.LastPacket;
        pair.InjectToZ(To(OtherPort, echo)).NothingPending();
        Assert.Equal((0, 1), (pair.EndpointZ.AssociationCount, pair.EndpointZ.Drops[DropReason.BadCookie]));
        pair.InjectToZ(echo).Arrow("A <- COOKIE ACK <- Z");
        pair.InjectToZ(To(OtherPort, echo)).NothingPending();
        Assert.Equal((1, 2), (pair.EndpointZ.AssociationCount, pair.EndpointZ.Drops[DropReason.BadCookie]));
    }

    [Fact, Rfc(9260, "5.1.5")]
    public void A_port_that_is_full_ignores_COOKIE_ECHO_until_there_is_room()
    {
        bool isFull = true;
        var pair = new Pair();
        pair.EndpointZ.OpenPort(OtherPort, isFull: _ => isFull);
        Association a = Connect(pair, OtherPort, Pair.PortA);
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").NothingPending();
        Assert.Equal((0, 1), (pair.EndpointZ.AssociationCount, pair.EndpointZ.Drops[DropReason.BacklogFull]));
        isFull = false;
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> COOKIE ECHO -> Z");
        byte[] echo = pair.LastPacket;
        pair.Arrow("A <- COOKIE ACK <- Z");
        isFull = true;
        pair.InjectToZ(echo).Arrow("A <- COOKIE ACK <- Z");              // the same once more is of one that there is (§5.2.4 D)
        Assert.Equal((AssociationState.Established, 1), (a.State, pair.EndpointZ.AssociationCount));
    }

    [Fact, Rfc(9260, "8.4")]
    public void A_port_that_is_not_open_aborts_and_answers_as_itself()
    {
        var pair = new Pair();
        pair.InjectToZ(To(OtherPort, Packets.Init(0x77))).Arrow("A x ABORT <- Z");
        Assert.Equal((OtherPort, 0x77u), (SourceOf(pair.LastPacket), Packets.TagOf(pair.LastPacket).Value));
        byte[] data = Packets.Data(new VerificationTag(5), default, default, default, [1]);
        pair.InjectToZ(To(OtherPort, data)).Arrow("A x ABORT <- Z");
        Assert.Equal((OtherPort, 5u), (SourceOf(pair.LastPacket), Packets.TagOf(pair.LastPacket).Value));
        pair.EndpointZ.OpenPort(OtherPort);
        pair.InjectToZ(To(OtherPort, Packets.Init(0x77))).Arrow("A x INIT ACK <- Z");
        Assert.Equal(OtherPort, SourceOf(pair.LastPacket));
        pair.EndpointZ.ClosePort(OtherPort);
        pair.InjectToZ(To(OtherPort, Packets.Init(0x77))).Arrow("A x ABORT <- Z").NothingPending();
    }

    [Fact, Rfc(9260, "8.5")]
    public void A_tag_is_right_on_its_own_port_only()
    {
        Pair pair = new Pair().Established();
        pair.EndpointZ.OpenPort(OtherPort);
        pair.A.Send(pair.Now, "hello"u8, default);
        pair.Arrow("A -> DATA x Z");
        byte[] data = pair.LastPacket;
        byte[] abort = Packets.ToZ(Packets.TagOf(data), (ref PacketWriter packet) => AbortChunk.Write(ref packet, false, default));
        pair.InjectToZ(To(OtherPort, abort)).NothingPending();
        pair.InjectToZ(To(OtherPort, data)).Arrow("A x ABORT <- Z");
        Assert.Equal(OtherPort, SourceOf(pair.LastPacket));
        Assert.Equal(AssociationState.Established, pair.Z.State);
        Assert.Null(pair.Receive(pair.Z));
    }

    [Fact, Rfc(9260, "5.2.4.1")]
    public void A_restart_on_one_port_leaves_the_other_one_alone()
    {
        Pair pair = new Pair().Established();
        (Association a1, Association z1) = (pair.A, pair.Z);
        pair.EndpointZ.OpenPort(OtherPort);
        Association a2 = Connect(pair, OtherPort, Pair.PortA);
        pair.Exchange();
        Association z2 = pair.Z;
        Drain(z1);
        Drain(z2);
        a1.Abort(pair.Now);
        pair.Arrow("A -> ABORT x Z");
        pair.Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.True(z1.TryGetEvent(out AssociationEvent? restarted) && restarted is AssociationEvent.Restarted);
        Assert.False(z2.TryGetEvent(out _));
        Assert.Equal(2, pair.EndpointZ.AssociationCount);
        ExpectMessage(pair, pair.A, z1, "anew"u8);
        ExpectMessage(pair, a2, z2, "as before"u8);
    }

    [Fact, Rfc(9260, "5.1.5")]
    public void A_port_that_is_closed_before_the_cookie_comes_aborts()
    {
        Pair pair = new Pair().Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        pair.EndpointZ.ClosePort(Pair.PortZ);
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- ABORT <- Z");
        Assert.Equal((AssociationState.Closed, 0), (pair.A.State, pair.EndpointZ.AssociationCount));
    }

    [Fact, Rfc(9260, "5.2.2")]
    public void Associations_outlive_the_closing_of_their_port()
    {
        Pair pair = new Pair().Established();
        pair.EndpointZ.ClosePort(Pair.PortZ);
        Assert.True(pair.EndpointZ.IsPortInUse(Pair.PortZ));
        ExpectMessage(pair, pair.A, pair.Z, "still here"u8);
        pair.A.Abort(pair.Now);
        pair.Arrow("A -> ABORT x Z");
        pair.Connect().Exchange();                           // the peer begins anew: not a new association, so not refused
        Assert.Equal((AssociationState.Established, 1), (pair.A.State, pair.EndpointZ.AssociationCount));
        pair.A.Abort(pair.Now);
        pair.Arrow("A -> ABORT -> Z");
        Assert.False(pair.EndpointZ.IsPortInUse(Pair.PortZ));
    }

    [Fact, Rfc(9260, "5.1")]
    public void A_passive_open_names_its_port()
    {
        var pair = new Pair();
        Association awaited = pair.EndpointZ.Listen(Pair.PortA, new NetworkPath(Pair.FromZ.Remote, Pair.FromA.Remote), localPort: OtherPort);
        Association a = Connect(pair, OtherPort, Pair.PortA);
        pair.Exchange();
        Assert.Equal((AssociationState.Established, AssociationState.Established), (a.State, awaited.State));
        Assert.Equal((OtherPort, 1), (awaited.LocalPort, pair.EndpointZ.AssociationCount));
    }

    [Fact, Rfc(9260, "5.1")]
    public void The_limit_of_associations_is_for_all_ports_together()
    {
        var tester = new Tester(maximumAssociations: 1);
        tester.Endpoint.OpenPort(OtherPort);
        tester.CookieWait();
        tester.SendRaw(To(OtherPort, Tester.Packet(0, Chunk.Init(Tester.Tag)))).Expect("ABORT").Nothing();
    }

    [Fact]
    public void A_port_is_opened_once_and_an_association_needs_one()
    {
        var endpoint = new Endpoint(new EndpointOptions(), new SeededRandom(1));
        var path = new NetworkPath(Tester.IutAddress, Tester.TesterAddress);
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.Connect(new Instant(1), Tester.TesterPort, path));
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.Listen(Tester.TesterPort, path));
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.OpenPort(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Endpoint(new EndpointOptions { AcceptsAssociations = true }, new SeededRandom(1)));
        Assert.False(endpoint.IsPortInUse(OtherPort));
        endpoint.OpenPort(OtherPort);
        Assert.True(endpoint.IsPortInUse(OtherPort));
        Assert.Throws<InvalidOperationException>(() => endpoint.OpenPort(OtherPort));
        endpoint.ClosePort(OtherPort);
        endpoint.ClosePort(OtherPort);
        Assert.False(endpoint.IsPortInUse(OtherPort));
        endpoint.Connect(new Instant(1), Tester.TesterPort, path, localPort: OtherPort);
        Assert.True(endpoint.IsPortInUse(OtherPort));
        Assert.Throws<InvalidOperationException>(() => endpoint.Connect(new Instant(1), Tester.TesterPort, path, localPort: OtherPort));
        endpoint.Connect(new Instant(1), Tester.TesterPort, path, localPort: OtherPort + 1);
        endpoint.OpenPort(OtherPort);
    }

    private static Association Connect(Pair pair, ushort remotePort, ushort localPort) =>
        pair.EndpointA.Connect(pair.Now, remotePort, new NetworkPath(Pair.FromZ.Local, Pair.FromZ.Remote), localPort: localPort);

    private static void ExpectMessage(Pair pair, Association from, Association to, ReadOnlySpan<byte> message)
    {
        Assert.Equal(SendStatus.Ok, from.Send(pair.Now, message, default));
        pair.Exchange();
        Assert.Equal(message.ToArray(), pair.Receive(to));
    }

    private static void Drain(Association association)
    {
        while (association.TryGetEvent(out _))
        {
        }
    }

    /// <summary>The same packet, to another port.</summary>
    private static byte[] To(ushort port, byte[] packet)
    {
        byte[] copy = packet.AsSpan().ToArray();
        copy[2] = (byte)(port >> 8);
        copy[3] = (byte)port;
        return Packets.WithChecksum(copy);
    }

    private static ushort SourceOf(byte[] packet)
    {
        Assert.True(PacketHeader.TryRead(packet, out PacketHeader header));
        return header.SourcePort;
    }
}
