using System;
using System.Buffers.Binary;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What somebody sends who does not have the keys, or does not keep to RFC 4895.</summary>
public sealed class HostileAuthenticationTests
{
    private static readonly byte[] s_secret = "a secret of both"u8.ToArray();

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };

    private static readonly AssociationOptions s_options = s_quiet with
    {
        Authentication = new AuthenticationOptions { RequiredChunks = [ChunkType.Data, ChunkType.Abort], Keys = [new SharedKey(1, s_secret)] },
    };

    private delegate void Fill(ref PacketWriter packet);

    [Fact, Rfc(4895, "6.3")]
    public void What_must_be_authenticated_and_is_not_is_dropped_and_counted_and_what_need_not_be_is_taken()
    {
        (Pair pair, _, VerificationTag tag, Tsn next) = Established();
        pair.InjectToZ(Packets.Data(tag, next, 0, new Ssn(1), [1])).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.NotAuthenticated]);
        pair.InjectToZ(Packets.ToZ(tag, (ref PacketWriter packet) => HeartbeatChunk.Write(ref packet, [0, 1, 0, 8, 1, 2, 3, 4]))).Arrow("A <- HEARTBEAT ACK <- Z");
        Assert.Equal(0, pair.Z.GetStatistics().DuplicatesReceived);
        Assert.Null(pair.Receive(pair.Z));
    }

    [Theory, Rfc(4895, "6.3"), Rfc(4895, "5.1")]
    [InlineData("right", 0)]
    [InlineData("wrong code", 1)]
    [InlineData("another secret", 1)]
    [InlineData("another key", 1)]
    [InlineData("null key", 1)]
    [InlineData("short code", 1)]
    [InlineData("no code", 1)]
    [InlineData("changed data", 1)]
    [InlineData("reserved algorithm", 1)]
    [InlineData("data before it", 0)]
    [InlineData("twice", 0)]
    [InlineData("without its fields", 0)]
    public void A_code_that_is_not_right_lets_nothing_through(string what, int bad)
    {
        (Pair pair, AuthenticatedPeer peer, VerificationTag tag, Tsn next) = Established();
        byte[] secret = what == "another secret" ? [1] : what == "null key" ? [] : s_secret;
        ushort key = what switch { "another key" => 2, "null key" => 0, _ => 1 };
        HmacAlgorithm algorithm = what == "reserved algorithm" ? (HmacAlgorithm)2 : HmacAlgorithm.Sha256;
        int length = what switch { "short code" => 20, "no code" => 0, _ => 32 };
        byte[] packet = Packets.ToZ(tag, (ref PacketWriter writer) =>
        {
            if (what == "data before it")
            {
                Data(ref writer, next);
            }

            if (what == "without its fields")
            {
                writer.TryBeginChunk(ChunkType.Auth, 0, 0, out _);
            }
            else
            {
                AuthChunk.Write(ref writer, key, algorithm, length);
            }

            if (what == "twice")
            {
                AuthChunk.Write(ref writer, key, algorithm, length);
            }

            if (what != "data before it")
            {
                Data(ref writer, next);
            }
        });
        byte[] signed = length == 32 && what != "without its fields" ? peer.Sign(packet, secret) : packet;
        if (what is "wrong code" or "changed data")
        {
            signed[what == "wrong code" ? 25 : ^4] ^= 1;
            BinaryPrimitives.WriteUInt32BigEndian(signed.AsSpan(8), 0);
            signed = Packets.WithChecksum(signed);
        }

        pair.InjectToZ(signed);
        Assert.Equal(bad, pair.EndpointZ.Drops[DropReason.BadAuthentication]);
        Assert.Equal(what == "data before it" ? 1 : 0, pair.EndpointZ.Drops[DropReason.NotAuthenticated]);
        Assert.Equal(what is "twice" or "without its fields" ? 1 : 0, pair.EndpointZ.Drops[DropReason.MalformedChunk]);
        Assert.Equal(what == "right", pair.Receive(pair.Z) is not null);
        if (what == "reserved algorithm")
        {
            pair.Arrow("A <- ERROR <- Z");
            Assert.Equal([9, 0, 0, 10, 1, 5, 0, 6, 0, 2, 0, 0], pair.LastPacket[12..]);
        }
        else if (what != "right")
        {
            pair.NothingPending();
        }
    }

    [Fact, Rfc(4895, "9")]
    public void A_packet_that_comes_again_is_a_duplicate()
    {
        (Pair pair, _, _, _) = Established();
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "hello"u8, default));
        pair.Arrow("A -> AUTH, DATA -> Z").InjectToZ(pair.LastPacket);
        Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.Z));
        Assert.Null(pair.Receive(pair.Z));
        Assert.Equal(1, pair.Z.GetStatistics().DuplicatesReceived);
    }

    [Fact, Rfc(4895, "6.3")]
    public void Only_an_authenticated_ABORT_ends_an_association_that_wants_it_so()
    {
        (Pair pair, AuthenticatedPeer peer, VerificationTag tag, _) = Established();
        pair.InjectToZ(Packets.ToZ(tag, (ref PacketWriter packet) => AbortChunk.Write(ref packet, false, [])));
        Assert.Equal(AssociationState.Established, pair.Z.State);
        pair.InjectToZ(peer.Sign(Packets.ToZ(tag, (ref PacketWriter packet) =>
        {
            AuthChunk.Write(ref packet, 1, HmacAlgorithm.Sha1, 20);
            AbortChunk.Write(ref packet, false, []);
        }), s_secret));
        Assert.Equal(AssociationState.Closed, pair.Z.State);

        pair.A.Abort(pair.Now);
        pair.Arrow("A -> AUTH, ABORT -> Z");
    }

    [Theory, Rfc(4895, "6.3")]
    [InlineData(true)]
    [InlineData(false)]
    public void Nor_does_what_breaks_the_protocol_unless_it_is_authenticated(bool isAuthenticated)
    {
        (Pair pair, AuthenticatedPeer peer, VerificationTag tag, _) = Established();
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "hello"u8, default));
        pair.Arrow("A <- AUTH, DATA <- Z").Arrow("A -> SACK -> Z");
        var acknowledged = new Tsn(BinaryPrimitives.ReadUInt32BigEndian(pair.LastPacket.AsSpan(16)));
        byte[] sack = Packets.ToZ(tag, (ref PacketWriter packet) =>
        {
            if (isAuthenticated)
            {
                AuthChunk.Write(ref packet, 1, HmacAlgorithm.Sha256, 32);
            }

            SackChunk.Write(ref packet, acknowledged + 10, 1000, [], []);
        });
        pair.InjectToZ(isAuthenticated ? peer.Sign(sack, s_secret) : sack);
        Assert.Equal(isAuthenticated ? AssociationState.Closed : AssociationState.Established, pair.Z.State);
        Assert.Equal(isAuthenticated ? 0 : 1, pair.EndpointZ.Drops[DropReason.NotAuthenticated]);
    }

    [Theory, Rfc(4895, "6.1")]
    [InlineData(31)]
    [InlineData(33)]
    public void A_random_number_of_another_length_is_answered_with_ABORT(int length)
    {
        var pair = new Pair(s_options);
        byte[] parameters = [0x80, 2, 0, (byte)(4 + length), .. new byte[(length + 3) & ~3], 0x80, 4, 0, 6, 0, 1, 0, 0];
        pair.InjectToZ(Packets.WithParameters(Packets.Init(5), parameters)).Arrow("A x ABORT <- Z");
        Assert.Equal([0, 13], pair.LastPacket[16..18]);
        var without = new Pair(s_quiet);
        without.InjectToZ(Packets.WithParameters(Packets.Init(5), parameters)).Arrow("A x INIT ACK <- Z");
    }

    [Theory, Rfc(4895, "3.3"), Rfc(4895, "3.1")]
    [InlineData(new byte[] { 0x80, 4, 0, 6, 0, 2, 0, 0 }, false, false)]
    [InlineData(new byte[] { 0x80, 4, 0, 4 }, false, false)]
    [InlineData(new byte[] { 0x80, 4, 0, 7, 0, 1, 0, 0 }, false, false)]
    [InlineData(new byte[] { 0x80, 4, 0, 8, 0, 2, 0, 1 }, false, true)]
    [InlineData(new byte[] { 0x80, 4, 0, 6, 0, 1, 0, 0 }, true, true)]
    public void Who_has_no_algorithm_for_us_does_not_know_it_and_what_cannot_be_authenticated_is_ignored_in_the_list(byte[] algorithms, bool listsInit, bool isAgreed)
    {
        var pair = new Pair(s_quiet with { Authentication = AuthenticationOptions.Default });
        byte[] random = [0x80, 2, 0, 36, .. new byte[32]];
        byte[] list = listsInit ? [0x80, 3, 0, 8, 1, 2, 14, 15] : [];
        pair.InjectToZ(Packets.WithParameters(Packets.Init(5), [.. random, .. list, .. algorithms])).Arrow("A x INIT ACK <- Z");
        pair.InjectToZ(Packets.CookieEcho(pair.LastPacket)).Arrow("A x COOKIE ACK <- Z");
        Assert.Equal(isAgreed, (pair.Z.Extensions & Extensions.Authentication) != 0);
        Assert.Empty(pair.Z.PeerAuthenticatedChunks);
    }

    [Fact, Rfc(4895, "6.3"), Rfc(9260, "8.4")]
    public void Out_of_the_blue_an_AUTH_chunk_does_not_count()
    {
        var pair = new Pair(s_options);
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter packet) => Data(ref packet, new Tsn(1)))).Arrow("A x ABORT <- Z");
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter packet) => ShutdownAckChunk.Write(ref packet))).Arrow("A x SHUTDOWN COMPLETE <- Z");
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter packet) => AbortChunk.Write(ref packet, false, []))).NothingPending();
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter packet) => CookieEchoChunk.Write(ref packet, new byte[100]))).NothingPending();
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter _) => { })).NothingPending();
        pair.InjectToZ(OutOfTheBlue((ref PacketWriter packet) =>
        {
            Data(ref packet, new Tsn(1));
            CookieEchoChunk.Write(ref packet, new byte[100]);
        })).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.ForbiddenBundle]);
    }

    [Fact, Rfc(4895, "5")]
    public void Who_has_not_agreed_on_it_drops_an_AUTH_chunk_with_all_behind_it()
    {
        Pair pair = new Pair(s_quiet).Established();
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "hello"u8, default));
        pair.Arrow("A -> DATA -> Z");
        Tsn next = Packets.TsnOf(pair.LastPacket) + 1;
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        pair.Arrow("A <- SACK <- Z").InjectToZ(Packets.ToZ(tag, (ref PacketWriter packet) =>
        {
            AuthChunk.Write(ref packet, 0, HmacAlgorithm.Sha1, 20);
            Data(ref packet, next);
        })).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.UnrecognizedChunk]);
    }

    [Theory, Rfc(4895, "6.1"), Rfc(5062, "4.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_without_authentication_does_not_take_it_away(bool acceptsOtherPeers)
    {
        AssociationOptions options = s_options with { Authentication = s_options.Authentication! with { AcceptsOtherPeers = acceptsOtherPeers } };
        Pair pair = new Pair(options).Established();
        pair.InjectToZ(Packets.Init(5)).Arrow("A x ABORT <- Z").NothingPending();
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "still there"u8, default));
        pair.Arrow("A -> AUTH, DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal([ChunkType.Data, ChunkType.Abort], pair.Z.LocalAuthenticatedChunks);
    }

    [Fact, Rfc(4895, "6.1")]
    public void A_cookie_of_a_time_without_authentication_sets_up_nothing_once_it_is_wanted()
    {
        Pair pair = new Pair(s_quiet).Connect().Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        pair.EndpointZ.ClosePort(Pair.PortZ);
        pair.EndpointZ.OpenPort(Pair.PortZ, s_options);
        pair.Arrow("A -> COOKIE ECHO -> Z").NothingPending();
        Assert.Equal((1, 0), (pair.EndpointZ.Drops[DropReason.NotAuthenticated], pair.EndpointZ.AssociationCount));
    }

    [Fact, Rfc(4895, "6.3"), Rfc(9260, "10")]
    public void What_routers_say_does_not_end_an_association_that_wants_an_authenticated_ABORT()
    {
        Pair pair = new Pair(s_options).Established();
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "hello"u8, default));
        for (int i = 0; i < 3; i++)
        {
            pair.Arrow("A -> AUTH, DATA x Z");
            pair.EndpointA.HandleNetworkError(pair.Now, new NetworkError(NetworkErrorKind.ProtocolUnreachable, Pair.FromZ.Remote, 0), pair.LastPacket);
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    private static (Pair Pair, AuthenticatedPeer Peer, VerificationTag Tag, Tsn Next) Established()
    {
        Pair pair = new Pair(s_options).Connect().Arrow("A -> INIT -> Z");
        byte[] init = pair.LastPacket;
        pair.Arrow("A <- INIT ACK <- Z");
        var peer = new AuthenticatedPeer(init, pair.LastPacket);
        var next = new Tsn(BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(28)));
        pair.Arrow("A -> COOKIE ECHO -> Z");
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        pair.Arrow("A <- COOKIE ACK <- Z");
        return (pair, peer, tag, next);
    }

    private static byte[] OutOfTheBlue(Fill fill) => Packets.ToZ(new VerificationTag(77), (ref PacketWriter packet) =>
    {
        AuthChunk.Write(ref packet, 0, HmacAlgorithm.Sha1, 20);
        fill(ref packet);
    });

    private static void Data(ref PacketWriter packet, Tsn tsn) =>
        DataChunk.Write(ref packet, new DataHeader(tsn, 0, default, 0, DataFlags.Beginning | DataFlags.Ending), [1, 2, 3, 4]);
}
