using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.AddressLadder;

namespace Braid.Scenarios;

/// <summary>What was wrong once while addresses change (RFC 5061), or could be made use of.</summary>
public sealed class AddressRegressionTests
{
    private static readonly AssociationOptions s_concurrent = Quiet with { ConcurrentMultipath = true, PotentiallyFailedThreshold = 0, MaximumBurst = 100 };

    [Fact, Rfc(5061, "5.3"), Rfc(9260, "9.2")]
    public void Data_and_the_removal_of_where_its_SACK_goes_in_one_packet_are_answered_by_SHUTDOWN()
    {
        var ladder = new AddressLadder([A1, A2, A3], [Z1], s_concurrent);
        Pair pair = ladder.Pair;
        var tsn = new Tsn(ladder.NextOfA);
        pair.Z.RequestHeartbeat(pair.Now, A1);               // both paths are as short
        pair.Exchange().Z.Shutdown(pair.Now);
        pair.Arrow("A x SHUTDOWN <- Z");
        pair.InjectToZ(Packets.Data(pair.Z.LocalTag, tsn, default, default, [1]), new NetworkPath(Z1, A1)).Arrow("A x SHUTDOWN, SACK <- Z");
        Assert.Equal(A1, pair.LastPath.Remote);
        byte[] packet = Packets.ToZ(pair.Z.LocalTag, (ref PacketWriter writer) =>
        {
            DataChunk.Write(ref writer, new DataHeader(tsn.Next, default, new Ssn(1), 0, DataFlags.Beginning | DataFlags.Ending), [2]);
            AuthChunk.Write(ref writer, 0, HmacAlgorithm.Sha256, 32);
            AsconfChunk.Write(ref writer, AsconfChunk.Encode(ladder.NextOfA, A2, Change(ParameterType.DeleteIPAddress, 1, A1)));
        });
        pair.InjectToZ(ladder.Resign(packet), new NetworkPath(Z1, A2)).Arrow("A x AUTH, ASCONF-ACK <- Z").Arrow("A x SHUTDOWN, SACK <- Z");
        Assert.Equal(A2, pair.LastPath.Remote);
        Assert.Equal([A2, A3], Remotes(pair.Z));
    }

