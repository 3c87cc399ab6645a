using System;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Explicit congestion notification (RFC 3168 in the form of RFC 2960 Appendix A).</summary>
public sealed class EcnTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };

    [Fact, Rfc(2960, "A"), Rfc(3168, "6.1.1")]
    public void INIT_and_INIT_ACK_say_so_and_packets_with_new_data_may_be_marked_but_no_others()
    {
        Pair pair = new Pair(s_quiet, carriesEcn: true).Connect();
        pair.Arrow("A -> INIT -> Z");
        Assert.Equal([0x80, 0, 0, 4], pair.LastPacket[^4..]);
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal([0x80, 0, 0, 4], pair.LastPacket[^4..]);
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(EcnCodepoint.NotCapable, pair.LastEcn);
        Send(pair).Arrow("A -> DATA x Z");
        Assert.Equal(EcnCodepoint.Capable0, pair.LastEcn);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(EcnCodepoint.NotCapable, pair.LastEcn);             // RFC 3168 §6.1.5
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal(EcnCodepoint.NotCapable, pair.LastEcn);             // §6.1.4
    }

    [Theory, Rfc(2960, "A")]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Over_a_network_that_does_not_carry_it_or_with_a_peer_that_does_not_know_it_nothing_changes(bool carriesEcn, bool peerKnows)
    {
        AssociationOptions peer = peerKnows ? s_quiet : s_quiet with { Extensions = Extensions.None };
        Pair pair = new Pair(s_quiet, optionsOfZ: peer, carriesEcn: carriesEcn).Established();
        Assert.Equal(Extensions.None, pair.A.Extensions & Extensions.Ecn);
        Send(pair).Arrow("A -> DATA x Z");
        Assert.Equal(EcnCodepoint.NotCapable, pair.LastEcn);
        pair.InjectMarkedToZ(pair.LastPacket).Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(2960, "A"), Rfc(3168, "6.1.2"), Rfc(3168, "6.1.3")]
    public void A_mark_is_echoed_with_every_SACK_until_CWR_and_halves_the_window_once()
    {
        Pair pair = Warm();
        long window = pair.A.GetPaths()[0].CongestionWindow;
        Send(pair).Arrow("A -> DATA x Z");
        Tsn first = Packets.TsnOf(pair.LastPacket);
        pair.InjectMarkedToZ(pair.LastPacket).Arrow("A x ECNE, SACK <- Z");
        Send(pair).Arrow("A -> DATA -> Z");
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- ECNE, SACK <- Z");
        Assert.Equal(first, Lowest(pair.LastPacket));
        Assert.Equal(Math.Max(window / 2, 4 * 1240), pair.A.GetPaths()[0].CongestionWindow);
        pair.Arrow("A -> CWR -> Z");
        Assert.Equal(first, Lowest(pair.LastPacket));
        Send(pair).Arrow("A -> DATA -> Z");
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(1, pair.A.GetStatistics().EcnReductions);
        Assert.Equal(0, pair.A.GetStatistics().ChunksRetransmitted);
    }

    [Fact, Rfc(3168, "6.1.2"), Rfc(3168, "6.1.3")]
    public void Marks_of_one_window_are_one_congestion_and_a_later_one_is_another()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA x Z");
        byte[] first = pair.LastPacket;
        Send(pair).Arrow("A -> DATA x Z");
        byte[] second = pair.LastPacket;
        pair.InjectMarkedToZ(first).InjectMarkedToZ(second).Arrow("A <- ECNE, SACK <- Z").Arrow("A -> CWR -> Z");
        long window = pair.A.GetPaths()[0].CongestionWindow;

        // The echo for the second packet left before CWR came, and another one follows: both are answered, and that is all.
        pair.Arrow("A <- ECNE, SACK <- Z").Arrow("A -> CWR -> Z");
        Send(pair).Arrow("A -> DATA -> Z");
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- ECNE, SACK <- Z").Arrow("A -> CWR -> Z");
        Assert.Equal(Packets.TsnOf(second), Lowest(pair.LastPacket));
        Assert.Equal((1, window), (pair.A.GetStatistics().EcnReductions, pair.A.GetPaths()[0].CongestionWindow));
        Send(pair).Arrow("A -> DATA x Z");
        pair.InjectMarkedToZ(pair.LastPacket).Arrow("A <- ECNE, SACK <- Z").Arrow("A -> CWR -> Z").NothingPending();
        Assert.Equal(2, pair.A.GetStatistics().EcnReductions);
    }

    [Fact, Rfc(2960, "A")]
    public void An_ECNE_for_what_was_never_sent_or_without_ECN_is_counted_and_ignored()
    {
        foreach (bool carriesEcn in new[] { true, false })
        {
            Pair pair = Warm(carriesEcn);
            VerificationTag tag = Packets.TagOf(pair.LastPacket);
            Send(pair).Arrow("A -> DATA -> Z");
            Tsn sent = Packets.TsnOf(pair.LastPacket);
            pair.InjectToA(Packets.ToA(tag, (ref PacketWriter packet) => EcneChunk.Write(ref packet, sent + (carriesEcn ? 1 : 0)))).NothingPending();
            Assert.Equal(1, pair.EndpointA.Drops[DropReason.UnexpectedChunk]);
            Assert.Equal(0, pair.A.GetStatistics().EcnReductions);
        }
    }

    [Fact, Rfc(3168, "5")]
    public void Over_a_queue_that_marks_a_flow_gets_what_it_gets_over_one_that_drops_and_sends_nothing_twice()
    {
        CongestionResult marked = Bulk(carriesEcn: true);
        CongestionResult dropped = Bulk(carriesEcn: false);
        Assert.Equal(0, marked.Flows[0].Statistics.ChunksRetransmitted);
        Assert.True(marked.Flows[0].Statistics.EcnReductions > 3);
        Assert.True(dropped.Flows[0].Statistics.ChunksRetransmitted > 3);
        Assert.True(marked.BytesPerSecond[0] >= 0.98 * dropped.BytesPerSecond[0], $"{marked.BytesPerSecond[0]} and {dropped.BytesPerSecond[0]}");
    }

    private static CongestionResult Bulk(bool carriesEcn)
    {
        var link = new LinkModel { Delay = TimeSpan.FromMilliseconds(20), RateBitsPerSecond = 10_000_000, Queue = QueueDiscipline.CoDel, MarksEcn = true };
        return new CongestionExperiment { There = link, Back = link, CarriesEcn = carriesEcn, Duration = TimeSpan.FromSeconds(60) }.Run();
    }

    // The first data is acknowledged at once; what comes then is not.
    private static Pair Warm(bool carriesEcn = true)
    {
        Pair pair = new Pair(s_quiet, carriesEcn: carriesEcn).Established();
        return Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    private static Pair Send(Pair pair)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "hello"u8, default));
        return pair;
    }

    private static Tsn Lowest(byte[] packet) => Packets.TsnOf(packet);
}
