using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

[Rfc(9260, "8.4")]
public sealed class OutOfTheBlueTests
{
    private static readonly VerificationTag s_tag = new(0x1234);

    [Fact]
    public void Rule_1_what_comes_from_no_single_host_is_discarded()
    {
        var pair = new Pair();
        var path = new NetworkPath(Pair.FromA.Local, NetworkAddress.FromIPv4([224, 0, 0, 1], 9899));
        pair.EndpointZ.HandleDatagram(pair.Now, path, Packets.Init(5));
        pair.NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.NotUnicast]);
    }

    [Fact]
    public void Rule_2_an_ABORT_is_discarded() => Silent((ref PacketWriter packet) => AbortChunk.Write(ref packet, false, default));

    [Fact]
    public void Rule_3_an_INIT_to_a_port_where_nobody_listens_is_answered_with_ABORT()
    {
        var pair = new Pair();
        pair.EndpointZ.ClosePort(Pair.PortZ);
        pair.InjectToZ(Packets.Init(0x77)).Arrow("A x ABORT <- Z");
        Assert.Equal((0x77u, 0), (Packets.TagOf(pair.LastPacket).Value, pair.LastPacket[13]));
    }

    [Fact]
    public void Rule_5_a_SHUTDOWN_ACK_is_answered_with_SHUTDOWN_COMPLETE() =>
        Reflected("SHUTDOWN COMPLETE", (ref PacketWriter packet) => ShutdownAckChunk.Write(ref packet));

    [Fact]
    public void Rule_6_a_SHUTDOWN_COMPLETE_is_discarded() =>
        Silent((ref PacketWriter packet) => ShutdownCompleteChunk.Write(ref packet, false));

    [Fact]
    public void Rule_7_a_COOKIE_ACK_and_a_stale_cookie_error_are_discarded()
    {
        Silent((ref PacketWriter packet) => CookieAckChunk.Write(ref packet));
        Silent((ref PacketWriter packet) =>
        {
            var causes = new CauseWriter(new byte[8]);
            StaleCookieCause.TryWrite(ref causes, 5);
            ErrorChunk.Write(ref packet, causes.Written);
        });
    }

    [Fact]
    public void Rule_8_everything_else_is_answered_with_ABORT_and_the_tag_reflected()
    {
        Reflected("ABORT", (ref PacketWriter packet) => DataChunk.Write(ref packet, default, [1, 2, 3]));
        Reflected("ABORT", (ref PacketWriter packet) => SackChunk.Write(ref packet, new Tsn(1), 1000, [], []));
        Reflected("ABORT", (ref PacketWriter packet) => HeartbeatChunk.Write(ref packet, [1, 2, 3, 4]));
        Reflected("ABORT", (ref PacketWriter packet) => ShutdownChunk.Write(ref packet, new Tsn(1)));
    }

    [Fact, Rfc(9260, "8.5")]
    public void A_wrong_tag_is_discarded_when_there_is_an_association_with_that_peer()
    {
        Pair pair = new Pair().Established();
        pair.InjectToZ(Packets.ToZ(s_tag, (ref PacketWriter packet) => DataChunk.Write(ref packet, default, [1, 2, 3]))).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadVerificationTag]);
    }

    [Fact, Rfc(9260, "6.8")]
    public void A_wrong_checksum_is_discarded_silently()
    {
        var pair = new Pair();
        byte[] init = Packets.Init(5);
        init[9] ^= 1;
        pair.InjectToZ(init).NothingPending();
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadChecksum]);
    }

    [Fact, Rfc(9260, "6.10"), Rfc(9260, "8.5.1")]
    public void An_INIT_with_company_or_with_a_tag_is_discarded()
    {
        var pair = new Pair();
        Packets.Fill init = (ref PacketWriter packet) =>
            InitChunk.Write(ref packet, ChunkType.Init, new InitFields(s_tag, 5000, 1, 1, default), default);
        pair.InjectToZ(Packets.ToZ(s_tag, init)).NothingPending();
        pair.InjectToZ(Packets.ToZ(VerificationTag.None, (ref PacketWriter packet) =>
        {
            init(ref packet);
            CookieAckChunk.Write(ref packet);
        })).NothingPending();
        Assert.Equal((1, 1), (pair.EndpointZ.Drops[DropReason.BadVerificationTag], pair.EndpointZ.Drops[DropReason.ForbiddenBundle]));
    }

    [Theory, Rfc(9260, "3.2")]
    [InlineData(0x3F, false, false)]
    [InlineData(0x7F, true, false)]
    [InlineData(0xBF, false, true)]
    [InlineData(0xFF, true, true)]
    public void The_high_bits_of_an_unknown_chunk_say_whether_to_report_it_and_whether_to_go_on(byte type, bool isReported, bool goesOn)
    {
        Pair pair = new Pair().Established();
        pair.A.Send(pair.Now, "behind it"u8, default);
        pair.Arrow("A -> DATA x Z");
        byte[] data = pair.LastPacket;
        byte[] packet = [.. data[..12], type, 0, 0, 5, 9, 0, 0, 0, .. data[12..]];
        pair.InjectToZ(Packets.WithChecksum(packet));
        if (isReported || goesOn)
        {
            pair.Arrow($"A <- {(isReported ? "ERROR" : "")}{(isReported && goesOn ? ", " : "")}{(goesOn ? "SACK" : "")} <- Z");
        }

        pair.NothingPending();
        Assert.Equal(goesOn, pair.Receive(pair.Z) is not null);
    }

    [Fact]
    public void Random_bytes_do_no_harm()
    {
        Pair pair = new Pair().Established();
        var random = new SeededRandom(5);
        var bytes = new byte[200];
        for (int i = 0; i < 20_000; i++)
        {
            random.Fill(bytes);
            byte[] packet = bytes[..(12 + random.NextInt32(188))];
            packet[0] = Pair.PortA >> 8;
            packet[1] = Pair.PortA & 0xFF;
            packet[2] = Pair.PortZ >> 8;
            packet[3] = Pair.PortZ & 0xFF;
            pair.EndpointZ.HandleDatagram(pair.Now, Pair.FromA, Packets.WithChecksum(packet));
        }

        pair.A.Send(pair.Now, "still here"u8, default);
        pair.Exchange();
        Assert.Equal("still here"u8.ToArray(), pair.Receive(pair.Z));
    }

    private static void Silent(Packets.Fill fill) => new Pair().InjectToZ(Packets.ToZ(s_tag, fill)).NothingPending();

    private static void Reflected(string answer, Packets.Fill fill)
    {
        Pair pair = new Pair().InjectToZ(Packets.ToZ(s_tag, fill)).Arrow($"A x {answer} <- Z").NothingPending();
        Assert.Equal((s_tag, 1), (Packets.TagOf(pair.LastPacket), pair.LastPacket[13]));
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }
}
