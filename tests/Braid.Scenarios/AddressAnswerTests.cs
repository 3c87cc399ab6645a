using System;
using System.Buffers.Binary;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.AddressLadder;

namespace Braid.Scenarios;

/// <summary>What is answered to a peer that changes its addresses in every way that there is (RFC 5061 §4, §5.2, §5.3), with ASCONFs made by hand.</summary>
public sealed class AddressAnswerTests
{
    private const ParameterType Add = ParameterType.AddIPAddress;
    private const ParameterType Delete = ParameterType.DeleteIPAddress;
    private const ParameterType Prefer = ParameterType.SetPrimaryAddress;

    private static readonly NetworkAddress s_any = NetworkAddress.FromIPv4([0, 0, 0, 0], 0);

    [Fact, Rfc(5061, "4.3.1"), Rfc(5061, "4.3.3"), Rfc(5061, "4.2.3"), Rfc(5061, "5.3")]
    public void The_last_address_and_the_source_are_not_deleted()
    {
        var ladder = new AddressLadder([A1, A2], [Z1]);
        Assert.Equal("ERR:7=DeletesSourceAddress", ladder.Answers(A1, A1, Change(Delete, 7, A1)));                       // F8
        Assert.Equal([0xC0, 3, 0, 28, 0, 0, 0, 7, 0, 0xA2, 0, 20, .. Change(Delete, 7, A1)], ChunkOf(ladder.Pair.LastPacket, ChunkType.AsconfAck)[8..]);
        Assert.Equal("", ladder.Answers(A1, A1, Change(Delete, 8, A2)));
        Assert.Equal("ERR:9=DeletesLastAddress", ladder.Answers(A1, A1, Change(Delete, 9, A1)));                         // F7
        Assert.Equal([A1], Remotes(ladder.Pair.Z));
    }

    [Fact, Rfc(5061, "4.3.2"), Rfc(5061, "4.2.5"), Rfc(5061, "5.3"), Rfc(5061, "5.2")]
    public void When_one_addition_is_refused_so_are_all_changes_behind_it_but_not_the_choice_of_a_primary_address()
    {
        var ladder = new AddressLadder([.. Enumerable.Range(0, 7).Select(i => V4((byte)i, 1))], [Z1]);
        Assert.Equal(
            "ERR:2=ResourceShortage ERR:3=ResourceShortage OK:4 ERR:5=UnresolvableAddress OK:6",
            ladder.Answers(A1, A1, Change(Add, 1, V4(7, 1)), Change(Add, 2, V4(8, 1)), Change(Delete, 3, A2), Change(Prefer, 4, A2), Change(Prefer, 5, V4(9, 1)), Change(Prefer, 6, A3)));
        Assert.Equal(8, ladder.Pair.Z.GetPaths().Count);                                                                 // F9, F11
        Assert.Equal(A3, ladder.Pair.Z.PrimaryPath.Remote);                                                              // V1: in their order
    }

