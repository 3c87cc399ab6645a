using System;
using System.Buffers.Binary;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Packets without a checksum, where something below SCTP finds broken ones (RFC 9653).</summary>
public sealed class ZeroChecksumTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
    private static readonly AssociationOptions s_without = s_quiet with { Extensions = Extensions.None };

    [Fact, Rfc(9653, "5.1"), Rfc(9653, "5.2"), Rfc(9653, "6")]
    public void Over_DTLS_all_packets_go_without_but_those_with_INIT_INIT_ACK_and_COOKIE_ECHO()
    {
        Pair pair = OverDtls(s_quiet).Connect();
        pair.Arrow("A -> INIT -> Z");
        Assert.Equal([0x80, 1, 0, 8, 0, 0, 0, 1], pair.LastPacket[^8..]);
        Assert.True(HasChecksum(pair));
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal([0x80, 1, 0, 8, 0, 0, 0, 1], pair.LastPacket[^8..]);
        Assert.True(HasChecksum(pair));
        pair.Arrow("A -> COOKIE ECHO -> Z");
        Assert.True(HasChecksum(pair));
        pair.Arrow("A <- COOKIE ACK <- Z");
        Assert.False(HasChecksum(pair));

        Send(pair);
        pair.Arrow("A -> DATA -> Z");
        Assert.False(HasChecksum(pair));
        Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.Z));
        pair.A.Abort(pair.Now);
        pair.Arrow("A -> ABORT -> Z");
        Assert.False(HasChecksum(pair));
        Assert.Equal(AssociationState.Closed, pair.Z.State);
        Assert.Equal(0, pair.EndpointA.Drops[DropReason.BadChecksum] + pair.EndpointZ.Drops[DropReason.BadChecksum]);
    }

    [Theory, Rfc(9653, "5.1"), Rfc(9653, "5.3"), Rfc(9653, "7.1")]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_transports_word_or_the_users_nothing_is_offered_and_a_zero_is_a_wrong_checksum(bool overDtls)
    {
        Pair pair = (overDtls ? OverDtls(s_without) : new Pair(s_quiet)).Established();
        Assert.Equal(Extensions.None, pair.A.Extensions & Extensions.ZeroChecksum);
        Send(pair);
        pair.Arrow("A -> DATA x Z");
        Assert.True(HasChecksum(pair));
        pair.InjectToZ(WithoutChecksum(pair.LastPacket)).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadChecksum]);
    }

    [Theory, Rfc(9653, "5.2"), Rfc(9653, "5.3")]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_said_that_it_accepts_it_must_even_when_its_peer_did_not_and_gets_checksums(bool isOpener)
    {
        Pair pair = OverDtls(isOpener ? s_quiet : s_without, isOpener ? s_without : s_quiet).Established();
        Association declared = isOpener ? pair.A : pair.Z;
        Association other = isOpener ? pair.Z : pair.A;
        other.Send(pair.Now, "hello"u8, default);
        pair.Arrow(isOpener ? "A x DATA <- Z" : "A -> DATA x Z");
        Assert.True(HasChecksum(pair));
        byte[] bare = WithoutChecksum(pair.LastPacket);
        _ = isOpener ? pair.InjectToA(bare) : pair.InjectToZ(bare);
        Assert.Equal("hello"u8.ToArray(), pair.Receive(declared));
    }

    [Fact, Rfc(9653, "5.2"), Rfc(9653, "5.3")]
    public void A_COOKIE_ECHO_and_an_INIT_without_a_checksum_are_dropped_over_DTLS_too()
    {
        Pair pair = OverDtls(s_quiet).Connect();
        pair.Arrow("A -> INIT x Z");
        byte[] init = pair.LastPacket;
        pair.InjectToZ(WithoutChecksum(init)).NothingPending();
        pair.InjectToZ(init).Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO x Z");
        pair.InjectToZ(WithoutChecksum(pair.LastPacket)).NothingPending();
        Assert.Equal(2, pair.EndpointZ.Drops[DropReason.BadChecksum]);
    }

    [Fact, Rfc(9653, "5.3")]
    public void A_wrong_checksum_that_is_not_zero_is_dropped()
    {
        Pair pair = OverDtls(s_quiet).Established();
        Send(pair);
        pair.Arrow("A -> DATA x Z");
        byte[] packet = pair.LastPacket;
        packet[PacketHeader.ChecksumOffset] ^= 1;
        pair.InjectToZ(packet).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadChecksum]);
    }

    [Fact, Rfc(9653, "5.2"), Rfc(9653, "5.3"), Rfc(9260, "8.4")]
    public void What_is_out_of_the_blue_needs_no_checksum_and_is_answered_with_one()
    {
        Pair pair = OverDtls(s_quiet).Established();
        pair.Z.Abort(pair.Now);
        pair.Arrow("A x ABORT <- Z");
        Send(pair);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- ABORT <- Z");
        Assert.True(HasChecksum(pair));
        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    [Fact, Rfc(9653, "4")]
    public void Another_method_or_a_parameter_of_a_wrong_length_counts_as_none()
    {
        foreach (byte[] parameter in new byte[][] { [0x80, 1, 0, 8, 0, 0, 0, 2], [0x80, 1, 0, 6, 0, 1] })
        {
            Pair pair = OverDtls(s_without, s_quiet).Connect();
            pair.Arrow("A -> INIT x Z");
            pair.InjectToZ(Packets.WithParameters(pair.LastPacket, parameter)).Exchange();
            Assert.Equal(AssociationState.Established, pair.Z.State);
            Assert.Equal(Extensions.None, pair.Z.Extensions & Extensions.ZeroChecksum);
        }
    }

    private static Pair OverDtls(AssociationOptions options, AssociationOptions? optionsOfZ = null) =>
        new(options, optionsOfZ: optionsOfZ, errorDetection: AlternateErrorDetection.LowerLayerDtls);

    private static void Send(Pair pair) => pair.A.Send(pair.Now, "hello"u8, default);

    private static bool HasChecksum(Pair pair)
    {
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView packet));
        return packet.HasValidChecksum();
    }

    private static byte[] WithoutChecksum(byte[] packet)
    {
        byte[] copy = [.. packet];
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(PacketHeader.ChecksumOffset), 0);
        return copy;
    }
}
