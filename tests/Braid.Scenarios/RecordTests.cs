using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Records that the application sends in parts (RFC 6458 §8.1.26).</summary>
public sealed class RecordTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
    private static readonly SendOptions s_part = new(3, 42, MoreFollows: true);

    [Theory, Rfc(6458, "8.1.26"), Rfc(9260, "6.9")]
    [InlineData(false)]
    [InlineData(true)]
    public void Parts_become_one_message_with_one_SSN_and_consecutive_TSNs(bool unordered)
    {
        Pair pair = new Pair(s_quiet).Established();
        SendOptions first = s_part with { Unordered = unordered };
        Send(pair, "one ", first);
        DataHeader beginning = Take(pair).Single();
        Send(pair, "two ", s_part with { Ppid = 7, Unordered = !unordered });
        DataHeader middle = Take(pair).Single();
        Send(pair, "three", new SendOptions(3, 8, !unordered));
        DataHeader end = Take(pair).Single();

        DataFlags flags = unordered ? DataFlags.Unordered : DataFlags.None;
        Assert.Equal([flags | DataFlags.Beginning, flags, flags | DataFlags.Ending], [beginning.Flags, middle.Flags, end.Flags]);
        Assert.Equal([beginning.Tsn, beginning.Tsn + 1, beginning.Tsn + 2], [beginning.Tsn, middle.Tsn, end.Tsn]);
        Assert.All([beginning, middle, end], header => Assert.Equal((new StreamId(3), default, new Ppid(42)), (header.Stream, header.Ssn, header.Ppid)));
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? message));
        Assert.Equal((13, 42u, unordered), (message.Length, message.Ppid.Value, message.Unordered));
        Assert.Equal(1, pair.A.GetStatistics().MessagesSent);
        message.Dispose();

        Send(pair, "next", new SendOptions(3));
        Assert.Equal(unordered ? 0 : 1, Take(pair).Single().Ssn.Value);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "6.9")]
    public void Nothing_is_sent_on_another_stream_before_the_record_has_ended_and_no_timer_runs_for_it()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "begin", s_part);
        Flush(pair);
        Send(pair, "other", new SendOptions(4));
        pair.NothingPending();
        Assert.True(pair.EndpointA.NextTimeout.IsNever);
        Send(pair, "end", new SendOptions(3));
        pair.Arrow("A -> DATA, DATA -> Z");
        Flush(pair);
        Assert.Equal(["beginend", "other"], [Text(pair), Text(pair)]);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "6.9")]
    public void Whenever_the_pieces_of_a_long_record_come_what_was_sent_behind_it_arrives_behind_it()
    {
        (int Length, ushort Stream, bool More)[] sends = [(65536, 3, true), (65536, 3, true), (65536, 3, true), (3392, 3, false), (1, 4, false)];
        for (int drains = 0; drains < 3 * 3 * 3 * 3; drains++)
        {
            Pair pair = new Pair(s_quiet with { Extensions = Extensions.None }).Established();
            int rest = drains;
            foreach ((int length, ushort stream, bool more) in sends)
            {
                Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[length], new SendOptions(new StreamId(stream), MoreFollows: more)));
                (rest, int how) = Math.DivRem(rest, 3);
                if (how == 1)
                {
                    pair.Exchange();
                }
                else if (how == 2)
                {
                    Flush(pair);
                }
            }

            Flush(pair);
            int received = 0;
            while (received < 200_000)
            {
                Assert.True(pair.Z.TryReceive(out ReceivedMessage? message));
                Assert.Equal(3, message.Stream.Value);
                received += message.Length;
                message.Dispose();
                Flush(pair);
            }

            Assert.True(pair.Z.TryReceive(out ReceivedMessage? last));
            Assert.Equal(4, last.Stream.Value);
            last.Dispose();
        }
    }

    [Fact, Rfc(6458, "8.1.26")]
    public void Two_records_may_be_open_and_go_one_after_the_other()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "a1", s_part);
        Send(pair, "b1", s_part with { Stream = 4 });
        Send(pair, "b2", new SendOptions(4));
        Flush(pair);
        Assert.Null(pair.Receive(pair.Z));
        Send(pair, "a2", new SendOptions(3));
        Flush(pair);
        Assert.Equal(["a1a2", "b1b2"], [Text(pair), Text(pair)]);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "6.3.3")]
    public void A_part_that_was_lost_is_sent_again_as_it_was()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", s_part);
        pair.Arrow("A -> DATA x Z");
        byte[] first = pair.LastPacket;
        Send(pair, "two", new SendOptions(3));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(first, pair.LastPacket);
        Assert.Equal("onetwo", Text(pair));
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "6.9")]
    public void A_record_of_64_MiB_passes_through_a_buffer_of_1_MiB()
    {
        const int Parts = 1024;
        var options = AssociationOptions.Rfc9260 with { SendBufferSize = 1 << 20, ReceiveBufferSize = 1 << 20, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
        Pair pair = new Pair(options).Established();
        byte[] part = Enumerable.Range(0, 1 << 16).Select(i => (byte)(i * 7)).ToArray();
        long received = 0;
        int accepted = 0;
        int ends = 0;
        for (int turn = 0; turn < 100_000 && ends == 0; turn++)
        {
            while (accepted < Parts && pair.A.Send(pair.Now, part, s_part with { MoreFollows = accepted < Parts - 1 }) == SendStatus.Ok)
            {
                accepted++;
            }

            Assert.True(pair.A.BufferedBytes <= (1 << 20) + part.Length);
            pair.Exchange();
            while (pair.Z.TryReceive(out ReceivedMessage? message))
            {
                Assert.Equal(received == 0, message.BeginOfRecord);
                received += message.Length;
                ends += message.EndOfRecord ? 1 : 0;
                message.Dispose();
            }

            pair.Exchange();
            if (!pair.EndpointA.NextTimeout.IsNever || !pair.EndpointZ.NextTimeout.IsNever)
            {
                pair.AdvanceToNextTimeout();
            }
        }

        Assert.Equal(((long)Parts << 16, 1), (received, ends));
        Assert.Equal((0, 0), (pair.EndpointA.Buffers.Rented, pair.EndpointZ.Buffers.Rented));
    }

    /// <summary>Found by the simulator, seed 0.</summary>
    [Fact, Rfc(6458, "8.1.26")]
    public void What_waits_behind_a_record_does_not_keep_its_next_part_out_of_the_send_buffer()
    {
        Pair pair = new Pair(s_quiet with { SendBufferSize = 2000 }).Established();
        Send(pair, "begin", s_part);
        Flush(pair);
        while (pair.A.CanSend(100, new SendOptions(4)) == SendStatus.Ok)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[100], new SendOptions(4)));
        }

        Assert.Equal(SendStatus.QueueFull, pair.A.CanSend(1, new SendOptions(5)));
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[1900], s_part));
        Assert.Equal(SendStatus.QueueFull, pair.A.Send(pair.Now, new byte[100], s_part));
        Flush(pair);
        Send(pair, "end", new SendOptions(3));
        Flush(pair);
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "9.2")]
    public void A_shutdown_after_the_last_part_delivers_the_record()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", s_part);
        Send(pair, "two", new SendOptions(3));
        pair.A.Shutdown(pair.Now);
        Flush(pair);
        Assert.Equal("onetwo", Text(pair));
        Assert.Equal(CloseReason.Shutdown, Closed(pair.A).Reason);
        Assert.Equal(CloseReason.Shutdown, Closed(pair.Z).Reason);
    }

    [Theory, Rfc(6458, "8.1.26"), Rfc(9260, "9.1"), Rfc(9260, "9.2")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_shutdown_in_the_middle_of_a_record_aborts(bool byA)
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", s_part);
        Send(pair, "behind", new SendOptions(4));
        Flush(pair);
        if (byA)
        {
            pair.A.Shutdown(pair.Now);
        }
        else
        {
            pair.Z.Shutdown(pair.Now);
            pair.Arrow("A <- SHUTDOWN, SACK <- Z");
        }

        pair.Arrow("A -> ABORT -> Z").NothingPending();
        AssociationEvent.Closed closed = Closed(pair.A);
        Assert.Equal((CloseReason.UnfinishedRecord, (ushort)CauseCode.UserInitiatedAbort), (closed.Reason, closed.CauseCode));
        Assert.Equal(CloseReason.AbortedByPeer, Closed(pair.Z).Reason);
        Assert.Null(pair.Receive(pair.Z));
        Assert.Equal(0, pair.EndpointA.Buffers.Rented + pair.EndpointZ.Buffers.Rented);
        Assert.Equal(0, pair.EndpointA.AssociationCount + pair.EndpointZ.AssociationCount);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "9.2")]
    public void A_part_handed_over_before_the_peers_SHUTDOWN_was_known_still_ends_the_record()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", s_part);
        Flush(pair);
        pair.Z.Shutdown(pair.Now);
        byte[] shutdown = pair.TakeFromZ().Single();
        pair.EndpointA.HandleDatagram(pair.Now, Pair.FromZ, shutdown);
        Assert.Equal(SendStatus.Ok, pair.A.SendAccepted(pair.Now, pair.EndpointA.Buffers.RentCopy("two"u8), new SendOptions(3)));
        Flush(pair);
        Assert.Equal("onetwo", Text(pair));
        Assert.Equal(CloseReason.Shutdown, Closed(pair.A).Reason);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "9.2")]
    public void A_shutdown_in_the_middle_of_a_record_ends_an_association_that_is_only_being_set_up()
    {
        Pair pair = new Pair(s_quiet).Connect();
        Send(pair, "one", s_part);
        pair.A.Shutdown(pair.Now);
        pair.NothingPending();
        Assert.Equal(CloseReason.UnfinishedRecord, Closed(pair.A).Reason);
        Assert.Equal((0, 0), (pair.EndpointA.Buffers.Rented, pair.EndpointA.AssociationCount));
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "9.1")]
    public void An_abort_in_the_middle_of_a_record_leaves_nothing_behind()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", s_part);
        Flush(pair);
        Send(pair, "two", s_part);
        pair.A.Abort(pair.Now);
        pair.Exchange();
        Assert.Equal(SendStatus.Closed, pair.A.Send(pair.Now, "three"u8, new SendOptions(3)));
        Assert.Equal(0, pair.EndpointA.Buffers.Rented + pair.EndpointZ.Buffers.Rented);
        Assert.Null(pair.Receive(pair.Z));
    }

    [Theory, Rfc(6458, "8.1.26"), Rfc(9260, "5.2.4.1")]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_restart_what_continues_a_record_is_refused_up_to_its_end(bool forgets)
    {
        Pair pair = new Pair(s_quiet).Established();
        var lost = new SendOptions(3, MoreFollows: true);
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "one"u8, lost));
        Flush(pair);
        var reborn = new Reborn(pair);
        Assert.Equal(SendStatus.RecordLost, pair.Z.CanSend(1, lost));
        Assert.Equal(SendStatus.RecordLost, pair.Z.Send(pair.Now, "two"u8, lost));
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "elsewhere"u8, new SendOptions(4)));
        if (forgets)
        {
            pair.Z.ForgetLostRecords();
        }
        else
        {
            Assert.Equal(SendStatus.RecordLost, pair.Z.Send(pair.Now, "three"u8, new SendOptions(3)));
        }

        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "new"u8, new SendOptions(3)));
        reborn.Exchange();
        Assert.Equal("elsewhere"u8.ToArray(), pair.Receive(reborn.Association));
        Assert.Equal("new"u8.ToArray(), pair.Receive(reborn.Association));
        pair.Z.Shutdown(pair.Now);
        reborn.Exchange();
        Assert.Equal(AssociationState.Closed, pair.Z.State);
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }

    [Fact, Rfc(6458, "8.1.26"), Rfc(9260, "5.1.1")]
    public void A_record_on_a_stream_that_the_peer_does_not_allow_is_discarded_and_shuts_nobody_out()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { IncomingStreams = 2 }).Connect();
        Send(pair, "one", s_part);
        Send(pair, "kept", new SendOptions(1));
        pair.Exchange();
        Assert.Equal(SendStatus.InvalidStream, pair.A.Send(pair.Now, "two"u8, new SendOptions(3)));
        Assert.Equal("kept", Text(pair));
        pair.A.Shutdown(pair.Now);
        Flush(pair);
        Assert.Equal(CloseReason.Shutdown, Closed(pair.A).Reason);
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    /// <summary>A machine with A's address that knows nothing of A's association, and has set up its own.</summary>
    private sealed class Reborn
    {
        private readonly Pair _pair;
        private readonly Endpoint _endpoint = new(new EndpointOptions { LocalPort = Pair.PortA }, new SeededRandom(99));
        private readonly byte[] _buffer = new byte[65536];

        public Reborn(Pair pair)
        {
            _pair = pair;
            Association = _endpoint.Connect(pair.Now, Pair.PortZ, new NetworkPath(Pair.FromA.Remote, Pair.FromZ.Remote));
            Exchange();
            Assert.Equal(AssociationState.Established, Association.State);
        }

        public Association Association { get; }

        public void Exchange()
        {
            for (bool any = true; any;)
            {
                any = false;
                while (_endpoint.TryGetDatagram(_pair.Now, _buffer, out OutgoingDatagram datagram))
                {
                    any = true;
                    _pair.EndpointZ.HandleDatagram(_pair.Now, Pair.FromA, _buffer.AsSpan(0, datagram.Length));
                }

                while (_pair.EndpointZ.TryGetDatagram(_pair.Now, _buffer, out OutgoingDatagram datagram))
                {
                    any = true;
                    _endpoint.HandleDatagram(_pair.Now, Pair.FromZ, _buffer.AsSpan(0, datagram.Length));
                }
            }
        }
    }

    private static void Send(Pair pair, string text, in SendOptions options) =>
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, Encoding.ASCII.GetBytes(text), options));

    private static string Text(Pair pair) => Encoding.ASCII.GetString(pair.Receive(pair.Z)!);

    private static void Flush(Pair pair) => pair.Exchange().Advance(TimeSpan.FromMilliseconds(200)).Exchange();

    /// <summary>The DATA chunks of the next packet.</summary>
    private static List<DataHeader> Take(Pair pair)
    {
        pair.Arrow("A -> DATA -> Z");
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView packet));
        var headers = new List<DataHeader>();
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk) && DataChunk.TryRead(chunk, out DataChunk data))
        {
            headers.Add(data.Header);
        }

        Flush(pair);
        return headers;
    }

    private static AssociationEvent.Closed Closed(Association association)
    {
        AssociationEvent? last = null;
        while (association.TryGetEvent(out AssociationEvent? next))
        {
            last = next;
        }

        return Assert.IsType<AssociationEvent.Closed>(last);
    }
}