    [Fact, Rfc(5061, "4.3.2"), Rfc(5061, "5.2")]
    public void One_ASCONF_changes_sixteen_things_and_the_others_are_a_shortage()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        byte[][] changes = [.. Enumerable.Range(0, 20).Select(i => Change(i % 2 == 0 ? Add : Delete, (uint)i, A2))];
        Assert.Equal(
            "ERR:16=ResourceShortage ERR:17=ResourceShortage ERR:18=ResourceShortage ERR:19=ResourceShortage ERR:20=ResourceShortage",
            ladder.Answers(A1, A1, [.. changes, Change(Prefer, 20, A1)]));
        Assert.Equal([A1], Remotes(ladder.Pair.Z));
        Assert.Equal("", ladder.Answers(A1, A1, changes[..16]));                                                         // a new one begins to count
    }

    [Theory, Rfc(5061, "5.2"), Rfc(4895, "6.2")]
    [InlineData(false)]
    [InlineData(true)]
    public void An_answer_fills_its_packet_whether_data_is_authenticated_or_not(bool isDataAuthenticated)
    {
        AuthenticationOptions authentication = new() { RequiredChunks = isDataAuthenticated ? [ChunkType.Data] : [] };
        var ladder = new AddressLadder([A1], [Z1], Quiet with { Authentication = authentication });
        string answer = ladder.Answers(A1, A1, [.. Enumerable.Range(0, 70).Select(i => Change(Prefer, (uint)i, A2))]);
        Assert.StartsWith("ERR:0=UnresolvableAddress ERR:1=", answer, StringComparison.Ordinal);
        int largest = ladder.Pair.Z.GetPaths()[0].MaximumPacket;
        Assert.InRange(ladder.Pair.LastPacket.Length, largest - 80, largest);                    // one more refusal may take 80 bytes
    }

    [Fact, Rfc(5061, "4.3.5"), Rfc(5061, "4.2.1"), Rfc(5061, "4.1.1")]
    public void What_is_no_address_for_us_is_refused()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Assert.Equal("ERR:1=NoAuthorization", ladder.Answers(A1, A1, Change(Add, 1, NetworkAddress.FromIPv4([224, 0, 0, 1], 0))));
        Assert.Equal("ERR:1=NoAuthorization", ladder.Answers(A1, A1, Change(Add, 1, NetworkAddress.FromIPv4([255, 255, 255, 255], 0))));
        Assert.Equal("ERR:1=NoAuthorization", ladder.Answers(A1, A1, Change(Add, 1, NetworkAddress.FromIPv4([127, 0, 0, 1], 0))));
        NetworkAddress v6 = NetworkAddress.FromIPv6([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0);
        Assert.Equal("ERR:1=UnresolvableAddress", ladder.Answers(A1, A1, Change(Add, 1, v6)));                           // Z has no address of that family
        Assert.Equal("ERR:1=UnresolvableAddress", ladder.Answers(A1, A1, [0xC0, 1, 0, 16, 0, 0, 0, 1, 0, 11, 0, 8, (byte)'a', (byte)'.', (byte)'b', 0]));
        Assert.Equal("ERR:1=InvalidMandatoryParameter", ladder.Answers(A1, A1, [0xC0, 1, 0, 8, 0, 0, 0, 1]));
        Assert.Equal([A1], Remotes(ladder.Pair.Z));
    }

    [Fact, Rfc(5061, "4.2.1"), Rfc(5061, "4.2.2"), Rfc(5061, "4.2.4"), Rfc(5061, "4.1.1"), Rfc(5061, "5.2")]
    public void The_wildcard_stands_for_the_source_of_the_packet()
    {
        var ladder = new AddressLadder([A1, A2], [Z1]);
        Assert.Equal("", ladder.Answers(A3, s_any, Change(Add, 1, s_any), Change(Prefer, 2, s_any)));
        Assert.Equal([A1, A2, A3], Remotes(ladder.Pair.Z));
        Assert.Equal("", ladder.Answers(A2, s_any, Change(Delete, 3, s_any)));
        Assert.Equal([A2], Remotes(ladder.Pair.Z));
        Assert.Equal("ERR:4=DeletesLastAddress", ladder.Answers(A3, A2, Change(Delete, 4, s_any)));                      // it is not one of them
    }

    [Fact, Rfc(5061, "5.2"), Rfc(5061, "4.1")]
    public void What_the_peer_knows_better_is_no_error_and_what_we_do_not_know_is_reported()
    {
        var ladder = new AddressLadder([A1, A2], [Z1]);
        Assert.Equal("", ladder.Answers(A1, A1, Change(Add, 1, A2), Change(Delete, 2, A3)));
        Assert.Equal(
            "ERR:5=UnrecognizedParameters OK:6",
            ladder.Answers(A1, A1, [0xC0, 0x77, 0, 8, 0, 0, 0, 5], Change(Add, 6, A3)));                                 // V2
        Assert.Equal("", ladder.Answers(A1, A1, [0x80, 0x77, 0, 8, 0, 0, 0, 5]));                                        // it does not want to be reported
        Assert.Equal("ERR:7=UnrecognizedParameters", ladder.Answers(A1, A1, [0x40, 0x77, 0, 8, 0, 0, 0, 7], Change(Delete, 8, A3)));
        Assert.Equal([A1, A2, A3], Remotes(ladder.Pair.Z));
    }

    [Fact, Rfc(5061, "5.2"), Rfc(5061, "5.5"), Rfc(5061, "3"), Rfc(5061, "4.1.2")]
    public void Numbers_are_taken_in_their_order_and_answers_are_kept()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        NetworkPath from = new(Z1, A1);
        uint first = ladder.NextOfA;
        byte[] Value(uint number, ParameterType type, NetworkAddress address) => AsconfChunk.Encode(number, A1, Change(type, number, address));
        pair.InjectToZ(ladder.Signed(ChunkType.Asconf, Value(first + 1, Add, A3)), from).NothingPending();              // E5
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.UnexpectedChunk]);
        pair.InjectToZ(ladder.Signed(ChunkType.Asconf, Value(first - 1, Add, A3)), from).NothingPending();              // E2: nothing is kept of it

        byte[] both = [.. ladder.Signed(ChunkType.Asconf, Value(first, Add, A2)), 0xC1, 0, 0, 32, .. Value(first + 1, Add, A3)];
        pair.InjectToZ(ladder.Resign(both), from).Arrow("A x AUTH, ASCONF-ACK, ASCONF-ACK <- Z");                       // E1-ext, E6
        byte[] answers = pair.LastPacket;
        pair.Arrow("A x HEARTBEAT <- Z");
        Assert.Equal([A1, A2, A3], Remotes(pair.Z));
        pair.InjectToZ(ladder.Resign(both), from).Arrow("A x AUTH, ASCONF-ACK, ASCONF-ACK <- Z");                       // E2
        Assert.Equal(answers[60..], pair.LastPacket[60..]);
        pair.InjectToZ(ladder.Signed(ChunkType.Asconf, Value(first + 2, Delete, A2)), from).Arrow("A x AUTH, ASCONF-ACK <- Z");
        pair.InjectToZ(ladder.Signed(ChunkType.Asconf, Value(first, Add, A2)), from).NothingPending();                  // E1: cleaned
        Assert.Equal([A1, A3], Remotes(pair.Z));
    }

    [Fact, Rfc(5061, "5.3")]
    public void An_ABORT_from_an_address_that_the_peer_has_removed_is_ignored()
    {
        var ladder = new AddressLadder([A1, A2], [Z1]);
        Pair pair = ladder.Pair;
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A x DATA <- Z");
        Assert.Equal("", ladder.Answers(A2, A2, Change(Delete, 1, A1)));

        // What was on its way to A1 was out of the blue there: the tag of that packet comes back, with the T bit.
        byte[] reflected = Packets.ToZ(pair.A.LocalTag, (ref PacketWriter writer) => writer.TryBeginChunk(ChunkType.Abort, AbortChunk.TagReflectedFlag, 0, out _));
        byte[] plain = Packets.ToZ(pair.Z.LocalTag, (ref PacketWriter writer) => writer.TryBeginChunk(ChunkType.Abort, 0, 0, out _));
        pair.InjectToZ(reflected, new NetworkPath(Z1, A1)).InjectToZ(plain, new NetworkPath(Z1, A1));                    // F13
        Assert.Equal((AssociationState.Established, 2), (pair.Z.State, pair.EndpointZ.Drops[DropReason.OutOfTheBlue]));
        pair.InjectToZ(reflected, new NetworkPath(Z1, A2));
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(5061, "4.1.1"), Rfc(5061, "5.2"), Rfc(5061, "6")]
    public void What_is_not_authenticated_changes_nothing()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        byte[] value = AsconfChunk.Encode(ladder.NextOfA, A1, Change(Add, 1, A2));
        byte[] bare = Packets.ToZ(pair.Z.LocalTag, (ref PacketWriter writer) =>
        {
            AsconfChunk.Write(ref writer, value);
            writer.TryBeginChunk(ChunkType.Abort, 0, 0, out _);                             // D5: with it goes the rest of the packet
        });
        pair.InjectToZ(bare, new NetworkPath(Z1, A1)).InjectToZ(bare, new NetworkPath(Z1, A2)).NothingPending();
        Assert.Equal(2, pair.EndpointZ.Drops[DropReason.NotAuthenticated]);
        byte[] wrong = ladder.Signed(ChunkType.Asconf, value);
        wrong[^1] ^= 1;
        wrong.AsSpan(8, 4).Clear();
        pair.InjectToZ(Packets.WithChecksum(wrong), new NetworkPath(Z1, A2)).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadAuthentication]);
        byte[] unknown = ladder.Asconf(ladder.NextOfA, A3, Change(Add, 1, A2));
        pair.InjectToZ(unknown, new NetworkPath(Z1, A2)).NothingPending();                   // D3: neither address is known
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.OutOfTheBlue]);
        Assert.Equal([A1], Remotes(pair.Z));
        Assert.Equal(AssociationState.Established, pair.Z.State);
    }

    [Fact, Rfc(5061, "4.3.4"), Rfc(5061, "5.3"), Rfc(5061, "4.1.2")]
    public void An_answer_to_what_was_never_asked_ends_the_association_and_an_old_one_does_nothing()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        NetworkPath from = new(Z1, A1);
        pair.Z.AddLocalAddress(pair.Now, Z2);
        uint last = BinaryPrimitives.ReadUInt32BigEndian(ChunkOf(pair.Arrow("A <- AUTH, ASCONF <- Z").LastPacket, ChunkType.Asconf).AsSpan(4));
        pair.Exchange();
        pair.InjectToZ(ladder.Signed(ChunkType.AsconfAck, Number(last)), from);
        pair.InjectToZ(ladder.Signed(ChunkType.AsconfAck, Number(last - 1)), from);
        Assert.Equal((AssociationState.Established, 2), (pair.Z.State, pair.EndpointZ.Drops[DropReason.UnexpectedChunk]));
        pair.InjectToZ(ladder.Signed(ChunkType.AsconfAck, Number(last + 1)), from).Arrow("A <- ABORT <- Z");           // F0
        Assert.Equal([6, 0, 0, 8, 0, 0xA3, 0, 4], pair.LastPacket[12..]);
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
    }

    [Fact, Rfc(5061, "5.1"), Rfc(5061, "5.3")]
    public void What_follows_a_refusal_is_refused_where_nothing_else_is_said()
    {
        var ladder = new AddressLadder([A1], [Z1]);
        Pair pair = ladder.Pair;
        NetworkPath from = new(Z1, A1);
        NetworkAddress[] more = [Z2, V4(2, 26), V4(3, 26), V4(4, 26)];
        uint[] ids = [.. more.Select(address => pair.Z.AddLocalAddress(pair.Now, address).Id)];
        byte[] asked = ChunkOf(pair.Arrow("A x AUTH, ASCONF <- Z").LastPacket, ChunkType.Asconf);
        byte[] error = [0xC0, 3, 0, 12, .. Number(ids[1]), 0, 0xA1, 0, 4];
        byte[] success = [0xC0, 5, 0, 8, .. Number(ids[3])];
        pair.InjectToZ(ladder.Signed(ChunkType.AsconfAck, [.. asked[4..8], .. error, .. success]), from);
        Assert.Equal(
            [(ids[0], AddressRequestOutcome.Acknowledged, 0), (ids[1], AddressRequestOutcome.Refused, 0xA1), (ids[2], AddressRequestOutcome.Refused, 0), (ids[3], AddressRequestOutcome.Acknowledged, 0)],
            Events(pair.Z).OfType<AssociationEvent.AddressRequestSettled>().Select(one => (one.Id, one.Outcome, (int)one.CauseCode)));    // A6, A7, F10
        Assert.Equal([Z1, more[0], more[3]], pair.Z.LocalAddresses);

        // F3a: an addition that is not understood is the last one.
        pair.Z.AddLocalAddress(pair.Now, more[1]);
        pair.Z.RequestPeerPrimary(pair.Now, more[0]);
        asked = ChunkOf(pair.Arrow("A x AUTH, ASCONF <- Z").LastPacket, ChunkType.Asconf);
        pair.InjectToZ(ladder.Signed(ChunkType.AsconfAck, [.. asked[4..8], 0xC0, 3, 0, 12, .. Number(ids[3] + 1), 0, 8, 0, 4]), from);
        Assert.Equal(AddressRequestStatus.NotSupported, pair.Z.AddLocalAddress(pair.Now, more[1]).Status);
        Assert.Equal(AddressRequestStatus.NotSupported, pair.Z.RemoveLocalAddress(pair.Now, more[0]).Status);
        Assert.Equal(AddressRequestStatus.Accepted, pair.Z.RequestPeerPrimary(pair.Now, more[0]).Status);
    }

    [Fact, Rfc(5061, "5.1.1")]
    public void Before_the_association_is_up_nothing_is_changed()
    {
        var pair = new Pair(Quiet, addressesOfA: [A1], addressesOfZ: [Z1]).Connect();
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        Assert.Equal(AddressRequestStatus.NotEstablished, pair.A.AddLocalAddress(pair.Now, A2).Status);
    }

    private static byte[] Number(uint number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}
