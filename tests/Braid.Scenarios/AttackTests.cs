using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Scenarios.Conformance;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Scenarios;

/// <summary>
/// The attacks of RFC 5062, each by an attacker who has an address and port of his own and knows what is sent to it; and a victim elsewhere.
/// Hijacking with an address that was the peer's needs keys to be refused altogether: see <see cref="AuthenticatedSetupTests"/>.
/// </summary>
public sealed class AttackTests
{
    private const int Most = 3;                              // packets to a victim for one that the attacker has sent

    private static readonly NetworkAddress s_victim = NetworkAddress.FromIPv4([10, 0, 0, 77], 9899);
    private static readonly byte[] s_listed = Chunk.IPv4(10, 0, 0, 77);

    [Fact, Rfc(5062, "2.3"), Rfc(9260, "5.4")]
    public void Address_camping_does_not_keep_the_owner_of_the_address_out()
    {
        // The attacker lists one of the victim's two addresses, and answers no heartbeat for it: he does not get any.
        Tester tester = new Tester(Heartbeating()).Accepted(s_listed);
        Association camped = tester.Iut;
        Drain(tester);
        byte[] init = Chunk.Init(99, tsn: 7000, parameters: Chunk.IPv4(10, 0, 0, 78));
        byte[] initAck = Drain(tester.SendRaw(Tester.Packet(0, init), s_victim)).Single(static packet => packet.Name == "INIT ACK").Bytes;
        uint tag = Tester.U32(initAck, 16);
        byte[] cookie = CookieOf(initAck);
        List<Sent> answers = Drain(tester.SendRaw(Tester.Packet(tag, Chunk.CookieEcho(cookie), Chunk.Data(7000, 0, 0, [(byte)'v'])), s_victim));
        Assert.Contains(answers, static packet => packet.Name.StartsWith("COOKIE ACK", StringComparison.Ordinal) && packet.To == s_victim);
        Assert.Equal("v", tester.Message());
        Assert.NotSame(camped, tester.Iut);
        Assert.Equal([s_victim, NetworkAddress.FromIPv4([10, 0, 0, 78], 9899)], tester.Iut.GetPaths().Select(static path => path.Path.Remote));

        // What goes to the owner on behalf of the camper is a heartbeat for each RTO (§2.3), until the address is given up.
        int heartbeats = 0;
        for (int i = 0; i < 120 && camped.State == AssociationState.Established; i++)
        {
            List<Sent> sent = Drain(tester.Advance(TimeSpan.FromSeconds(1)));
            Assert.All(sent, static packet => Assert.Equal("HEARTBEAT", packet.Name));
            heartbeats += sent.Count(packet => packet.To == s_victim && Tester.U32(packet.Bytes, 4) == Tester.Tag);
        }

        Assert.InRange(heartbeats, 1, 120);
    }

    [Fact, Rfc(5062, "3.3"), Rfc(9260, "5.2.2")]
    public void Association_hijacking_by_the_next_owner_of_an_address_finds_no_tag_in_the_INIT_ACK()
    {
        Tester tester = new Tester().Accepted();
        uint ours = tester.IutTag;
        tester.SendWithTag(0, Chunk.Init(99)).Expect("INIT ACK");
        byte[] told = tester.Last;
        for (int i = 12; i + 4 <= told.Length; i++)
        {
            uint word = Tester.U32(told, i);
            Assert.True(word != ours && word != Tester.Tag, $"the tag of the association is in the INIT ACK, at {i}");
            if (word != 0)
            {
                tester.SendWithTag(word, Chunk.Heartbeat(1, 2, 3, 4)).Nothing();
            }
        }

        tester.InState(AssociationState.Established).Send(Chunk.Heartbeat(1, 2, 3, 4)).Expect("HEARTBEAT ACK");
    }

    [Fact, Rfc(5062, "5.3"), Rfc(9260, "5.4")]
    public void Bombing_a_listed_address_with_data_that_the_attacker_does_not_acknowledge_does_not_happen()
    {
        Tester tester = new Tester(Heartbeating()).Accepted(s_listed);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        }

