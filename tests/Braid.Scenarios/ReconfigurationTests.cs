using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.Resets;

namespace Braid.Scenarios;

/// <summary>Streams are reset and added while the association lives (RFC 6525); <see cref="AssociationResetTests"/> has the TSNs.</summary>
public sealed class ReconfigurationTests
{
    [Fact, Rfc(6525, "5.1.2"), Rfc(6525, "5.2.2"), Rfc(6525, "5.2.7"), Rfc(6525, "A")]
    public void Outgoing_streams_begin_anew()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        Send(pair, pair.A, 3, "other");
        pair.Exchange();
        Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetStreams(pair.Now, [1, 2], ResetDirection.Outgoing, 77));
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG, SACK <- Z").NothingPending();
        Assert.Equal(["one", "other"], Read(pair, pair.Z));
        AssertReset(pair.A, false, [1, 2], ReconfigurationResult.Performed, 77);
        AssertReset(pair.Z, true, [1, 2], ReconfigurationResult.Performed);
        Send(pair, pair.A, 1, "two");
        Send(pair, pair.A, 3, "other two");
        pair.Arrow("A -> DATA, DATA -> Z");
        Assert.Equal((0, 1), (SsnOf(pair.LastPacket, 0), SsnOf(pair.LastPacket, 1)));
        Assert.Equal(["two", "other two"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.1.2"), Rfc(6525, "4.1")]
    public void What_is_accepted_before_the_reset_goes_out_before_it_and_what_is_accepted_after_it_waits()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "before");
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        Send(pair, pair.A, 1, "after");
        Send(pair, pair.A, 2, "elsewhere");
        pair.Arrow("A -> DATA, DATA -> Z");
        pair.Arrow("A -> RE-CONFIG -> Z");
        pair.Arrow("A <- SACK <- Z").Arrow("A <- RE-CONFIG, SACK <- Z");
        Assert.Equal(["before", "elsewhere"], Read(pair, pair.Z));
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(0, SsnOf(pair.LastPacket, 0));
        pair.Exchange();
        Assert.Equal([], Read(pair, pair.Z));                // not before the news
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);
        Assert.Equal(["after"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.2.2"), Rfc(6525, "5.2.7"), Rfc(6525, "5.2.1")]
    public void A_reset_waits_for_the_data_before_it_and_says_so()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "before");
        pair.Arrow("A -> DATA x Z");
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG <- Z");
        Assert.Equal(ReconfigurationResult.InProgress, Response(pair.LastPacket).Result);
        Assert.Empty(Events(pair.Z).OfType<AssociationEvent.StreamsReset>());
        Send(pair, pair.A, 1, "after");
        pair.AdvanceToNextTimeout();                         // T3-rtx and the reconfiguration timer
        pair.Arrow("A -> RE-CONFIG, DATA -> Z").Arrow("A <- RE-CONFIG, SACK <- Z").Arrow("A -> DATA -> Z");
        Assert.Equal(["before"], Read(pair, pair.Z));
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);
        Assert.Equal(["after"], Read(pair, pair.Z));
        AssertReset(pair.A, false, [1], ReconfigurationResult.Performed);
    }

    [Fact, Rfc(6525, "5.2.7"), Rfc(6525, "5.1.1")]
    public void A_peer_that_is_at_work_is_asked_again_without_counting_it_as_a_failure()
    {
        Pair pair = New(Options with { MaximumRetransmissions = 2 });
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        for (int i = 0; i < 6; i++)
        {
            pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG <- Z");
            Assert.Equal(ReconfigurationResult.InProgress, Response(pair.LastPacket).Result);
            Assert.Equal(1000, pair.AdvanceToNextTimeout().TotalMilliseconds);
        }

        pair.Exchange();
        Assert.Equal(AssociationState.Established, pair.A.State);
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);         // only now does the application hear of the first
        pair.Exchange();
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);
        Assert.Equal(2, Events(pair.A).OfType<AssociationEvent.StreamsReset>().Count(reset => reset.IsDone));
    }

    [Fact, Rfc(6525, "5.1.1")]
    public void A_lost_request_is_sent_again_and_the_answer_to_one_that_has_come_twice_is_the_same()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Arrow("A -> RE-CONFIG x Z");
        Assert.Equal(1000, pair.AdvanceToNextTimeout().TotalMilliseconds);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A x RE-CONFIG, SACK <- Z");
        Assert.Equal(2000, pair.AdvanceToNextTimeout().TotalMilliseconds);      // backed off
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG, SACK <- Z").NothingPending();
        Assert.Equal(ReconfigurationResult.Performed, Response(pair.LastPacket).Result);
        Assert.Single(Events(pair.Z).OfType<AssociationEvent.StreamsReset>());
        AssertReset(pair.A, false, [1], ReconfigurationResult.Performed);
    }

    [Fact, Rfc(6525, "5.1.1")]
    public void A_peer_that_never_answers_is_unreachable()
    {
        Pair pair = New(Options with { MaximumRetransmissions = 2 });
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        for (int i = 0; i < 3; i++)
        {
            pair.Arrow("A -> RE-CONFIG x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Closed, pair.A.State);
        Assert.Equal(CloseReason.PeerUnreachable, Events(pair.A).OfType<AssociationEvent.Closed>().Single().Reason);
    }

    [Fact, Rfc(6525, "5.1.3"), Rfc(6525, "5.2.3"), Rfc(6525, "4.2"), Rfc(6525, "A")]
    public void Incoming_streams_begin_anew_when_the_peer_resets_them()
    {
        Pair pair = New();
        Send(pair, pair.Z, 1, "one");
        pair.Exchange();
        Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetStreams(pair.Now, [1, 2], ResetDirection.Incoming, 5));
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG <- Z").Arrow("A -> RE-CONFIG, SACK -> Z").NothingPending();
        Assert.Equal(["one"], Read(pair, pair.A));
        AssertReset(pair.A, true, [1, 2], ReconfigurationResult.Performed, 5);
        AssertReset(pair.Z, false, [1, 2], ReconfigurationResult.Performed);
        Send(pair, pair.Z, 1, "two");
        pair.Arrow("A <- DATA <- Z");
        Assert.Equal(0, SsnOf(pair.LastPacket, 0));
        Assert.Equal(["two"], Read(pair, pair.A));
    }

    [Fact, Rfc(6525, "5.1.3"), Rfc(6525, "3.1"), Rfc(6525, "A")]
    public void All_streams_both_ways_take_three_chunks()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "of A");
        Send(pair, pair.Z, 2, "of Z");
        pair.Exchange();
        Read(pair, pair.A);
        Read(pair, pair.Z);
        pair.A.ResetStreams(pair.Now, [], ResetDirection.Both, 9);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG, SACK <- Z").Arrow("A -> RE-CONFIG, SACK -> Z").NothingPending();
        Assert.Equal([(false, 9u), (true, 9u)], Events(pair.A).OfType<AssociationEvent.StreamsReset>().Select(reset => (reset.IsIncoming, reset.Context)));
        Assert.Equal([true, false], Events(pair.Z).OfType<AssociationEvent.StreamsReset>().Select(reset => reset.IsIncoming));
        Send(pair, pair.A, 1, "again");
        Send(pair, pair.Z, 2, "again");
        pair.Exchange();
        Assert.Equal(["again"], Read(pair, pair.A));
        Assert.Equal(["again"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.2.3")]
    public void There_is_nothing_to_do_for_streams_that_were_not_used_since()
    {
        Pair pair = New();
        pair.A.ResetStreams(pair.Now, [4], ResetDirection.Incoming, 6);
        pair.Exchange().NothingPending();
        AssertReset(pair.A, true, [4], ReconfigurationResult.NothingToDo, 6);
        Assert.Empty(Events(pair.Z).OfType<AssociationEvent.StreamsReset>());
    }

    [Fact, Rfc(6525, "5.2.3"), Rfc(6525, "5.1.3")]
    public void Both_sides_at_once_both_ways()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "of A");
        Send(pair, pair.Z, 1, "of Z");
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Both, 1);
        pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Both, 2);
        pair.Exchange().NothingPending();
        Assert.All(Events(pair.A).OfType<AssociationEvent.StreamsReset>(), reset => Assert.True(reset.IsDone));
        Assert.All(Events(pair.Z).OfType<AssociationEvent.StreamsReset>(), reset => Assert.True(reset.IsDone));
        Assert.Equal(["of Z"], Read(pair, pair.A));
        Assert.Equal(["of A"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.2.3"), Rfc(6525, "5.1.1")]
    public void Both_sides_ask_each_other_for_a_reset_and_neither_waits_for_ever()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "of A");
        Send(pair, pair.Z, 2, "of Z");
        pair.Exchange();
        Read(pair, pair.A);
        Read(pair, pair.Z);
        pair.A.ResetStreams(pair.Now, [2], ResetDirection.Incoming, 1);
        pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Incoming, 2);
        pair.Exchange().NothingPending();
        Assert.Equal(
            [(true, 1u), (false, 0u)],
            Events(pair.A).OfType<AssociationEvent.StreamsReset>().OrderByDescending(reset => reset.Context).Select(reset => (reset.IsIncoming, reset.Context)));
        Assert.Contains(Events(pair.Z).OfType<AssociationEvent.StreamsReset>(), reset => reset is { IsIncoming: true, Context: 2, IsDone: true });
    }

    [Fact, Rfc(6525, "6.3.1"), Rfc(6525, "5.2.1"), Rfc(6525, "4.4"), Rfc(6525, "7")]
    public void What_the_application_has_not_allowed_is_denied()
    {
        Pair pair = New(Options with { AllowedReconfiguration = ReconfigurationKinds.None });
        Send(pair, pair.A, 1, "one");
        Send(pair, pair.Z, 1, "one");
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Both, 1);
        Send(pair, pair.A, 1, "two");
        pair.A.AddStreams(pair.Now, 1, 2, 2);
        pair.Exchange().NothingPending();
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Exchange().NothingPending();
        List<AssociationEvent> events = Events(pair.A);
        Assert.Equal(2, events.OfType<AssociationEvent.StreamsReset>().Count(reset => reset.Result == ReconfigurationResult.Denied));
        Assert.Equal(2, events.OfType<AssociationEvent.StreamsChanged>().Count(change => change.Result == ReconfigurationResult.Denied));
        Assert.Single(events.OfType<AssociationEvent.AssociationReset>(), reset => reset.Result == ReconfigurationResult.Denied);
        Assert.DoesNotContain(Events(pair.Z), e => e is not AssociationEvent.Established);
        Assert.Equal(["one", "two"], Read(pair, pair.Z));
        Assert.Equal((10, 10), (pair.A.OutgoingStreams, pair.Z.IncomingStreams));
    }

    [Fact, Rfc(6525, "6.3.1")]
    public void What_we_have_asked_for_ourselves_is_allowed()
    {
        Pair pair = New(Options with { AllowedReconfiguration = ReconfigurationKinds.None }, Options);
        Send(pair, pair.Z, 1, "one");
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Incoming);
        pair.A.AddStreams(pair.Now, 0, 3);
        pair.Exchange().NothingPending();
        Read(pair, pair.A);
        pair.Exchange().NothingPending();
        Assert.Contains(Events(pair.A), e => e is AssociationEvent.StreamsReset { IsIncoming: true, IsDone: true });
        Assert.Equal((13, 13), (pair.A.IncomingStreams, pair.Z.OutgoingStreams));
    }

    [Fact, Rfc(6525, "5.1.1"), Rfc(6525, "6.1")]
    public void A_peer_that_does_not_know_the_extension_is_asked_for_nothing()
    {
        Pair pair = New(Options with { Extensions = Extensions.None }, Options);
        Assert.Equal(ReconfigurationStatus.NotSupported, pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Both));
        Assert.Equal(ReconfigurationStatus.NotSupported, pair.Z.ResetAssociation(pair.Now));
        Assert.Equal(ReconfigurationStatus.NotSupported, pair.Z.AddStreams(pair.Now, 1, 0));
        pair.NothingPending();
    }

    [Fact, Rfc(6525, "5.1.5"), Rfc(6525, "5.2.5"), Rfc(6525, "4.5"), Rfc(6525, "6.1.3"), Rfc(6525, "A")]
    public void Outgoing_streams_are_added()
    {
        Pair pair = New();
        Assert.Equal(SendStatus.InvalidStream, pair.A.CanSend(1, new SendOptions(12)));
        Assert.Equal(ReconfigurationStatus.Started, pair.A.AddStreams(pair.Now, 3, 0, 4));
        Assert.Equal(ReconfigurationStatus.InProgress, pair.A.AddStreams(pair.Now, 3, 0));
        pair.Arrow("A -> RE-CONFIG -> Z");
        Assert.Equal(SendStatus.InvalidStream, pair.A.CanSend(1, new SendOptions(12)));      // not before the answer
        pair.Arrow("A <- RE-CONFIG <- Z").NothingPending();
        Assert.Equal(new AssociationEvent.StreamsChanged(false, 13, 10, ReconfigurationResult.Performed, 4), Events(pair.A).OfType<AssociationEvent.StreamsChanged>().Single());
        Assert.Equal(new AssociationEvent.StreamsChanged(true, 10, 13, ReconfigurationResult.Performed, 0), Events(pair.Z).OfType<AssociationEvent.StreamsChanged>().Single());
        Send(pair, pair.A, 12, "new");
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(0, SsnOf(pair.LastPacket, 0));
        Assert.Equal(["new"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.1.6"), Rfc(6525, "5.2.6"), Rfc(6525, "4.6"), Rfc(6525, "6.3.4"), Rfc(6525, "A")]
    public void Streams_are_added_both_ways_up_to_the_limit_of_each_side()
    {
        Pair pair = New();
        pair.A.AddStreams(pair.Now, 90, 3, 4);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG, RE-CONFIG <- Z").Exchange().NothingPending();
        Assert.Equal((100, 13, 13, 100), (pair.A.OutgoingStreams, pair.A.IncomingStreams, pair.Z.OutgoingStreams, pair.Z.IncomingStreams));
        Assert.Equal([(false, 4u), (true, 4u)], Events(pair.A).OfType<AssociationEvent.StreamsChanged>().Select(change => (change.IsIncoming, change.Context)));
        pair.A.AddStreams(pair.Now, 1, 0);                   // more than Z allows
        pair.Exchange();
        Assert.Equal(ReconfigurationResult.Denied, Events(pair.A).OfType<AssociationEvent.StreamsChanged>().Single().Result);
        Assert.Equal(ReconfigurationStatus.TooManyStreams, pair.A.AddStreams(pair.Now, 65436, 0));
        Assert.Equal(100, pair.A.OutgoingStreams);
    }

    [Fact, Rfc(6525, "4"), Rfc(6525, "3.1"), Rfc(6525, "3")]
    public void A_combination_that_does_not_exist_is_a_protocol_violation()
    {
        Pair pair = New();
        VerificationTag tag = TagToZ(pair);
        pair.InjectToZ(ReConfig(tag, (ref ParameterWriter writer) =>
        {
            AssociationResetParameter.TryWrite(ref writer, 1);
            IncomingResetParameter.TryWrite(ref writer, 2, []);
        }));
        pair.Arrow("A <- ERROR <- Z");
        Assert.Equal((ushort)CauseCode.ProtocolViolation, Events(pair.A).OfType<AssociationEvent.RemoteError>().Single().CauseCode);
    }

    [Fact, Rfc(6525, "5.2.1"), Rfc(6525, "4.4")]
    public void A_number_that_is_not_the_next_one_is_refused()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "x");
        pair.Arrow("A -> DATA -> Z");
        Tsn next = TsnOf(pair.LastPacket, 0);
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        pair.Exchange();
        pair.InjectToZ(ReConfig(tag, (ref ParameterWriter writer) => new AddStreamsParameter(next.Value + 1, 1).TryWrite(ref writer, ParameterType.AddOutgoingStreamsRequest)));
        pair.Arrow("A x RE-CONFIG, SACK <- Z");
        Assert.Equal(ReconfigurationResult.BadSequenceNumber, Response(pair.LastPacket).Result);
        pair.InjectToZ(ReConfig(tag, (ref ParameterWriter writer) => OutgoingResetParameter.TryWrite(ref writer, next.Value, 0, next, [99])));
        pair.Arrow("A x RE-CONFIG, SACK <- Z");
        Assert.Equal(ReconfigurationResult.WrongStream, Response(pair.LastPacket).Result);
    }

    [Fact, Rfc(6525, "6.3.2"), Rfc(6525, "5.1.2")]
    public void What_cannot_be_asked_for_is_refused_at_once()
    {
        Pair pair = New(Options with { OutgoingStreams = 2000, IncomingStreams = 2000 });
        Assert.Equal(ReconfigurationStatus.InvalidStream, pair.A.ResetStreams(pair.Now, [2000], ResetDirection.Outgoing));
        Assert.Equal(ReconfigurationStatus.InvalidStream, pair.A.ResetStreams(pair.Now, [2000], ResetDirection.Incoming));
        StreamId[] many = [.. Enumerable.Range(0, 700).Select(i => new StreamId((ushort)i))];
        Assert.Equal(ReconfigurationStatus.TooManyStreams, pair.A.ResetStreams(pair.Now, many, ResetDirection.Outgoing));
        Assert.Equal(ReconfigurationStatus.TooManyStreams, pair.A.ResetStreams(pair.Now, many.AsSpan(0, 400), ResetDirection.Both));
        Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetStreams(pair.Now, many.AsSpan(0, 270), ResetDirection.Both));
        Assert.Equal(ReconfigurationStatus.InProgress, pair.A.ResetStreams(pair.Now, [3], ResetDirection.Outgoing));
        Assert.Equal(ReconfigurationStatus.InProgress, pair.A.ResetAssociation(pair.Now));
        pair.Exchange();
        Assert.Equal(270, Events(pair.Z).OfType<AssociationEvent.StreamsReset>().Single().Streams.Count);
        pair.A.Shutdown(pair.Now);
        Assert.Equal(ReconfigurationStatus.NotEstablished, pair.A.ResetStreams(pair.Now, [3], ResetDirection.Outgoing));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.ResetStreams(pair.Now, [3], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.AddStreams(pair.Now, 0, 0));
    }

    [Fact, Rfc(6525, "5.1.1")]
    public void Requests_go_one_after_the_other_and_single_streams_together()
    {
        Pair pair = New();
        for (ushort i = 0; i < 5; i++)
        {
            Send(pair, pair.A, i, "x");
            Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetStreams(pair.Now, [i], ResetDirection.Outgoing, i + 1u));
        }

        pair.A.AddStreams(pair.Now, 1, 0);
        pair.Arrow("A -> DATA, DATA, DATA, DATA, DATA -> Z").Arrow("A -> RE-CONFIG -> Z").Arrow("A <- SACK <- Z");
        pair.Arrow("A <- RE-CONFIG, SACK <- Z").Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG, SACK <- Z").NothingPending();
        Assert.Equal([1u, 2u, 3u, 4u, 5u], Events(pair.A).OfType<AssociationEvent.StreamsReset>().Select(reset => reset.Context));
    }

    [Fact, Rfc(6525, "5.1.2")]
    public void A_reset_waits_for_the_end_of_a_record()
    {
        Pair pair = New();
        pair.A.Send(pair.Now, "be"u8, new SendOptions(1, MoreFollows: true));
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Arrow("A -> DATA -> Z").Exchange().NothingPending();
        pair.A.Send(pair.Now, "fore"u8, new SendOptions(1));
        Send(pair, pair.A, 1, "after");
        pair.Arrow("A -> DATA -> Z").Exchange().NothingPending();
        Assert.Equal(["before"], Read(pair, pair.Z));
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);
        Assert.Equal(["after"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.1.2")]
    public void A_shutdown_waits_for_what_waits_for_a_reset()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "before");
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        Send(pair, pair.A, 1, "after");
        pair.A.Shutdown(pair.Now);
        pair.Exchange();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
        Assert.Equal(["before"], Read(pair, pair.Z));
        AssertReset(pair.Z, true, [1], ReconfigurationResult.Performed);
        Assert.Equal(["after"], Read(pair, pair.Z));
        Assert.Equal(CloseReason.Shutdown, Events(pair.A).OfType<AssociationEvent.Closed>().Single().Reason);
    }

    [Fact, Rfc(6525, "5.1.2")]
    public void A_reset_that_nothing_waits_for_is_given_up_by_a_shutdown()
    {
        Pair pair = New();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing, 3);
        pair.Arrow("A -> RE-CONFIG x Z");
        pair.A.Shutdown(pair.Now);
        pair.Exchange();
        AssertReset(pair.A, false, [1], ReconfigurationResult.GivenUp, 3);
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(6525, "5.2.2"), Rfc(8260, "2.3.2")]
    public void A_reset_does_not_wait_for_a_message_in_parts_on_another_stream_when_messages_are_interleaved()
    {
        AssociationOptions options = Options with { Extensions = Extensions.StreamReconfiguration | Extensions.Interleaving, PartialDeliveryPoint = 1000 };
        Pair pair = new Pair(options, interleaves: true).Established();
        pair.A.Send(pair.Now, new byte[5000], new SendOptions(2, MoreFollows: true));
        Send(pair, pair.A, 1, "one");
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing, 3);
        pair.Exchange();
        AssertReset(pair.A, false, [1], ReconfigurationResult.Performed, 3);
    }

    [Fact, Rfc(6525, "5.1.2")]
    public void A_restart_of_the_peer_ends_what_was_asked_for()
    {
        Pair pair = New();
        Send(pair, pair.Z, 1, "lost");
        pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        Send(pair, pair.Z, 1, "lost, too");
        pair.DropPending();
        pair.InjectToZ(Packets.Init(77));
        pair.Arrow("A x INIT ACK <- Z");
        Assert.True(new ChunkReader(pair.LastPacket.AsSpan(PacketHeader.Length)).TryRead(out ChunkView view));
        Assert.True(InitChunk.TryRead(view, out InitChunk initAck));
        byte[] cookie = CookieOf(initAck);
        pair.InjectToZ(Packets.ToZ(initAck.InitiateTag, (ref PacketWriter packet) => CookieEchoChunk.Write(ref packet, cookie)));
        Assert.Contains(Events(pair.Z), e => e is AssociationEvent.Restarted);
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "new"u8, new SendOptions(1)));
        Assert.Contains(pair.TakeFromZ(), packet => PacketText.Describe(packet).Contains("sid=1 ssn=0 len=3", StringComparison.Ordinal));
        Assert.Equal(ReconfigurationStatus.NotSupported, pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Outgoing));
    }

    private static byte[] CookieOf(in InitChunk initAck)
    {
        ParameterReader parameters = initAck.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            if (parameter.Type == ParameterType.StateCookie)
            {
                return parameter.Value.ToArray();
            }
        }

        throw new InvalidOperationException("There is no cookie.");
    }
}
