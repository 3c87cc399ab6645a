using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.AddressLadder;

namespace Braid.Scenarios;

/// <summary>One side changes its addresses: what it asks for, from where, and what leaves meanwhile (RFC 5061 §5.1, §5.3).</summary>
public sealed class AddressReconfigurationTests
{
    [Fact, Rfc(5061, "4.1.1"), Rfc(5061, "4.2.1"), Rfc(5061, "5.1"), Rfc(5061, "5.3")]
    public void An_address_is_added_and_used_when_each_side_knows_that_the_other_one_does()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        AddressRequestResult asked = pair.A.AddLocalAddress(pair.Now, A2);
        Assert.Equal(AddressRequestStatus.Accepted, asked.Status);
        pair.Arrow("A -> AUTH, ASCONF -> Z");
        Assert.Equal(new NetworkPath(A1, Z1), pair.LastPath);                                    // F1
        Assert.Equal([A1], pair.A.LocalAddresses);
        AssociationEvent.PathChanged added = Assert.IsType<AssociationEvent.PathChanged>(Assert.Single(Events(pair.Z)));
        Assert.Equal((A2, PathState.Unconfirmed, PathChange.Added), (added.Path.Remote, added.State, added.Change));   // F14
        pair.Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Equal(new NetworkPath(Z1, A1), pair.LastPath);                                    // E6
        Assert.Equal(16 + 12, ChunkOf(pair.LastPacket, ChunkType.AsconfAck).Length + 20);        // all was done: no parameter
        Assert.Equal([A1, A2], pair.A.LocalAddresses);                                           // F2
        Assert.Equal([new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Add, A2, AddressRequestOutcome.Acknowledged)], Events(pair.A));
        pair.Arrow("A <- HEARTBEAT <- Z");
        Assert.Equal(new NetworkPath(Z1, A2), pair.LastPath);
        pair.Arrow("A -> HEARTBEAT ACK -> Z").NothingPending();
        Assert.Equal([A1, A2], Remotes(pair.Z));
        Assert.Contains(Events(pair.Z), one => one is AssociationEvent.PathChanged { Change: PathChange.Confirmed } confirmed && confirmed.Path.Remote == A2);
    }

    [Fact, Rfc(5061, "4.2.2"), Rfc(5061, "5.3")]
    public void An_address_is_removed_and_what_was_on_its_way_there_goes_elsewhere()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1]).Pair;
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A x DATA <- Z");
        Assert.Equal(A1, pair.LastPath.Remote);
        AddressRequestResult asked = pair.A.RemoveLocalAddress(pair.Now, A1);
        pair.A.Send(pair.Now, [2], default);
        pair.Arrow("A -> AUTH, ASCONF -> Z");
        Assert.Equal(new NetworkPath(A2, Z1), pair.LastPath);                                    // F6
        Assert.Equal([A1, A2], pair.A.LocalAddresses);                                           // F4: until it is acknowledged
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(new NetworkPath(A2, Z1), pair.LastPath);                                    // F4
        Assert.Equal(
            [(A1, PathChange.Removed), (A2, PathChange.MadePrimary)],
            Events(pair.Z).OfType<AssociationEvent.PathChanged>().Select(one => (one.Path.Remote, one.Change)));         // F12
        pair.Arrow("A <- AUTH, ASCONF-ACK <- Z").Arrow("A <- DATA <- Z");                        // F13: at once, not after a time-out
        Assert.Equal(new NetworkPath(Z1, A2), pair.LastPath);
        pair.Exchange();
        Assert.Equal([A2], pair.A.LocalAddresses);
        Assert.Equal([1], pair.Receive(pair.A)!);
        Assert.Equal([new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Remove, A1, AddressRequestOutcome.Acknowledged)], Events(pair.A));
        Assert.Equal([A2], Remotes(pair.Z));
        Assert.Equal((0, 0), (pair.A.BufferedBytes, pair.Z.BufferedBytes));
    }

    [Fact, Rfc(5061, "5.3.2"), Rfc(5061, "5.2"), Rfc(5061, "5.3"), Rfc(5061, "4.1.1")]
    public void The_only_address_of_a_host_changes_and_the_association_follows()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A x DATA <- Z");
        Assert.Equal(AddressRequestStatus.Accepted, pair.A.AddLocalAddress(pair.Now, A2).Status);
        Assert.Equal(AddressRequestStatus.Accepted, pair.A.RemoveLocalAddress(pair.Now, A1).Status);
        pair.A.Send(pair.Now, [2], default);
        pair.Arrow("A -> AUTH, ASCONF -> Z");
        Assert.Equal(new NetworkPath(A2, Z1), pair.LastPath);
        Assert.Equal([10, 0, 0, 1], ChunkOf(pair.LastPacket, ChunkType.Asconf)[12..16]);         // the Address Parameter: the old one
        pair.Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Equal(new NetworkPath(Z1, A2), pair.LastPath);

        // F1, F4: A has sent nothing else until now, and Z sends nothing else before the address is verified.
        pair.Arrow("A <- HEARTBEAT <- Z").Arrow("A -> DATA -> Z");
        Assert.Equal(new NetworkPath(A2, Z1), pair.LastPath);
        Assert.Equal([2], pair.Receive(pair.Z)!);
        pair.Arrow("A -> HEARTBEAT ACK -> Z").Arrow("A <- SACK, DATA <- Z").Arrow("A -> SACK -> Z").NothingPending();
        Assert.Equal([1], pair.Receive(pair.A)!);
        Assert.Equal([A2], pair.A.LocalAddresses);
        Assert.Equal([A2], Remotes(pair.Z));
        Assert.Equal((A2, PathState.Active), (pair.Z.PrimaryPath.Remote, pair.Z.GetPaths()[0].State));
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "5.1.1"), Rfc(5061, "5.2"), Rfc(5061, "3")]
    public void An_ASCONF_that_is_lost_is_sent_again_as_it_was_and_its_answer_is_given_again()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        TimeSpan rto = pair.A.GetStatistics().Rto;
        AddressRequestResult first = pair.A.AddLocalAddress(pair.Now, A2);
        byte[] sent = ChunkOf(pair.Arrow("A -> AUTH, ASCONF x Z").LastPacket, ChunkType.Asconf);
        AddressRequestResult second = pair.A.AddLocalAddress(pair.Now, A3);
        pair.NothingPending();                                                                   // A3, C1: one at a time
        Assert.Equal(rto, pair.AdvanceToNextTimeout());                                          // A4
        byte[] again = ChunkOf(pair.Arrow("A -> AUTH, ASCONF -> Z").LastPacket, ChunkType.Asconf);
        Assert.Equal(sent, again);                                                               // B4
        Assert.Equal(new NetworkPath(A2, Z1), pair.LastPath);                                    // the new one may be the one that works
        byte[] answer = ChunkOf(pair.Arrow("A x AUTH, ASCONF-ACK <- Z").LastPacket, ChunkType.AsconfAck);
        Assert.Equal(new NetworkPath(Z1, A2), pair.LastPath);                                    // E6
        pair.Arrow("A <- HEARTBEAT <- Z").Arrow("A -> HEARTBEAT ACK -> Z");
        Assert.Equal((1, 2 * rto), (pair.A.GetPaths()[0].Errors, pair.AdvanceToNextTimeout()));  // B1, B3, B5
        Assert.Equal(sent, ChunkOf(pair.Arrow("A -> AUTH, ASCONF -> Z").LastPacket, ChunkType.Asconf));
        Assert.Equal(answer, ChunkOf(pair.Arrow("A <- AUTH, ASCONF-ACK <- Z").LastPacket, ChunkType.AsconfAck));         // E2
        byte[] next = ChunkOf(pair.Arrow("A -> AUTH, ASCONF -> Z").LastPacket, ChunkType.Asconf);
        Assert.Equal(sent[7] + 1, next[7]);                                                      // A2
        pair.Exchange();
        Assert.Equal([first.Id, second.Id], Events(pair.A).OfType<AssociationEvent.AddressRequestSettled>().Select(one => one.Id));
        Assert.Equal([A1, A2, A3], Remotes(pair.Z));
        Assert.Equal([A1, A2, A3], pair.A.LocalAddresses);
    }

    [Fact, Rfc(5061, "5.1")]
    public void A_peer_that_never_answers_is_unreachable_some_day()
    {
        Pair pair = new AddressLadder([A1], [Z1], Quiet with { MaximumRetransmissions = 3 }).Pair;
        AddressRequestResult asked = pair.A.AddLocalAddress(pair.Now, A2);
        for (int i = 0; i < 4; i++)
        {
            pair.Arrow("A -> AUTH, ASCONF x Z").AdvanceToNextTimeout();                          // B2
        }

        Assert.Equal(
            [
                new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Add, A2, AddressRequestOutcome.GivenUp),
                new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: 4),
            ],
            Events(pair.A).Where(one => one is not AssociationEvent.PathChanged));
    }

    [Fact, Rfc(5061, "4.2.4"), Rfc(5061, "5.4")]
    public void The_peer_sends_where_it_is_asked_to_as_soon_as_it_knows_that_address()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1]).Pair;
        pair.A.RequestPeerPrimary(pair.Now, A2);
        pair.Arrow("A -> AUTH, ASCONF -> Z").Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Equal(A2, pair.Z.PrimaryPath.Remote);
        Assert.Equal(PathChange.MadePrimary, Assert.IsType<AssociationEvent.PathChanged>(Assert.Single(Events(pair.Z))).Change);
        pair.A.AddLocalAddress(pair.Now, A3);
        pair.A.RequestPeerPrimary(pair.Now, A3);
        pair.Arrow("A -> AUTH, ASCONF -> Z").Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Equal(A2, pair.Z.PrimaryPath.Remote);                                             // RFC 9260 §5.4
        pair.Arrow("A <- HEARTBEAT <- Z").Arrow("A -> HEARTBEAT ACK -> Z");
        Assert.Equal(A3, pair.Z.PrimaryPath.Remote);
        Assert.Equal(
            [PathChange.Added, PathChange.Confirmed, PathChange.MadePrimary],
            Events(pair.Z).OfType<AssociationEvent.PathChanged>().Select(one => one.Change));
        Assert.Equal(3, Events(pair.A).OfType<AssociationEvent.AddressRequestSettled>().Count(one => one.Outcome == AddressRequestOutcome.Acknowledged));
    }

    [Fact, Rfc(5061, "5.3")]
    public void What_cannot_be_asked_for_is_refused_at_once()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        Association a = pair.A;
        Assert.Equal(new AddressRequestResult(AddressRequestStatus.LastAddress, 0), a.RemoveLocalAddress(pair.Now, A1));         // F5
        Assert.Equal(AddressRequestStatus.AlreadyThere, a.AddLocalAddress(pair.Now, A1).Status);
        Assert.Equal(AddressRequestStatus.NotThere, a.RemoveLocalAddress(pair.Now, A2).Status);
        Assert.Equal(AddressRequestStatus.NotThere, a.RequestPeerPrimary(pair.Now, A2).Status);
        Assert.Equal(AddressRequestStatus.OutOfReach, a.AddLocalAddress(pair.Now, NetworkAddress.FromIPv4([127, 0, 0, 1], 9899)).Status);
        Assert.Equal(AddressRequestStatus.OutOfReach, a.AddLocalAddress(pair.Now, NetworkAddress.FromIPv4([224, 0, 0, 1], 9899)).Status);
        Assert.Equal(AddressRequestStatus.OutOfReach, a.AddLocalAddress(pair.Now, NetworkAddress.None).Status);
        for (byte i = 1; i < 8; i++)
        {
            Assert.Equal(AddressRequestStatus.Accepted, a.AddLocalAddress(pair.Now, V4(i, 1)).Status);
        }

        Assert.Equal(AddressRequestStatus.TooMany, a.AddLocalAddress(pair.Now, V4(8, 1)).Status);
        Assert.Equal(AddressRequestStatus.AlreadyThere, a.AddLocalAddress(pair.Now, V4(7, 1)).Status);
        a.Shutdown(pair.Now);
        pair.Exchange();
        Assert.Equal(AddressRequestStatus.NotEstablished, a.RemoveLocalAddress(pair.Now, A1).Status);
        var other = new Pair(AssociationOptions.Rfc9260 with { MaximumPathMtu = 0 }).Established();
        Assert.Equal(AddressRequestStatus.NotSupported, other.A.AddLocalAddress(other.Now, A2).Status);
    }

    [Fact, Rfc(5061, "5.1.1"), Rfc(5061, "5.3")]
    public void What_is_asked_for_before_the_shutdown_is_done_within_it()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.A.AddLocalAddress(pair.Now, A2);
        pair.A.RemoveLocalAddress(pair.Now, A1);
        pair.Z.Shutdown(pair.Now);
        pair.Arrow("A <- SHUTDOWN <- Z").Arrow("A -> AUTH, ASCONF -> Z").Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Contains(Events(pair.A), one => one is AssociationEvent.AddressRequestSettled { Kind: AddressRequestKind.Remove, Outcome: AddressRequestOutcome.Refused });
        pair.Exchange();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
    }

    [Fact, Rfc(5061, "5.3.1"), Rfc(5061, "5.3")]
    public void An_ABORT_that_comes_to_an_address_that_is_being_removed_is_ignored()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1]).Pair;
        pair.A.RemoveLocalAddress(pair.Now, A1);
        pair.Arrow("A -> AUTH, ASCONF x Z");
        byte[] abort = Packets.ToA(pair.A.LocalTag, (ref PacketWriter writer) => writer.TryBeginChunk(ChunkType.Abort, 0, 0, out _));
        pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(A1, Z1), abort);
        Assert.Equal(AssociationState.Established, pair.A.State);
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Assert.Equal([A2], pair.A.LocalAddresses);

        // F4: what was on its way to A1 may still come for two RTOs, and no longer.
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A x DATA <- Z");
        pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(A1, Z1), pair.LastPacket);
        Assert.Equal([1], pair.Receive(pair.A)!);
        pair.Exchange().Advance(2 * pair.A.GetStatistics().Rto + TimeSpan.FromMilliseconds(1));
        pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(A1, Z1), abort);
        Assert.Equal((AssociationState.Established, 2), (pair.A.State, pair.EndpointA.Drops[DropReason.OutOfTheBlue]));
        pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(A2, Z1), abort);
        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "4.3.2")]
    public void No_more_is_asked_for_at_once_than_is_done()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        for (int i = 0; i < 20; i++)
        {
            AddressRequestResult asked = i % 2 == 0 ? pair.A.AddLocalAddress(pair.Now, A2) : pair.A.RemoveLocalAddress(pair.Now, A2);
            Assert.Equal(AddressRequestStatus.Accepted, asked.Status);
        }

        Assert.Equal(16 + (16 * 16), ChunkOf(pair.Arrow("A -> AUTH, ASCONF -> Z").LastPacket, ChunkType.Asconf).Length);
        pair.Arrow("A <- AUTH, ASCONF-ACK <- Z");
        Assert.Equal(16 + (4 * 16), ChunkOf(pair.Arrow("A -> AUTH, ASCONF -> Z").LastPacket, ChunkType.Asconf).Length);
        pair.Exchange();
        Assert.Equal(20, Events(pair.A).OfType<AssociationEvent.AddressRequestSettled>().Count(one => one.Outcome == AddressRequestOutcome.Acknowledged));
        Assert.Equal([A1], Remotes(pair.Z));
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "5.1.1")]
    public void A_peer_that_does_not_know_ASCONF_after_all_is_not_asked_again()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        AddressRequestResult asked = pair.A.AddLocalAddress(pair.Now, A2);
        byte[] chunk = ChunkOf(pair.Arrow("A -> AUTH, ASCONF x Z").LastPacket, ChunkType.Asconf);
        byte[] error = [0, 6, 0, (byte)(4 + chunk.Length), .. chunk];
        pair.InjectToA(ladder.SignedByZ(ChunkType.Error, error), new NetworkPath(A1, Z1));
        Assert.Contains(
            new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Add, A2, AddressRequestOutcome.Refused, (ushort)CauseCode.UnrecognizedChunkType),
            Events(pair.A));                                                                     // A9
        Assert.Equal(AddressRequestStatus.NotSupported, pair.A.AddLocalAddress(pair.Now, A2).Status);
        Assert.Equal(AddressRequestStatus.NotSupported, pair.A.RequestPeerPrimary(pair.Now, A1).Status);
        pair.NothingPending();
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "6")]
    public void Who_is_not_authenticated_cannot_say_that_the_peer_does_not_know_ASCONF()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        AddressRequestResult asked = pair.A.AddLocalAddress(pair.Now, A2);
        byte[] chunk = ChunkOf(pair.Arrow("A -> AUTH, ASCONF x Z").LastPacket, ChunkType.Asconf);
        pair.InjectToA(Packets.ToA(pair.A.LocalTag, (ref PacketWriter writer) => ErrorChunk.Write(ref writer, [0, 6, 0, (byte)(4 + chunk.Length), .. chunk])), new NetworkPath(A1, Z1));
        Assert.IsType<AssociationEvent.RemoteError>(Assert.Single(Events(pair.A)));
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> AUTH, ASCONF -> Z").Exchange();                                         // T4-rto
        Assert.Equal([new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Add, A2, AddressRequestOutcome.Acknowledged)], Events(pair.A));
    }

    [Fact, Rfc(5061, "5.3"), Rfc(5061, "5.2")]
    public void The_addresses_outlive_a_restart_of_the_peer_and_the_numbers_do_not()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1]).Pair;
        pair.A.RemoveLocalAddress(pair.Now, A1);
        pair.Exchange();
        AddressRequestResult asked = pair.A.AddLocalAddress(pair.Now, A3);
        pair.Arrow("A -> AUTH, ASCONF x Z");
        var random = new SeededRandom(99);
        var again = new Endpoint(pair.EndpointZ.Options, random);
        Association z = again.Connect(pair.Now, Pair.PortA, new NetworkPath(Z1, A2));
        Cross(pair, again);
        Assert.Equal(AssociationState.Established, z.State);
        Assert.Equal(
            [
                new AssociationEvent.AddressRequestSettled(asked.Id, AddressRequestKind.Add, A3, AddressRequestOutcome.GivenUp),
                new AssociationEvent.Restarted(pair.A.OutgoingStreams, pair.A.IncomingStreams),
            ],
            Events(pair.A).Where(one => one is AssociationEvent.Restarted || (one as AssociationEvent.AddressRequestSettled)?.Address == A3));
        Assert.Equal([A2], pair.A.LocalAddresses);
        Assert.Equal([A2], Remotes(z));
        pair.A.AddLocalAddress(pair.Now, A3);
        Cross(pair, again);
        Assert.Equal([A2, A3], pair.A.LocalAddresses);
        Assert.Equal([A2, A3], Remotes(z));
    }

    [Fact, Rfc(5061, "4.2.7"), Rfc(5061, "6")]
    public void Who_knows_ASCONF_and_no_authentication_is_not_let_in()
    {
        byte[] parameters = [0x80, 8, 0, 6, 0xC1, 0x80];
        var pair = new Pair(Quiet);
        pair.InjectToZ(Packets.WithParameters(Packets.Init(1), parameters)).Arrow("A <- ABORT <- Z");
        Assert.Equal(0, pair.EndpointZ.AssociationCount);
        pair.InjectToZ(Packets.Init(1)).Arrow("A <- INIT ACK <- Z");                             // who knows neither is

        pair = new Pair(Quiet with { Extensions = Quiet.Extensions & ~Extensions.AddressReconfiguration });
        pair.InjectToZ(Packets.WithParameters(Packets.Init(1), parameters)).Arrow("A <- INIT ACK <- Z");
    }

    private static void Cross(Pair pair, Endpoint z)
    {
        byte[] buffer = new byte[65536];
        for (bool again = true; again;)
        {
            again = false;
            while (z.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                again = true;
                pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(datagram.Path.Remote, datagram.Path.Local), buffer.AsSpan(0, datagram.Length));
            }

            while (pair.EndpointA.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                again = true;
                z.HandleDatagram(pair.Now, new NetworkPath(datagram.Path.Remote, datagram.Path.Local), buffer.AsSpan(0, datagram.Length));
            }
        }
    }
}