    [Fact, Rfc(5061, "5.2"), Rfc(5062, "9")]
    public void An_answer_is_no_longer_than_three_times_what_came_from_where_nobody_was_seen()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        byte[] asked = ladder.Asconf(ladder.NextOfA, A1, [.. Enumerable.Repeat<byte[]>([0xC0, 0x77, 0, 4], 30)]);
        pair.InjectToZ(asked, new NetworkPath(Z1, A3)).NothingPending();
        pair.InjectToZ(asked, new NetworkPath(Z1, A1)).Arrow("A x AUTH, ASCONF-ACK <- Z");
        Assert.InRange(ChunkOf(pair.LastPacket, ChunkType.AsconfAck).Length - 8, (3 * 30 * 4) + 1, 1200);
    }

    [Fact, Rfc(5061, "5.3")]
    public void An_address_that_one_request_removes_and_adds_is_heard()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1]).Pair;
        pair.A.RemoveLocalAddress(pair.Now, A2);
        pair.A.AddLocalAddress(pair.Now, A2);
        pair.Arrow("A -> AUTH, ASCONF -> Z").Exchange().Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([A1, A2], pair.A.LocalAddresses);
        pair.Exchange();
        byte[] abort = Packets.ToA(pair.A.LocalTag, (ref PacketWriter writer) => writer.TryBeginChunk(ChunkType.Abort, 0, 0, out _));
        pair.InjectToA(abort, new NetworkPath(A2, Z1));
        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "5.3.2")]
    public void Two_hosts_that_leave_their_only_addresses_at_the_same_time_give_up_in_the_end()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.A.AddLocalAddress(pair.Now, A2);
        pair.A.RemoveLocalAddress(pair.Now, A1);
        pair.Z.AddLocalAddress(pair.Now, Z2);
        pair.Z.RemoveLocalAddress(pair.Now, Z1);
        pair.Arrow("A -> AUTH, ASCONF -> Z").Arrow("A <- AUTH, ASCONF <- Z");
        for (int i = 0; i < 50 && (pair.A.State, pair.Z.State) != (AssociationState.Closed, AssociationState.Closed); i++)
        {
            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }

        foreach (Association side in new[] { pair.A, pair.Z })
        {
            Assert.Equal(CloseReason.PeerUnreachable, Assert.Single(Events(side).OfType<AssociationEvent.Closed>()).Reason);
        }
    }

    [Fact, Rfc(5061, "4.3.5"), Rfc(5062, "5")]
    public void Where_nobody_was_seen_yet_does_not_vouch_for_private_addresses()
    {
        NetworkAddress a = NetworkAddress.FromIPv4([198, 51, 100, 1], 9899);
        NetworkAddress z = NetworkAddress.FromIPv4([198, 51, 100, 26], 9899);
        var ladder = new AddressLadder([a], [z]);
        Pair pair = ladder.Pair;
        pair.InjectToZ(ladder.Asconf(ladder.NextOfA, a, Change(ParameterType.AddIPAddress, 1, V4(0, 7))), new NetworkPath(z, V4(0, 9))).Arrow("A x AUTH, ASCONF-ACK <- Z");
        Assert.EndsWith("ERR:1=NoAuthorization", PacketText.Describe(pair.LastPacket), StringComparison.Ordinal);
        Assert.Equal([a], Remotes(pair.Z));
        pair.NothingPending();
    }

    [Fact, Rfc(5061, "5.2"), Rfc(6951, "5.4")]
    public void ASCONF_from_another_port_does_not_move_a_peer_where_ports_are_not_learnt()
    {
        Instant now = Instant.Zero;
        var options = new EndpointOptions { LocalPort = Pair.PortA, AcceptsAssociations = true, Association = Quiet, LearnsRemotePorts = false };
        Endpoint[] sides = [new(options, new SeededRandom(1)), new(options with { LocalPort = Pair.PortZ }, new SeededRandom(2))];
        NetworkPath[] ways = [new(Z1, A1), new(A1, Z1)];
        sides[0].Connect(now, Pair.PortZ, ways[1]);
        byte[] buffer = new byte[2000];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(sides[i % 2].TryGetDatagram(now, buffer, out OutgoingDatagram datagram));
            sides[1 - (i % 2)].HandleDatagram(now, ways[i % 2], buffer.AsSpan(0, datagram.Length));
        }

        Assert.True(sides[1].TryAccept(out Association? association));
        byte[] asconf = Packets.ToZ(association.LocalTag, (ref PacketWriter writer) =>
            AsconfChunk.Write(ref writer, AsconfChunk.Encode(1, A1, Change(ParameterType.AddIPAddress, 1, A2))));
        sides[1].HandleDatagram(now, new NetworkPath(Z1, A1.WithPort(7777)), asconf);
        Assert.Equal(1, sides[1].Drops[DropReason.OutOfTheBlue]);
        Assert.Equal(A1, association.PrimaryPath.Remote);
    }

    [Fact, Rfc(5061, "5.2")]
    public void What_ends_the_reading_of_an_ASCONF_ends_it_without_a_report_too()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Assert.Equal("", ladder.Answers(A1, A1, [0, 0x77, 0, 8, 0, 0, 0, 1], Change(ParameterType.AddIPAddress, 2, A2)));               // V2
        Assert.Equal([A1], Remotes(ladder.Pair.Z));
    }

    [Fact, Rfc(5061, "5.3")]
    public void An_addition_that_cannot_be_read_fails_and_so_do_all_changes_behind_it()
    {
        var ladder = new AddressLadder([A1, A2], [Z1]);
        Assert.Equal(
            "ERR:1=InvalidMandatoryParameter ERR:2=ResourceShortage",
            ladder.Answers(A1, A1, [0xC0, 1, 0, 8, 0, 0, 0, 1], Change(ParameterType.DeleteIPAddress, 2, A2)));                          // F11
        Assert.Equal([A1, A2], Remotes(ladder.Pair.Z));
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "5.4"), Rfc(5061, "5.3")]
    public void An_address_that_the_peer_has_added_is_verified_in_the_shutdown_and_used()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.Z.AddLocalAddress(pair.Now, Z2);
        pair.Arrow("A <- AUTH, ASCONF <- Z").Arrow("A -> AUTH, ASCONF-ACK -> Z").Arrow("A -> HEARTBEAT x Z");
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN x Z");
        Assert.Equal(Z1, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> SHUTDOWN x Z");
        Assert.Equal(Z1, pair.LastPath.Remote);                                                  // RFC 9260 §5.4: Z2 is not verified
        pair.Arrow("A -> HEARTBEAT -> Z");
        Assert.Equal(Z2, pair.LastPath.Remote);
        pair.Arrow("A <- HEARTBEAT ACK <- Z").NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> SHUTDOWN -> Z");
        Assert.Equal(Z2, pair.LastPath.Remote);
        pair.Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE -> Z").NothingPending();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
    }

    [Fact, Rfc(5061, "5.2"), Rfc(9260, "7.2.4"), Rfc(9260, "5.2.4")]
    public void Fast_recovery_of_a_path_ends_with_a_restart()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1, Z2], s_concurrent).Pair;
        pair.A.RequestHeartbeat(pair.Now, Z1);               // both paths are as short
        pair.Exchange();
        LoseFirstOfFour(pair, pair.EndpointZ);
        Assert.Equal(1, pair.A.GetStatistics().FastRetransmissions);
        pair.DropPending();                                                                      // what was sent again is lost
        var again = new Endpoint(pair.EndpointZ.Options, new SeededRandom(99));
        again.Connect(pair.Now, Pair.PortA, new NetworkPath(Z1, A1));
        Cross(pair, again);
        Assert.Contains(Events(pair.A), one => one is AssociationEvent.Restarted);
        Assert.Equal(uint.MaxValue, pair.A.GetPaths()[0].SlowStartThreshold);
        pair.A.RequestHeartbeat(pair.Now, Z1);
        Cross(pair, again);
        LoseFirstOfFour(pair, again);
        Assert.True(pair.A.GetPaths()[0].SlowStartThreshold < uint.MaxValue);
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "6.4.1"), Rfc(9260, "8.2")]
    public void SHUTDOWN_goes_to_the_path_that_was_doubted_more_when_the_other_one_does_not_answer()
    {
        Pair pair = new AddressLadder([A1, A2], [Z1, Z2], Quiet with { PotentiallyFailedThreshold = 0 }).Pair;
        for (int i = 0; i < 4; i++)
        {
            pair.A.RequestHeartbeat(pair.Now, i == 0 ? Z2 : Z1);
            pair.Arrow("A -> HEARTBEAT x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal([3, 1], pair.A.GetPaths().Select(path => path.Errors));
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN x Z");
        Assert.Equal(Z2, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> SHUTDOWN -> Z");
        Assert.Equal(Z1, pair.LastPath.Remote);
        pair.Exchange();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "6.4.1")]
    public void SHUTDOWN_has_a_turn_for_each_address_however_often_one_of_them_has_failed()
    {
        Pair pair = new AddressLadder([A1], [Z1, Z2, Z3], Quiet with { PotentiallyFailedThreshold = 0 }).Pair;
        for (int i = 0; i < 24; i++)
        {
            pair.A.RequestHeartbeat(pair.Now, i % 2 == 0 ? Z1 : Z3);
            pair.Arrow("A -> HEARTBEAT x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal([PathState.Inactive, PathState.Active, PathState.Inactive], pair.A.GetPaths().Select(path => path.State));
        pair.A.Shutdown(pair.Now);
        var tried = new HashSet<NetworkAddress>();
        for (int i = 0; i < 6; i++)
        {
            pair.Arrow("A -> SHUTDOWN x Z");
            tried.Add(pair.LastPath.Remote);
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(3, tried.Count);
    }

    [Fact, Rfc(5061, "5.3"), Rfc(9260, "5.4"), Rfc(9260, "8.3")]
    public void An_address_that_the_peer_adds_behind_our_SHUTDOWN_is_asked_at_once_and_its_silence_counts()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN x Z");
        pair.Z.AddLocalAddress(pair.Now, Z2);
        pair.Arrow("A <- AUTH, ASCONF <- Z").Arrow("A -> AUTH, ASCONF-ACK -> Z").Arrow("A -> HEARTBEAT x Z");        // F14
        Assert.Equal(Z2, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        Assert.Equal([1, 1], pair.A.GetPaths().Select(path => path.Errors));                     // SHUTDOWN was not answered, either
    }

    [Fact, Rfc(5061, "5.3"), Rfc(9260, "8.3")]
    public void A_heartbeat_is_answered_behind_SHUTDOWN_ACK_where_addresses_have_changed()
    {
        Pair pair = new AddressLadder([A1], [Z1]).Pair;
        pair.Z.AddLocalAddress(pair.Now, Z2);
        pair.Exchange().A.Shutdown(pair.Now);
        pair.Arrow("A -> SHUTDOWN -> Z").Arrow("A x SHUTDOWN ACK <- Z");
        byte[] heartbeat = Packets.ToZ(pair.Z.LocalTag, (ref PacketWriter writer) =>
        {
            writer.TryBeginChunk(ChunkType.Heartbeat, 0, 8, out Span<byte> room);
            new byte[] { 0, 1, 0, 8, 1, 2, 3, 4 }.CopyTo(room);
        });
        pair.InjectToZ(heartbeat, new NetworkPath(Z2, A1)).Arrow("A x HEARTBEAT ACK <- Z");
        Assert.Equal(AssociationState.ShutdownAckSent, pair.Z.State);
    }

    [Fact, Rfc(5061, "5.3"), Rfc(9260, "6.4")]
    public void SACKs_keep_their_path_when_one_before_it_is_removed()
    {
        var ladder = new AddressLadder([A1, A2, A3], [Z1], s_concurrent);
        Pair pair = ladder.Pair;
        var tsn = new Tsn(ladder.NextOfA);
        pair.InjectToZ(Packets.Data(pair.Z.LocalTag, tsn, default, default, [1]), new NetworkPath(Z1, A2)).Arrow("A x SACK <- Z");
        Assert.Equal(A2, pair.LastPath.Remote);
        Assert.Equal("", ladder.Answers(A2, A2, Change(ParameterType.DeleteIPAddress, 1, A1)));
        pair.InjectToZ(Packets.Data(pair.Z.LocalTag, tsn.Next, default, new Ssn(1), [2]), new NetworkPath(Z1, A3)).Arrow("A x SACK <- Z");
        Assert.Equal(A2, pair.LastPath.Remote);
    }

    // A sends four packets on its first path, of which the first one is lost; the others are answered.
    private static void LoseFirstOfFour(Pair pair, Endpoint z)
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[1100], default));
        }

        byte[] buffer = new byte[65536];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(pair.EndpointA.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram));
            Assert.Equal(Z1, datagram.Path.Remote);
            if (i > 0)
            {
                z.HandleDatagram(pair.Now, new NetworkPath(datagram.Path.Remote, datagram.Path.Local), buffer.AsSpan(0, datagram.Length));
                while (z.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram answer))
                {
                    pair.EndpointA.HandleDatagram(pair.Now, new NetworkPath(answer.Path.Remote, answer.Path.Local), buffer.AsSpan(0, answer.Length));
                }
            }
        }

        pair.DropPending();
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