        Assert.False(tester.Iut.SetPrimaryPath(tester.Now, s_victim));
        var sent = new List<Sent>(Drain(tester));
        Instant begin = tester.Now;
        while (tester.Iut.State == AssociationState.Established)
        {
            tester.Timeout();
            sent.AddRange(Drain(tester));

            // He may well send in the victim's name; but the nonce he does not know.
            tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.Raw(5, 0, new byte[40])), s_victim);
            Assert.NotEqual(PathState.Active, tester.Iut.GetPaths()[1].State);
        }

        Assert.All(sent.Where(static packet => packet.To == s_victim), static packet => Assert.True(packet.Name is "HEARTBEAT" && packet.Bytes.Length <= 100));
        Assert.InRange(sent.Count(static packet => packet.To == s_victim), 1, (int)(tester.Now - begin).TotalSeconds + 1);
    }

    [Fact, Rfc(5062, "5.3"), Rfc(9260, "6.2.1")]
    public void Bombing_by_acknowledging_what_was_not_sent_yet_ends_the_association()
    {
        Tester tester = new Tester(Heartbeating()).Accepted(s_listed);
        Drain(tester);
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        Drain(tester);
        Assert.Equal("ABORT", Assert.Single(Drain(tester.Send(Chunk.Sack(tester.IutTsn + 1)))).Name);
        tester.InState(AssociationState.Closed);
    }

    [Fact, Rfc(5062, "6.3"), Rfc(9260, "5.4"), Rfc(9260, "5.2.6")]
    public void Bombing_with_one_cookie_again_and_again_works_once()
    {
        // Seven addresses of the victim's network, and a life of the cookie as long as it can be asked for.
        byte[][] listed = [.. Enumerable.Range(77, 7).Select(static host => Chunk.IPv4(10, 0, 0, (byte)host))];
        Tester tester = new Tester(Heartbeating()).Offer(Chunk.Init(Tester.Tag, parameters: [Chunk.Parameter(9, 0xFF, 0xFF, 0xFF, 0xFF), .. listed]));
        byte[] cookie = tester.Cookie;
        int bombs = Drain(tester.Send(Chunk.CookieEcho(cookie))).Count(IsForVictim);
        bombs += Drain(tester.Advance(TimeSpan.Zero)).Count(IsForVictim);
        Assert.InRange(bombs, 0, Most);
        Assert.Equal("", string.Join(", ", Drain(tester.Send(Chunk.Abort())).Select(static packet => packet.Name)));
        tester.NoAssociation();
        for (int i = 0; i < 200; i++)
        {
            Assert.DoesNotContain(Drain(tester.Advance(TimeSpan.FromSeconds(1)).Send(Chunk.CookieEcho(cookie))), IsForVictim);
            tester.NoAssociation();
        }

        static bool IsForVictim(Sent packet) => packet.To != Tester.TesterAddress;
    }

    [Theory, Rfc(5062, "7.3"), Rfc(9260, "5.1.5")]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Association_redirection_to_other_ports_is_dropped_silently(int ofSource, int ofDestination)
    {
        var tester = new Tester();
        tester.Endpoint.OpenPort(Tester.IutPort + 1);
        byte[] echo = Tester.Packet(tester.Offer(Chunk.Init(Tester.Tag)).IutTag, Chunk.CookieEcho(tester.Cookie));
        BinaryPrimitives.WriteUInt16BigEndian(echo, (ushort)(Tester.TesterPort + ofSource));
        BinaryPrimitives.WriteUInt16BigEndian(echo.AsSpan(2), (ushort)(Tester.IutPort + ofDestination));
        tester.SendRaw(Packets.WithChecksum(echo)).Nothing().NoAssociation();
        Assert.Equal(1, tester.Endpoint.Drops[DropReason.BadCookie]);
    }

    [Theory, Rfc(5062, "8.3"), Rfc(9260, "12.4")]
    [InlineData("unknown chunks")]
    [InlineData("heartbeats")]
    [InlineData("data on streams that do not exist")]
    public void Bombing_with_a_packet_of_many_chunks_that_want_an_answer_gets_one_packet(string chunks)
    {
        Tester tester = new Tester().Established();
        byte[][] many = Many(chunks, 60);
        Assert.InRange(Drain(tester.Send(many)).Count, 1, 1);

        // In the name of somebody else, or out of the blue, it gets at most one, and no longer one.
        byte[] packet = Tester.Packet(tester.IutTag, many);
        Assert.Empty(Drain(tester.SendRaw(packet, s_victim)));
        List<Sent> answers = Drain(new Tester().SendRaw(Tester.Packet(5, many), s_victim));
        Assert.True(answers.Count <= 1 && answers.Sum(static answer => answer.Bytes.Length) <= packet.Length);
    }

    [Theory, Rfc(5062, "9.3"), Rfc(4895, "3"), Rfc(9260, "5.1.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void Bombing_with_INIT_ACKs_for_INITs_in_the_victims_name_multiplies_bytes_by_three_at_most(bool isAuthenticated)
    {
        var tester = new Tester(AssociationOptions.Default with
        {
            Authentication = isAuthenticated ? AuthenticationOptions.Default with { RequiredChunks = [ChunkType.Data, ChunkType.Abort], AcceptsOtherPeers = true } : null,
            AdaptationIndication = 5,
        });
        byte[] bare = Tester.Packet(0, Chunk.Init(99));
        Sent answer = Assert.Single(Drain(tester.SendRaw(bare, s_victim)));
        Assert.Equal(("INIT ACK", s_victim), (answer.Name, answer.To));
        Assert.InRange(answer.Bytes.Length, 1, 3 * bare.Length);
        tester.NoAssociation();

        // Nor does what the INIT asks for help: extensions, random numbers, reports of what is not known.
        byte[] asking = Tester.Packet(0, Chunk.Init(99, parameters:
        [
            Chunk.Parameter(0x8008, 0xC0, 0x40, 0xC2, 0x82, 0xC1, 0x80, 0x0F, 0x84), Chunk.Parameter(0x8002, new byte[32]),
            Chunk.Parameter(0x8003, 0, 3, 6, 0xC1), Chunk.Parameter(0x8004, 0, 3, 0, 1), Chunk.Parameter(0xC000), Chunk.Parameter(0xFFF0, 1, 2, 3, 4),
        ]));
        answer = Assert.Single(Drain(tester.SendRaw(asking, s_victim)));
        Assert.InRange(answer.Bytes.Length, 1, 3 * asking.Length);
    }

    [Theory, Rfc(5062, "10.3"), Rfc(9260, "10")]
    [InlineData("unknown chunks")]
    [InlineData("heartbeats")]
    public void Bombing_is_not_multiplied_by_a_small_MTU_that_ICMP_pretends(string chunks)
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero }).Established();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        byte[] quoted = Assert.Single(Drain(tester), static packet => packet.Name == "DATA").Bytes;
        foreach (int mtu in new[] { 0, 68, 576 })
        {
            tester.Endpoint.HandleNetworkError(tester.Now, new NetworkError(NetworkErrorKind.PacketTooBig, Tester.TesterAddress, mtu), quoted);
            Drain(tester);                                   // its data, perhaps again, in smaller packets
            Assert.InRange(Drain(tester.Send(Many(chunks, 60))).Count, 0, 1);
        }
    }

    private static AssociationOptions Heartbeating() => AssociationOptions.Rfc9260 with { MaximumPathMtu = 0 };

    private static byte[][] Many(string chunks, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => chunks switch
        {
            "unknown chunks" => Chunk.Raw(0xFE, 0, new byte[12]),
            "heartbeats" => Chunk.Heartbeat(1, 2, 3, 4, 5, 6, 7, 8),
            _ => Chunk.Data((uint)(Tester.FirstTsn + i), 5000, 0, [1]),
        }),
    ];

    private static byte[] CookieOf(byte[] initAck)
    {
        for (int at = 32; at + 4 <= initAck.Length; at += (BinaryPrimitives.ReadUInt16BigEndian(initAck.AsSpan(at + 2)) + 3) & ~3)
        {
            if (initAck[at + 1] == 7 && initAck[at] == 0)
            {
                return initAck[(at + 4)..(at + BinaryPrimitives.ReadUInt16BigEndian(initAck.AsSpan(at + 2)))];
            }
        }

        return [];
    }

    /// <summary>All that is sent now.</summary>
    private static List<Sent> Drain(Tester tester)
    {
        var sent = new List<Sent>();
        while (tester.Take() is { } name)
        {
            sent.Add(new Sent(name, tester.Last, tester.LastPath.Remote));
        }

        return sent;
    }

    private readonly record struct Sent(string Name, byte[] Bytes, NetworkAddress To);
}
