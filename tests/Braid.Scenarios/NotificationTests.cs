using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What an application is told (RFC 6458 §6.1), and what it finds beside each message (§5.3).</summary>
public sealed class NotificationTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
    private static readonly AssociationOptions s_failures = s_quiet with { ReportsFailedSends = true };
    private static readonly NetworkAddress s_second = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);

    // ---- Messages that were not delivered ----
    [Fact, Rfc(6458, "6.1.11"), Rfc(9260, "9.1")]
    public void An_abort_gives_back_what_was_not_acknowledged_oldest_first_and_then_closes()
    {
        Pair pair = new Pair(s_failures).Established();
        Send(pair, "acknowledged", default);
        Flush(pair);
        Send(pair, "lost", new SendOptions(2, 9, true, Context: 77));
        pair.Arrow("A -> DATA x Z");
        byte[] full = new byte[20_000];
        pair.A.Send(pair.Now, full, new SendOptions(3));     // as far as the congestion window goes
        pair.DropPending();
        Send(pair, "second", new SendOptions(5));
        Send(pair, "third", new SendOptions(4));
        Send(pair, "fourth", new SendOptions(5));
        Events(pair.A);
        pair.A.Abort(pair.Now, "enough"u8);
        List<AssociationEvent> events = Events(pair.A, disposes: false);
        AssociationEvent.SendFailed[] failed = [.. events.OfType<AssociationEvent.SendFailed>()];
        Assert.Equal(["lost", Encoding.ASCII.GetString(full), "second", "third", "fourth"], failed.Select(send => Encoding.ASCII.GetString(send.Payload.Span)));
        Assert.Equal([true, true, false, false, false], failed.Select(send => send.WasOnWire));
        Assert.Equal(new SendOptions(2, 9, true, Context: 77), failed[0].Options);
        Assert.All(failed, send => Assert.Equal((ushort)CauseCode.UserInitiatedAbort, send.CauseCode));
        Assert.Equal(6, events.Count);
        Assert.IsType<AssociationEvent.Closed>(events[^1]);
        Assert.Equal(5, pair.EndpointA.Buffers.Rented - 1);  // and the ABORT
        Array.ForEach(failed, send => send.Payload.Dispose());
        pair.Exchange();
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    [Fact, Rfc(6458, "6.1.11"), Rfc(6458, "8.1.26")]
    public void Each_part_of_a_record_comes_back_by_itself()
    {
        Pair pair = new Pair(s_failures).Established();
        Send(pair, "acknowledged", new SendOptions(1, 5, MoreFollows: true));
        Flush(pair);
        Send(pair, "one", new SendOptions(1, MoreFollows: true));
        pair.DropPending();
        Send(pair, "two", new SendOptions(1));
        Events(pair.A);
        pair.A.Abort(pair.Now);
        AssociationEvent.SendFailed[] failed = [.. Events(pair.A).OfType<AssociationEvent.SendFailed>()];
        Assert.Equal([(true, true, 5u), (false, false, 5u)], failed.Select(send => (send.WasOnWire, send.Options.MoreFollows, send.Options.Ppid.Value)));
    }

    [Fact, Rfc(6458, "6.1.11")]
    public void Nothing_is_given_back_when_nobody_asked_and_nothing_after_a_shutdown()
    {
        Pair silent = new Pair(s_quiet).Established();
        Send(silent, "lost", default);
        silent.A.Abort(silent.Now);
        Assert.DoesNotContain(Events(silent.A), next => next is AssociationEvent.SendFailed);
        silent.Exchange();
        Assert.Equal(0, silent.EndpointA.Buffers.Rented);

        Pair graceful = new Pair(s_failures).Established();
        Send(graceful, "delivered", default);
        graceful.A.Shutdown(graceful.Now);
        graceful.Exchange();
        Assert.DoesNotContain(Events(graceful.A), next => next is AssociationEvent.SendFailed);
    }

    [Fact, Rfc(6458, "6.1.11"), Rfc(9260, "5.2.4.1")]
    public void A_restart_gives_back_what_was_on_its_way_before_it_is_reported()
    {
        Pair pair = new Pair(s_failures).Established();
        Events(pair.Z);
        pair.Z.Send(pair.Now, "lost"u8, default);
        pair.DropPending();
        Restart(pair, Pair.FromA.Remote);
        Assert.Collection(
            Events(pair.Z),
            next => Assert.True(next is AssociationEvent.SendFailed { WasOnWire: true, CauseCode: 0 }),
            next => Assert.IsType<AssociationEvent.Restarted>(next));
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }

    [Fact, Rfc(6458, "6.1.11"), Rfc(9260, "5.1.1")]
    public void What_waits_on_a_stream_that_the_peer_does_not_allow_comes_back()
    {
        Pair pair = new Pair(s_failures, optionsOfZ: s_quiet with { IncomingStreams = 2 }).Connect();
        Send(pair, "b", new SendOptions(9));
        Send(pair, "kept", new SendOptions(1));
        Send(pair, "a", new SendOptions(2));
        pair.Exchange();
        List<AssociationEvent> events = Events(pair.A, disposes: false);
        AssociationEvent.SendFailed[] failed = [.. events.OfType<AssociationEvent.SendFailed>()];
        Assert.Equal([9, 2], failed.Select(send => (int)send.Options.Stream.Value));
        Assert.All(failed, send => Assert.Equal((false, (ushort)CauseCode.InvalidStreamIdentifier), (send.WasOnWire, send.CauseCode)));
        Array.ForEach(failed, send => send.Payload.Dispose());
        Assert.Equal("kept"u8.ToArray(), pair.Receive(pair.Z));
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    [Fact, Rfc(6458, "6.1.11"), Rfc(6458, "6.1.1")]
    public void A_peer_that_is_not_there_gives_back_what_was_to_be_sent()
    {
        Pair pair = new Pair(s_failures with { MaximumInitRetransmissions = 0 }).Connect();
        Send(pair, "early", default);
        pair.Arrow("A -> INIT x Z").AdvanceToNextTimeout();
        Assert.Collection(
            Events(pair.A),
            next => Assert.True(next is AssociationEvent.SendFailed { WasOnWire: false }),
            next => Assert.True(next is AssociationEvent.Closed { Reason: CloseReason.SetupTimedOut }));
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    // ---- What waits to be sent ----
    [Fact, Rfc(6458, "6.1.9")]
    public void The_sender_is_dry_when_the_last_message_is_acknowledged()
    {
        Pair pair = new Pair(s_quiet with { ReportsSenderDry = true }).Established();
        Events(pair.A);
        Send(pair, "one", default);
        pair.Arrow("A -> DATA -> Z");
        Send(pair, "two", new SendOptions(1));
        pair.Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z");
        Assert.Empty(Events(pair.A));
        Flush(pair);
        Assert.IsType<AssociationEvent.SenderDry>(Assert.Single(Events(pair.A)));
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.DoesNotContain(Events(pair.Z), next => next is AssociationEvent.SenderDry);
    }

    [Fact, Rfc(6458, "6.1.9"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_that_acknowledges_the_last_message_makes_the_sender_dry()
    {
        Pair pair = new Pair(s_quiet with { ReportsSenderDry = true }).Established();
        Send(pair, "warm", default);
        Flush(pair);
        Send(pair, "last", default);
        pair.Arrow("A -> DATA -> Z");
        Events(pair.A);
        pair.Z.Shutdown(pair.Now);
        pair.Exchange();
        Assert.Collection(
            Events(pair.A),
            next => Assert.IsType<AssociationEvent.ShutdownByPeer>(next),
            next => Assert.IsType<AssociationEvent.SenderDry>(next),
            next => Assert.IsType<AssociationEvent.Closed>(next));
    }

    [Fact, Rfc(6458, "6.1.9")]
    public void Nobody_hears_of_a_dry_sender_who_has_not_asked()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", default);
        Flush(pair);
        Assert.DoesNotContain(Events(pair.A), next => next is AssociationEvent.SenderDry);
    }

    [Fact]
    public void The_amount_on_a_stream_falls_when_it_is_sent_and_is_reported_at_its_threshold_once()
    {
        Pair pair = new Pair(s_quiet).Connect();
        Assert.True(pair.A.SetBufferedAmountLowThreshold(1, 1500));
        Send(pair, new string('a', 1000), new SendOptions(1));
        Send(pair, new string('b', 1000), new SendOptions(1));
        Send(pair, new string('c', 1000), new SendOptions(2));
        Send(pair, new string('d', 100), new SendOptions(1));
        Assert.Equal((2100, 1000, 0), (pair.A.BufferedBytesOn(1), pair.A.BufferedBytesOn(2), pair.A.BufferedBytesOn(3)));
        Flush(pair);
        Assert.Equal([new AssociationEvent.BufferedAmountLow(1)], Events(pair.A).Where(next => next is AssociationEvent.BufferedAmountLow));
        Assert.Equal((0, 0), (pair.A.BufferedBytesOn(1), pair.A.BufferedBytesOn(2)));

        // Not from above: nothing. And without a threshold, nothing.
        Send(pair, new string('e', 1500), new SendOptions(1));
        Flush(pair);
        Assert.Empty(Events(pair.A));
        pair.A.SetBufferedAmountLowThreshold(1, null);
        Send(pair, new string('f', 5000), new SendOptions(1));
        Flush(pair);
        Assert.Empty(Events(pair.A));
        Assert.False(pair.A.SetBufferedAmountLowThreshold(2000, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.SetBufferedAmountLowThreshold(1, -1));
    }

    [Fact]
    public void What_waits_for_the_peers_window_is_the_amount_on_its_stream()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { ReceiveBufferSize = 4000 }).Established();
        pair.A.SetBufferedAmountLowThreshold(1, 0);
        pair.A.Send(pair.Now, new byte[100_000], new SendOptions(1));
        Flush(pair);
        long waiting = pair.A.BufferedBytesOn(1);
        Assert.InRange(waiting, 80_000, 99_000);
        Assert.True(pair.A.BufferedBytes >= waiting);
        Assert.DoesNotContain(Events(pair.A), next => next is AssociationEvent.BufferedAmountLow);
        pair.A.Abort(pair.Now);
        Assert.Equal(0, pair.A.BufferedBytesOn(1));
        Assert.DoesNotContain(Events(pair.A), next => next is AssociationEvent.BufferedAmountLow);
    }

    // ---- Adaptation layers ----
    [Fact, Rfc(5061, "4.2.6"), Rfc(6458, "6.1.6"), Rfc(6458, "8.1.10")]
    public void Both_sides_learn_the_others_adaptation_layer_right_after_the_association_is_up()
    {
        var pair = new Pair(s_quiet with { AdaptationIndication = 0x01020304 }, optionsOfZ: s_quiet with { AdaptationIndication = 0 });
        pair.Connect().Arrow("A -> INIT -> Z");
        Assert.Equal([0xC0, 6, 0, 8, 1, 2, 3, 4], pair.LastPacket[^8..]);
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal([0xC0, 6, 0, 8, 0, 0, 0, 0], pair.LastPacket[^8..]);
        Assert.Equal((0, 0), (pair.EndpointZ.AssociationCount, pair.EndpointZ.Buffers.Rented));
        pair.Exchange();
        Assert.Equal((0u, 0x01020304u), (pair.A.PeerAdaptation, pair.Z.PeerAdaptation));
        Assert.Collection(
            Events(pair.A),
            next => Assert.IsType<AssociationEvent.Established>(next),
            next => Assert.Equal(new AssociationEvent.AdaptationIndication(0), next));
        Assert.Collection(
            Events(pair.Z),
            next => Assert.IsType<AssociationEvent.Established>(next),
            next => Assert.Equal(new AssociationEvent.AdaptationIndication(0x01020304), next));
    }

    [Fact, Rfc(5061, "4.2.6"), Rfc(6458, "6.1.6")]
    public void Without_one_nothing_is_sent_nor_reported_and_one_of_a_wrong_length_is_ignored()
    {
        Pair pair = new Pair(s_quiet).Established();
        Assert.Null(pair.A.PeerAdaptation);
        Assert.IsType<AssociationEvent.Established>(Assert.Single(Events(pair.A)));

        var other = new Pair(s_quiet);
        other.Connect().Arrow("A -> INIT x Z");
        other.InjectToZ(Packets.WithParameters(other.LastPacket, [0xC0, 6, 0, 6, 1, 2])).Exchange();
        Assert.Equal(AssociationState.Established, other.Z.State);
        Assert.Null(other.Z.PeerAdaptation);
        Assert.IsType<AssociationEvent.Established>(Assert.Single(Events(other.Z)));
    }

    [Fact, Rfc(5061, "4.2.6"), Rfc(5062, "9.3")]
    public void An_INIT_ACK_with_one_is_still_no_longer_than_three_INITs()
    {
        var pair = new Pair(s_quiet with { AdaptationIndication = 1 });
        byte[] bare = Packets.Init(5);
        pair.InjectToZ(bare).Arrow("A x INIT ACK <- Z");
        Assert.True(pair.LastPacket.Length <= 3 * bare.Length, $"{pair.LastPacket.Length} for {bare.Length}");
        byte[] longer = Packets.WithParameters(bare, [0xC0, 6, 0, 8, 1, 2, 3, 4]);
        pair.InjectToZ(longer).Arrow("A x INIT ACK <- Z");
        Assert.True(pair.LastPacket.Length <= 3 * longer.Length, $"{pair.LastPacket.Length} for {longer.Length}");
    }

    [Fact, Rfc(5061, "4.2.6"), Rfc(6458, "6.1.6"), Rfc(9260, "5.2.4.1")]
    public void A_restart_brings_the_new_adaptation_layer()
    {
        Pair pair = new Pair(s_quiet with { AdaptationIndication = 1 }).Established();
        Events(pair.Z);
        Restart(pair, Pair.FromA.Remote, s_quiet with { AdaptationIndication = 2 });
        Assert.Equal(2u, pair.Z.PeerAdaptation);
        Assert.Collection(
            Events(pair.Z),
            next => Assert.IsType<AssociationEvent.Restarted>(next),
            next => Assert.Equal(new AssociationEvent.AdaptationIndication(2), next));
    }

    // ---- The association and its addresses ----
    [Fact, Rfc(6458, "6.1.1")]
    public void The_five_states_of_SCTP_ASSOC_CHANGE_can_be_told_apart()
    {
        Pair pair = new Pair(s_quiet with { OutgoingStreams = 7 }).Established();
        Assert.Equal(("COMM_UP", "COMM_UP"), (States(pair.A), States(pair.Z)));
        Restart(pair, Pair.FromA.Remote, s_quiet with { OutgoingStreams = 5 });
        AssociationEvent.Restarted restarted = Events(pair.Z).OfType<AssociationEvent.Restarted>().Single();
        Assert.Equal((7, 5), (restarted.OutgoingStreams, restarted.IncomingStreams));

        Pair graceful = new Pair(s_quiet).Established();
        graceful.A.Shutdown(graceful.Now);
        graceful.Exchange();
        Assert.Equal(("COMM_UP SHUTDOWN_COMP", "COMM_UP SHUTDOWN_COMP"), (States(graceful.A), States(graceful.Z)));

        Pair lost = new Pair(s_quiet).Established();
        lost.A.Abort(lost.Now);
        lost.Exchange();
        Assert.Equal(("COMM_UP COMM_LOST", "COMM_UP COMM_LOST"), (States(lost.A), States(lost.Z)));

        Pair refused = new Pair(s_quiet);
        refused.EndpointZ.ClosePort(refused.EndpointZ.Options.LocalPort);
        refused.Connect().Exchange();
        Assert.Equal("CANT_STR_ASSOC", States(refused.A));
    }

    [Fact, Rfc(6458, "6.1.2"), Rfc(9260, "5.4"), Rfc(9260, "8.2")]
    public void An_address_is_confirmed_once_then_unreachable_then_available_again()
    {
        Pair pair = new Pair(
            s_quiet, optionsOfZ: s_quiet with { HeartbeatInterval = TimeSpan.FromSeconds(5), MaximumPathRetransmissions = 0 }).Connect();
        pair.Arrow("A -> INIT x Z");
        pair.InjectToZ(Packets.WithAddresses(pair.LastPacket, s_second)).Arrow("A <- INIT ACK <- Z");
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Events(pair.Z);
        Probe(pair, answers: true);
        Probe(pair, answers: false);
        Probe(pair, answers: true);
        Assert.Equal(
            [PathChange.Confirmed, PathChange.Unreachable, PathChange.Available],
            Events(pair.Z).OfType<AssociationEvent.PathChanged>().Where(path => path.Path.Remote == s_second).Select(path => path.Change));
    }

    [Fact, Rfc(6458, "6.1.2"), Rfc(9260, "5.2.4.1")]
    public void A_restart_from_fewer_addresses_removes_the_others_and_may_change_the_primary_one()
    {
        Pair pair = new Pair(s_quiet).Connect();
        pair.Arrow("A -> INIT x Z");
        pair.InjectToZ(Packets.WithAddresses(pair.LastPacket, s_second)).Exchange();
        Probe(pair, answers: true);                          // else a packet from there would be a stranger's
        Events(pair.Z);
        Restart(pair, s_second);
        AssociationEvent[] events = [.. Events(pair.Z)];
        Assert.Equal(PathChange.Removed, Assert.IsType<AssociationEvent.PathChanged>(events[0]).Change);
        Assert.Equal(Pair.FromA.Remote, ((AssociationEvent.PathChanged)events[0]).Path.Remote);
        Assert.IsType<AssociationEvent.Restarted>(events[1]);
        Assert.Equal(PathChange.MadePrimary, Assert.IsType<AssociationEvent.PathChanged>(events[2]).Change);
        Assert.Equal((s_second, s_second), (((AssociationEvent.PathChanged)events[2]).Path.Remote, pair.Z.PrimaryPath.Remote));
    }

    // ---- Beside each message ----
    [Fact, Rfc(6458, "5.3.5")]
    public void A_message_knows_its_TSN_and_the_cumulative_one_when_it_was_taken()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "lost", new SendOptions(1));
        pair.Arrow("A -> DATA x Z");
        Tsn first = Packets.TsnOf(pair.LastPacket);
        Send(pair, "ahead", new SendOptions(2));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? ahead));
        Assert.Equal((first + 1, first.Previous), (ahead.Tsn, ahead.CumulativeTsn));
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? late));
        Assert.Equal((first, first + 1), (late.Tsn, late.CumulativeTsn));
        ahead.Dispose();
        late.Dispose();
    }

    [Fact, Rfc(6458, "5.3.5"), Rfc(9260, "5.2.4.1")]
    public void A_message_from_before_a_restart_keeps_the_TSNs_of_its_time()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "before", default);
        pair.Arrow("A -> DATA -> Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        Restart(pair, Pair.FromA.Remote);
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? message));
        Assert.Equal((tsn, tsn), (message.Tsn, message.CumulativeTsn));
        message.Dispose();
    }

    [Fact]
    public void An_object_that_has_become_another_message_has_another_generation()
    {
        Pair pair = new Pair(s_quiet).Established();
        Send(pair, "one", default);
        Flush(pair);
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? first));
        uint generation = first.Generation;
        Assert.Equal(generation, first.Generation);
        first.Dispose();
        Assert.NotEqual(generation, first.Generation);
        uint after = first.Generation;
        first.Dispose();
        Assert.Equal(after, first.Generation);               // disposing again is nothing
        Send(pair, "two", default);
        Flush(pair);
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? second));
        Assert.Same(first, second);
        Assert.Equal(after, second.Generation);
        second.Dispose();
    }

    private static void Send(Pair pair, string text, in SendOptions options) =>
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, Encoding.ASCII.GetBytes(text), options));

    private static void Flush(Pair pair) => pair.Exchange().Advance(TimeSpan.FromMilliseconds(200)).Exchange();

    private static List<AssociationEvent> Events(Association association, bool disposes = true)
    {
        var events = new List<AssociationEvent>();
        while (association.TryGetEvent(out AssociationEvent? next))
        {
            events.Add(next);
            if (disposes)
            {
                (next as AssociationEvent.SendFailed)?.Payload.Dispose();
            }
        }

        return events;
    }

    /// <summary>What a sockets API calls the events.</summary>
    private static string States(Association association)
    {
        var states = new List<string>();
        foreach (AssociationEvent next in Events(association))
        {
            states.AddRange(next switch
            {
                AssociationEvent.Established => ["COMM_UP"],
                AssociationEvent.Restarted => ["RESTART"],
                AssociationEvent.Closed when !states.Contains("COMM_UP") => ["CANT_STR_ASSOC"],
                AssociationEvent.Closed { Reason: CloseReason.Shutdown } => ["SHUTDOWN_COMP"],
                AssociationEvent.Closed => ["COMM_LOST"],
                _ => Array.Empty<string>(),
            });
        }

        return string.Join(' ', states);
    }

    /// <summary>A machine that knows nothing of A's association sets one up, from an address that Z takes for A's.</summary>
    private static void Restart(Pair pair, NetworkAddress from, AssociationOptions? options = null)
    {
        var reborn = new Endpoint(new EndpointOptions { LocalPort = Pair.PortA, Association = options ?? s_quiet }, new SeededRandom(99));
        Association association = reborn.Connect(pair.Now, Pair.PortZ, new NetworkPath(from, Pair.FromZ.Remote));
        var buffer = new byte[65536];
        for (int i = 0; i < 4; i++)
        {
            while (reborn.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                pair.EndpointZ.HandleDatagram(pair.Now, new NetworkPath(Pair.FromA.Local, from), buffer.AsSpan(0, datagram.Length));
            }

            while (pair.EndpointZ.TryGetDatagram(pair.Now, buffer, out OutgoingDatagram datagram))
            {
                reborn.HandleDatagram(pair.Now, new NetworkPath(from, Pair.FromZ.Remote), buffer.AsSpan(0, datagram.Length));
            }
        }

        Assert.Equal(AssociationState.Established, association.State);
    }

    /// <summary>Lets time pass in which Z asks all addresses whether they are there, and A answers or not.</summary>
    private static void Probe(Pair pair, bool answers)
    {
        for (int i = 0; i < 30; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1));
            foreach (byte[] heartbeat in pair.TakeFromZ().Where(packet => answers && PacketText.Name(packet) == "HEARTBEAT"))
            {
                pair.InjectToA(heartbeat).Arrow("A -> HEARTBEAT ACK -> Z");
            }
        }
    }
}
