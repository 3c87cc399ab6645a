using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Scenarios.Conformance;
using Braid.Sctp;

namespace Braid.Scenarios;

/// <summary>Rules of RFC 9260 §6 and §7 that were broken once.</summary>
public sealed class TransferRegressionTests
{
    private static readonly NetworkAddress s_second = NetworkAddress.FromIPv4([10, 0, 0, 3], 9899);
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };

    [Fact, Rfc(9260, "5.2.6"), Rfc(9260, "6.5")]
    public void Streams_that_data_was_sent_on_cannot_be_taken_back_with_a_second_INIT_ACK()
    {
        Tester tester = new Tester().CookieWait();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[5000], new SendOptions(5)));
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1, 2, 3))).Expect("COOKIE ECHO, DATA");
        tester.Send(Chunk.Error(Chunk.Parameter(3, 0, 0, 0, 1))).Expect("INIT");
        tester.Send(Chunk.InitAck(Tester.Tag, incoming: 1, parameters: Chunk.StateCookie(4, 5, 6)));
        tester.Expect("ABORT");
        Assert.Equal(CloseReason.ProtocolViolation, tester.Ended().Reason);
        tester.NoAssociation();
    }

    [Fact, Rfc(9260, "6.2.1"), Rfc(9260, "6.3.2")]
    public void A_gap_block_that_covers_the_first_missing_TSN_does_not_stop_the_retransmission()
    {
        Tester tester = new Tester(s_quiet).Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 100_000, (1, 1))).Nothing();
        tester.Timeout();
        tester.Expect("DATA");
    }

    [Theory, Rfc(9260, "6.9")]
    [InlineData(500)]
    [InlineData(1000)]
    [InlineData(1224)]
    public void A_partial_delivery_point_as_large_as_the_buffer_does_not_close_the_window_for_ever(int fragment)
    {
        Tester tester = new Tester(s_quiet with { ReceiveBufferSize = 100_000, PartialDeliveryPoint = 100_000 }).Established();
        int received = 0;
        for (uint i = 0; i < 400; i++)
        {
            // A peer that keeps to the window: at the worst, one probe for each chunk.
            tester.Send(Chunk.Data(Tester.FirstTsn + i, 0, 0, new byte[fragment], (byte)(i == 0 ? 2 : 0)));
            while (tester.Message() is { } part)
            {
                received += part.Length;
            }
        }

        Assert.True(received > 300 * fragment, $"{received}");
    }

    [Fact, Rfc(9260, "6.9")]
    public void A_buffer_full_with_what_the_application_holds_and_half_a_message_delivers_that_half()
    {
        Tester tester = new Tester(s_quiet with { ReceiveBufferSize = 100_000 }).Established();
        uint tsn = Tester.FirstTsn;
        for (int i = 0; i < 50; i++)
        {
            tester.Send(Chunk.Data(tsn++, 0, i, new byte[1000]));
        }

        var held = new List<ReceivedMessage>();
        while (tester.Iut.TryReceive(out ReceivedMessage? message))
        {
            held.Add(message);
        }

        Assert.Equal(50, held.Count);
        for (int i = 0; i < 80; i++)
        {
            tester.Send(Chunk.Data(tsn++, 0, 50, new byte[1000], (byte)(i == 0 ? 2 : 0)));
        }

        Assert.True(tester.Iut.TryReceive(out ReceivedMessage? part));
        Assert.False(part.EndOfRecord);
    }

    [Fact, Rfc(9260, "6.2"), Rfc(9260, "6.9")]
    public void What_is_missing_of_a_message_in_parts_is_taken_although_the_buffer_is_full_behind_it()
    {
        Tester tester = new Tester(s_quiet with { ReceiveBufferSize = 100_000, PartialDeliveryPoint = 10_000 }).Established();
        uint tsn = Tester.FirstTsn;
        for (int i = 0; i < 20; i++)
        {
            tester.Send(Chunk.Data(tsn++, 0, 0, new byte[1000], (byte)(i == 0 ? 2 : 0)));
        }

        while (tester.Message() is not null)
        {
        }

        // The last fragment is lost; what the peer sends behind it is little user data, but much memory. All of it was under
        // way before the first SACK that closes the window could reach the peer.
        uint lost = tsn++;
        for (int packet = 0; packet < 60; packet++)
        {
            Endpoint iut = tester.Endpoint;
            iut.HandleDatagram(
                tester.Now,
                new NetworkPath(Tester.IutAddress, Tester.TesterAddress),
                Tester.Packet(tester.IutTag, [.. Enumerable.Range(0, 50).Select(i => Chunk.Data(tsn++, 1, (packet * 50) + i, [1]))]));
        }

        tester.Send(Chunk.Data(lost, 0, 0, new byte[1000], 1));
        bool isComplete = false;
        while (tester.Iut.TryReceive(out ReceivedMessage? message))
        {
            isComplete |= message.Stream == 0 && message.EndOfRecord;
            message.Dispose();
        }

        Assert.True(isComplete);
    }

    [Fact, Rfc(9260, "6.2"), Rfc(9260, "6.9")]
    public void A_SACK_that_does_not_fit_with_the_data_waits_for_its_own_time()
    {
        Tester tester = new Tester(s_quiet).Established();
        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");
        tester.Send(Chunk.Data(Tester.FirstTsn + 1, 0, 1, [1])).Nothing();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1224], default));
        tester.Expect("DATA").Nothing().Advance(TimeSpan.FromMilliseconds(200)).Expect("SACK");
    }

    [Fact, Rfc(9260, "6.4"), Rfc(9260, "5.2.4")]
    public void COOKIE_ACK_answers_where_COOKIE_ECHO_came_from()
    {
        Tester tester = TwoPaths();
        tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.CookieEcho(tester.Cookie)), s_second).Expect("COOKIE ACK");
        Assert.Equal(s_second, tester.LastPath.Remote);
    }

    [Fact, Rfc(9260, "7.2.1"), Rfc(9260, "7.1")]
    public void A_congestion_window_decays_while_a_closed_window_is_probed()
    {
        Tester tester = TwoPaths();
        uint tsn = Grow(tester);
        PathStatistics[] paths = [.. tester.Iut.GetPaths()];
        long grown = paths[0].CongestionWindow;
        Assert.True(grown > 8 * 1240, $"{grown}");

        // A probe of a closed window stays outstanding for a long time.
        tester.Send(Chunk.Sack(tsn, 0));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        tester.Nothing();
        for (int i = 0; i < 8; i++)
        {
            tester.Timeout();
            tester.Expect("DATA").Send(Chunk.Sack(tsn, 0));
        }

        Assert.Equal(4 * 1240, tester.Iut.GetPaths()[0].CongestionWindow);
    }

    [Fact, Rfc(9260, "6.3.2"), Rfc(9260, "6.4")]
    public void T3_rtx_does_not_run_on_where_nothing_is_in_flight_any_more()
    {
        Tester tester = TwoPaths();
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 0));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        tester.Timeout();
        tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn - 1, 0)).Nothing();

        // The window opens over the probe, which is sent again, to another address. That is lost.
        tester.Advance(TimeSpan.FromMilliseconds(1500));
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 50_000)).Expect("DATA");
        Assert.Equal(s_second, tester.LastPath.Remote);
        tester.Timeout();
        tester.Expect("DATA").Nothing();
        IReadOnlyList<PathStatistics> paths = tester.Iut.GetPaths();
        Assert.Equal((0, 1), (paths[0].Errors, paths[1].Errors));
    }

    [Fact, Rfc(9260, "6.1")]
    public void A_window_that_opens_over_a_probe_is_used_at_once_whatever_address_the_probe_went_to()
    {
        Tester tester = TwoPaths();
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 0));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        tester.Timeout();
        tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn - 1, 0)).Timeout();
        tester.Expect("DATA");
        Assert.Equal(s_second, tester.LastPath.Remote);
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 50_000)).Expect("DATA");
    }

    [Fact, Rfc(9260, "6.4"), Rfc(9260, "6.7")]
    public void A_SACK_does_not_go_along_with_a_heartbeat_to_another_address()
    {
        Tester tester = TwoPaths(TimeSpan.FromSeconds(5));
        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");
        bool wasProbed = false;
        for (int i = 0; i < 4; i++)
        {
            TimeSpan next = tester.Endpoint.NextTimeout - tester.Now;
            tester.Advance(next - TimeSpan.FromMilliseconds(1));
            tester.Endpoint.HandleDatagram(
                tester.Now, new NetworkPath(Tester.IutAddress, Tester.TesterAddress),
                Tester.Packet(tester.IutTag, Chunk.Data(Tester.FirstTsn + 1 + (uint)i, 0, i + 1, [1], 3)));
            tester.Advance(TimeSpan.FromMilliseconds(200));
            while (tester.Take() is { } name)
            {
                wasProbed |= tester.LastPath.Remote == s_second;
                Assert.True(tester.LastPath.Remote == Tester.TesterAddress || name == "HEARTBEAT", name);
                if (name.StartsWith("HEARTBEAT", StringComparison.Ordinal))
                {
                    byte[] ack = [.. tester.LastChunk];
                    ack[0] = 5;
                    tester.SendRaw(Tester.Packet(tester.IutTag, ack), tester.LastPath.Remote);
                }
            }
        }

        Assert.True(wasProbed);
    }

    [Fact, Rfc(9260, "6.1"), Rfc(9260, "7.2.3"), Rfc(9260, "9.2")]
    public void A_probe_that_SHUTDOWN_acknowledges_is_a_probe_no_longer()
    {
        Tester tester = new Tester(s_quiet with { LossRecovery = LossRecovery.MissingReports }).Established();
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 500));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[400], default));
        tester.Nothing().Timeout();
        tester.Expect("DATA").Nothing().Send(Chunk.Shutdown(tester.IutTsn)).Expect("DATA");
        tester.Timeout();
        tester.Expect("DATA");
        Assert.Equal(1240, tester.Iut.GetPaths()[0].CongestionWindow);
    }

    [Fact, Rfc(9260, "6.1"), Rfc(9260, "8.1")]
    public void Data_that_a_full_peer_drops_is_a_probe_when_it_is_sent_again_as_long_as_the_peer_answers()
    {
        Tester tester = new Tester(s_quiet).Established();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1000], default));
        tester.Expect("DATA").Expect("DATA").Send(Chunk.Sack(tester.IutTsn, 0)).Nothing();
        for (int i = 0; i < 30; i++)
        {
            tester.Timeout();
            tester.InState(AssociationState.Established).Expect("DATA").Send(Chunk.Sack(tester.IutTsn, 0)).Nothing();
        }

        tester.Send(Chunk.Sack(tester.IutTsn, 5000)).Expect("DATA");
        Assert.True(tester.Iut.GetPaths()[0].Errors <= 1);
    }

    [Fact, Rfc(9260, "6.10"), Rfc(9260, "8.3")]
    public void A_heartbeat_too_long_to_answer_holds_nothing_else_up()
    {
        Tester tester = TwoPaths();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, [1], default));
        byte[] heartbeat = Tester.Packet(tester.IutTag, Chunk.Heartbeat(new byte[1400]));
        tester.Endpoint.HandleDatagram(tester.Now, new NetworkPath(Tester.IutAddress, s_second), heartbeat);
        tester.Expect("DATA");
    }

    /// <summary>The IUT listened, and has verified the second of the tester's addresses.</summary>
    private static Tester TwoPaths(TimeSpan interval = default)
    {
        Tester tester = new Tester(s_quiet with { HeartbeatInterval = interval }).Accepted(Chunk.IPv4(10, 0, 0, 2), Chunk.IPv4(10, 0, 0, 3));
        tester.Advance(TimeSpan.Zero).Expect("HEARTBEAT");
        Assert.Equal(s_second, tester.LastPath.Remote);
        byte[] ack = [.. tester.LastChunk];
        ack[0] = 5;
        tester.SendRaw(Tester.Packet(tester.IutTag, ack), s_second).Nothing();
        Assert.Equal(PathState.Active, tester.Iut.GetPaths()[1].State);
        return tester;
    }

    /// <summary>All that is sent is acknowledged at once, until the window is large.</summary>
    /// <returns>The last TSN.</returns>
    private static uint Grow(Tester tester)
    {
        uint tsn = tester.IutTsn - 1;
        for (int i = 0; i < 12; i++)
        {
            for (int message = 0; message < 30; message++)
            {
                Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[1224], default));
            }

            while (tester.Iut.BufferedBytes > 0)
            {
                while (tester.TryTake("DATA"))
                {
                    tsn++;
                }

                tester.Send(Chunk.Sack(tsn, 10_000_000));
            }
        }

        return tsn;
    }
}
