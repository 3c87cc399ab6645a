using System;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>The search for the path's MTU (RFC 8899) with HEARTBEAT and PAD (RFC 4820).</summary>
public sealed class PathMtuTests
{
    private const int Headers = 20 + 8;

    private static readonly AssociationOptions s_searching = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero };
    private static readonly AssociationOptions s_quiet = s_searching with { MaximumPathMtu = 0 };

    // ---- Probes ----
    [Fact, Rfc(8899, "3"), Rfc(8899, "4.1"), Rfc(8899, "6.2.1.2"), Rfc(8899, "6.2.2"), Rfc(4820, "3")]
    public void A_probe_is_a_packet_of_HEARTBEAT_and_PAD_that_is_as_long_as_what_it_asks_for()
    {
        Pair pair = Searching();
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1400 - Headers, pair.LastPacket.Length);
        Assert.All(pair.LastPacket[^100..], padding => Assert.Equal(0, padding));
        pair.Arrow("A <- SACK <- Z").Arrow("A <- HEARTBEAT ACK <- Z");
        Assert.True(pair.LastPacket.Length < 100);
    }

    [Fact, Rfc(8899, "4.2"), Rfc(8899, "4.4"), Rfc(8899, "5.2"), Rfc(8899, "5.3.1"), Rfc(8899, "5.3.2"), Rfc(8899, "6.2")]
    public void Each_answer_makes_packets_larger_and_sends_the_next_probe_up_to_the_maximum()
    {
        Pair pair = Searching(s_searching with { MaximumPathMtu = 2000 });
        SendFull(pair).Arrow("A -> DATA -> Z");
        foreach (int size in new[] { 1400, 1420, 1492, 1500, 2000 })
        {
            pair.Arrow("A -> HEARTBEAT, PAD -> Z");
            Assert.Equal(size - Headers, pair.LastPacket.Length);
            AnswerProbe(pair);
            Assert.Equal(size - Headers - PacketHeader.Length - 16, pair.A.FragmentationPoint);
            Assert.Equal(size - Headers, pair.A.GetPaths()[0].MaximumPacket);
        }

        pair.NothingPending();
        SendFull(pair).Arrow("A -> DATA -> Z");
        Assert.Equal(2000 - Headers, pair.LastPacket.Length);
    }

    // RFC 8261 §6.1: the layer below says that it takes another way.
    [Fact]
    public void Another_path_below_is_learnt_anew_from_the_base_on()
    {
        Pair pair = Searching(s_searching with { MaximumPathMtu = 1400 });
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z");
        AnswerProbe(pair);
        Assert.Equal(1400 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        long window = pair.A.GetPaths()[0].CongestionWindow;
        pair.A.HandlePathChange(pair.Now);
        PathStatistics path = pair.A.GetPaths()[0];
        Assert.Equal(1280 - Headers, path.MaximumPacket);
        Assert.Equal(TimeSpan.Zero, path.SmoothedRtt);
        Assert.True(path.CongestionWindow <= window);
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1400 - Headers, pair.LastPacket.Length);
    }

    [Fact, Rfc(8899, "4.3"), Rfc(8899, "6.2.1.1")]
    public void Nothing_is_searched_for_before_a_packet_was_full_and_a_full_one_begins_it()
    {
        Pair pair = Searching();
        pair.A.Send(pair.Now, new byte[1000], default);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
        Assert.True(pair.EndpointA.NextTimeout.IsNever);
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z");
    }

    [Fact, Rfc(8899, "4.5")]
    public void Without_a_maximum_above_the_base_there_are_no_probes()
    {
        Pair pair = new Pair(s_quiet).Established();
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
    }

    [Fact, Rfc(8899, "3"), Rfc(8899, "5.1.1"), Rfc(8899, "5.1.2"), Rfc(8899, "5.1.3"), Rfc(8899, "8")]
    public void A_size_is_tried_three_times_a_second_apart_and_its_loss_is_no_congestion_and_no_failure()
    {
        Pair pair = Searching(s_searching with { MaximumPathMtu = 1400 });
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD x Z").Arrow("A <- SACK <- Z");
        long window = pair.A.GetPaths()[0].CongestionWindow;
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> HEARTBEAT, PAD x Z");
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> HEARTBEAT, PAD x Z");
        pair.Advance(TimeSpan.FromSeconds(1));
        PathStatistics path = pair.A.GetPaths()[0];
        Assert.Equal((window, 0, TimeSpan.FromSeconds(1)), (path.CongestionWindow, path.Errors, path.Rto));

        // Between a size that gets through and one that does not, the search goes on.
        pair.Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1340 - Headers, pair.LastPacket.Length);
    }

    [Fact, Rfc(8899, "4.1"), Rfc(8899, "8")]
    public void Only_the_answer_to_the_last_probe_counts_and_only_once()
    {
        Pair pair = Searching(s_searching with { MaximumPathMtu = 1500 });
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z").Arrow("A <- SACK <- Z").Arrow("A x HEARTBEAT ACK <- Z");
        byte[] late = pair.LastPacket;
        pair.Advance(TimeSpan.FromSeconds(1)).Arrow("A -> HEARTBEAT, PAD -> Z");
        pair.InjectToA(late).Arrow("A x HEARTBEAT ACK <- Z");
        Assert.Equal(1280 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        Assert.Equal(1, pair.EndpointA.Drops[DropReason.BadHeartbeatAck]);
        byte[] current = pair.LastPacket;
        pair.InjectToA(current).InjectToA(current);
        Assert.Equal(1400 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        Assert.Equal(2, pair.EndpointA.Drops[DropReason.BadHeartbeatAck]);
    }

    [Fact, Rfc(8899, "5.1.1"), Rfc(8899, "6.2.1.3")]
    public void What_was_found_is_not_probed_again_but_after_ten_minutes_a_full_packet_asks_for_more()
    {
        Pair pair = Searching(s_searching with { MaximumPathMtu = 1400 });
        SendFull(pair).Exchange();
        Assert.Equal(1400 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        pair.A.Reconfigure(pair.Now, pair.A.Options with { MaximumPathMtu = 1420 });
        SendFull(pair).Arrow("A -> DATA -> Z").Exchange();
        Assert.Equal(1400 - Headers, pair.A.GetPaths()[0].MaximumPacket);
        pair.Advance(TimeSpan.FromSeconds(1)).Exchange();    // the acknowledgement was delayed
        Assert.Equal(TimeSpan.FromSeconds(599), pair.AdvanceToNextTimeout());
        pair.NothingPending();
        SendFull(pair).Arrow("A -> DATA -> Z").Arrow("A -> HEARTBEAT, PAD -> Z");
        Assert.Equal(1420 - Headers, pair.LastPacket.Length);
    }

    [Fact, Rfc(4820, "3"), Rfc(9260, "3.2")]
    public void A_PAD_is_ignored_and_the_chunks_after_it_are_not()
    {
        Pair pair = new Pair(s_quiet).Established();
        SendFull(pair).Arrow("A -> DATA -> Z");
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        pair.Arrow("A <- SACK <- Z");
        pair.InjectToZ(Packets.ToZ(tag, (ref PacketWriter packet) =>
        {
            packet.TryBeginChunk(ChunkType.Pad, 0xFF, 7, out Span<byte> padding);
            padding.Fill(0xAA);
            HeartbeatChunk.Write(ref packet, [1, 2, 3, 4]);
        }));
        pair.Arrow("A x HEARTBEAT ACK <- Z");
        Assert.Equal(0, pair.EndpointZ.Drops[DropReason.UnrecognizedChunk]);
    }

    // ---- Paths ----
    public static TheoryData<int, int> Paths => new() { { 1280, 1280 }, { 1400, 1400 }, { 1492, 1492 }, { 1500, 1500 }, { 9000, 9000 }, { 1432, 1432 }, { 1300, 1300 }, { 1447, 1444 } };

    [Theory, Rfc(8899, "5.2"), Rfc(8899, "5.3.1"), Rfc(8899, "5.3.2")]
    [MemberData(nameof(Paths))]
    public void A_transfer_settles_on_the_size_that_its_path_carries_and_loses_nothing(int mtu, int expected)
    {
        var transfer = new Transfer(mtu);
        transfer.Run(TimeSpan.FromSeconds(60));
        Assert.Equal(expected, transfer.Size);
        Assert.Equal(0, transfer.Sender.GetStatistics().RetransmissionTimeouts);
        Assert.Equal(0, transfer.Sender.GetStatistics().ChunksRetransmitted);
        transfer.Finish();
    }

    [Theory, Rfc(8899, "4.3"), Rfc(8899, "4.4"), Rfc(8899, "5.2"), Rfc(8899, "6.2")]
    [InlineData(9000, 1400)]
    [InlineData(1500, 1280)]
    [InlineData(9000, 1500)]
    public void A_path_that_shrinks_during_a_transfer_is_noticed_and_nothing_is_lost(int before, int after)
    {
        var transfer = new Transfer(before);
        transfer.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(before, transfer.Size);
        transfer.Mtu = after;
        transfer.Run(TimeSpan.FromSeconds(60));
        Assert.Equal(after, transfer.Size);
        transfer.Finish();
    }

    [Fact, Rfc(8899, "5.2"), Rfc(8899, "5.4")]
    public void Where_not_even_the_base_size_gets_through_packets_are_fragmented_until_it_does()
    {
        var transfer = new Transfer(1500);
        transfer.Run(TimeSpan.FromSeconds(30));
        transfer.Mtu = 576;
        transfer.Run(TimeSpan.FromSeconds(60));
        Assert.Equal(1280, transfer.Size);
        long sent = transfer.Delivered;
        transfer.Run(TimeSpan.FromSeconds(30));
        Assert.True(transfer.Delivered > sent);
        transfer.Mtu = 1500;
        transfer.Run(TimeSpan.FromSeconds(700));             // longer than PMTU_RAISE_TIMER
        Assert.Equal(1500, transfer.Size);
        transfer.Finish();
    }

    [Fact, Rfc(8899, "5.3.3")]
    public void Loss_that_has_nothing_to_do_with_size_does_not_keep_the_search_from_the_right_one()
    {
        var transfer = new Transfer(1500, loss: 0.05);
        transfer.Run(TimeSpan.FromSeconds(120));
        Assert.Equal(1500, transfer.Size);
        transfer.Finish();
    }

    private static Pair Searching(AssociationOptions? options = null) => new Pair(options ?? s_searching, optionsOfZ: s_quiet).Established();

    private static Pair SendFull(Pair pair)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[pair.A.FragmentationPoint], default));
        return pair;
    }

    // The SACK for the DATA before may come first.
    private static void AnswerProbe(Pair pair)
    {
        foreach (byte[] packet in pair.TakeFromZ())
        {
            pair.InjectToA(packet);
        }
    }

    /// <summary>A bulk transfer over a link of 10 Mbit/s and 20 ms that carries IP packets up to an MTU.</summary>
    private sealed class Transfer
    {
        private readonly World _world = new(1);
        private readonly SimulatedLink _there;
        private readonly SimulatedNode _a;
        private readonly Endpoint _receiver;
        private readonly byte[] _message = new byte[30_000];
        private bool _isSending = true;
        private long _accepted;

        public Transfer(int mtu, double loss = 0)
        {
            NetworkAddress from = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
            NetworkAddress to = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);
            AssociationOptions options = s_searching with { SendBufferSize = 200_000 };
            var sender = new Endpoint(new EndpointOptions { LocalPort = 5000, Association = options }, _world.NewRandom());
            _receiver = new Endpoint(new EndpointOptions { LocalPort = 5000, Association = options, AcceptsAssociations = true }, _world.NewRandom());
            var model = new LinkModel { Delay = TimeSpan.FromMilliseconds(10), RateBitsPerSecond = 10_000_000, Loss = loss };
            _a = _world.Add("A", from, sender, LinkModel.Perfect);
            SimulatedNode z = _world.Add("Z", to, _receiver, LinkModel.Perfect);
            _there = _world.Connect(_a, to, model);
            _world.Connect(z, from, model);
            Mtu = mtu;
            _a.Application = Send;
            z.Application = _ => Receive();
            Sender = sender.Connect(_world.Now, 5000, new NetworkPath(from, to));
            _world.Drain();
        }

        public Association Sender { get; }

        public int Mtu
        {
            set => _there.Model = _there.Model with { MaximumDatagram = value - Headers };
        }

        /// <summary>The largest IP packet that it sends.</summary>
        public int Size => Sender.GetPaths()[0].MaximumPacket + Headers;

        public long Delivered { get; private set; }

        public void Run(TimeSpan time) => _world.Advance(time);

        /// <summary>Everything that was accepted arrives.</summary>
        public void Finish()
        {
            _isSending = false;
            Assert.True(_world.RunUntil(() => Sender.BufferedBytes == 0, TimeSpan.FromSeconds(120)));
            Assert.Equal(_accepted, Delivered);
        }

        private void Send(Instant now)
        {
            while (_isSending && Sender.State == AssociationState.Established && Sender.Send(now, _message, default) == SendStatus.Ok)
            {
                _accepted += _message.Length;
            }
        }

        private void Receive()
        {
            while (_receiver.TryTakeActive(out Association? association))
            {
                while (association.TryReceive(out ReceivedMessage? message))
                {
                    Delivered += message.Length;
                    message.Dispose();
                }
            }
        }
    }
}
