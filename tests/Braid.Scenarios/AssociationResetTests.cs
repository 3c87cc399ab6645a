using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.Resets;

namespace Braid.Scenarios;

/// <summary>TSNs and all streams begin anew (RFC 6525 §5.1.4), and what is on its way meanwhile.</summary>
public sealed class AssociationResetTests
{
    [Fact, Rfc(6525, "5.1.4"), Rfc(6525, "5.2.4"), Rfc(6525, "5.2.7"), Rfc(6525, "4.3"), Rfc(6525, "5.1.7"), Rfc(6525, "6.1.2"), Rfc(6525, "A")]
    public void TSNs_and_all_streams_begin_anew()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        Send(pair, pair.Z, 1, "one");
        pair.Exchange();
        Read(pair, pair.A);
        Read(pair, pair.Z);
        Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetAssociation(pair.Now, 8));
        Send(pair, pair.A, 1, "two");
        pair.Arrow("A -> RE-CONFIG -> Z");
        Send(pair, pair.Z, 1, "two");
        pair.Arrow("A <- RE-CONFIG, SACK <- Z");
        ReconfigurationResponseParameter response = Response(pair.LastPacket);
        pair.Arrow("A -> SACK, DATA -> Z");
        Assert.Equal((0, response.ReceiverNext!.Value), (SsnOf(pair.LastPacket, 1), TsnOf(pair.LastPacket, 1)));
        pair.Exchange().NothingPending();
        AssociationEvent.AssociationReset atA = Events(pair.A).OfType<AssociationEvent.AssociationReset>().Single();
        AssociationEvent.AssociationReset atZ = Events(pair.Z).OfType<AssociationEvent.AssociationReset>().Single();
        Assert.Equal((atA.LocalTsn, atA.RemoteTsn, 8u, true), (atZ.RemoteTsn, atZ.LocalTsn, atA.Context, atA.IsDone));
        Assert.Equal(["two"], Read(pair, pair.A));
        Assert.Equal(["two"], Read(pair, pair.Z));
        Assert.Equal(ReconfigurationStatus.TooSoon, pair.A.ResetAssociation(pair.Now));
        pair.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(ReconfigurationStatus.Started, pair.A.ResetAssociation(pair.Now));
    }

    [Fact, Rfc(6525, "5.1.4"), Rfc(6525, "5.2.4")]
    public void A_reset_of_the_association_loses_nothing_that_is_outstanding()
    {
        Pair pair = New();
        Send(pair, pair.Z, 1, "of Z");
        pair.Arrow("A x DATA <- Z");
        Send(pair, pair.A, 1, "of A");
        pair.Arrow("A -> DATA x Z");
        pair.A.ResetAssociation(pair.Now);
        pair.NothingPending();                               // C2
        Send(pair, pair.A, 1, "after");
        pair.AdvanceToNextTimeout();
        pair.Exchange().NothingPending();
        Assert.Equal(["of Z"], Read(pair, pair.A));
        Assert.Equal(["of A"], Read(pair, pair.Z));
        Assert.Single(Events(pair.Z).OfType<AssociationEvent.AssociationReset>());
        Assert.Single(Events(pair.A).OfType<AssociationEvent.AssociationReset>());
        Assert.Equal(["after"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.2.7")]
    public void Data_that_overtakes_the_answer_to_a_reset_of_the_association_is_taken_after_it()
    {
        Pair pair = New();
        Send(pair, pair.Z, 1, "one");
        Send(pair, pair.Z, 1, "two");
        pair.Exchange();
        pair.A.ResetAssociation(pair.Now);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A x RE-CONFIG <- Z");
        Send(pair, pair.Z, 1, "three");
        Send(pair, pair.Z, 2, "first");                      // its number says nothing of the reset
        pair.Arrow("A x RE-CONFIG, DATA, DATA <- Z");        // one who does not repeat the answer has sent the data without it
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        DataHeader[] data = [Data(pair.LastPacket, 1), Data(pair.LastPacket, 2)];
        pair.InjectToA(Packets.ToA(tag, (ref PacketWriter packet) =>
        {
            DataChunk.Write(ref packet, data[0], "three"u8);
            DataChunk.Write(ref packet, data[1], "first"u8);
        }));
        pair.Exchange();                                     // it is missing, and comes again: with the answer
        List<string> before = Read(pair, pair.A);
        Assert.Single(Events(pair.A).OfType<AssociationEvent.AssociationReset>());
        List<string> after = Read(pair, pair.A);
        Assert.Equal(["first", "one", "three", "two"], before.Concat(after).Order(StringComparer.Ordinal));
        Assert.Equal("three", after[^1]);
        Send(pair, pair.Z, 1, "four");
        Send(pair, pair.Z, 2, "second");
        pair.Exchange();
        Assert.Equal(["four", "second"], Read(pair, pair.A));
    }

    [Fact, Rfc(6525, "5.2.4"), Rfc(6525, "4.4")]
    public void Both_sides_reset_the_association_at_once_and_neither_does()
    {
        Pair pair = New();
        pair.A.ResetAssociation(pair.Now);
        pair.Z.ResetAssociation(pair.Now);
        pair.Exchange().NothingPending();
        Assert.Equal(ReconfigurationResult.AlreadyInProgress, Events(pair.A).OfType<AssociationEvent.AssociationReset>().Single().Result);
        Assert.Equal(ReconfigurationResult.AlreadyInProgress, Events(pair.Z).OfType<AssociationEvent.AssociationReset>().Single().Result);
        Send(pair, pair.A, 1, "goes on");
        pair.Exchange();
        Assert.Equal(["goes on"], Read(pair, pair.Z));
    }

    [Fact, Rfc(6525, "5.2.4")]
    public void A_SACK_of_before_an_association_reset_that_comes_late_is_outdated()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        byte[] late = pair.LastPacket;
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Exchange();
        Read(pair, pair.Z);
        Events(pair.A);
        Events(pair.Z);
        Send(pair, pair.A, 1, "two");
        pair.Exchange().InjectToA(late).NothingPending();
        Assert.Equal((AssociationState.Established, 1), (pair.A.State, pair.EndpointA.Drops[DropReason.OutdatedSack]));
    }

    [Fact, Rfc(6525, "5.2.4"), Rfc(6525, "5.1.4"), Rfc(9260, "6.2.1")]
    public void A_SACK_of_what_was_never_sent_is_outdated_only_for_as_long_as_one_of_before_the_reset_may_come()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        byte[] late = pair.LastPacket;
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Exchange();
        Events(pair.Z);
        Send(pair, pair.A, 1, "two");
        pair.Exchange().Advance(TimeSpan.FromSeconds(30));
        pair.InjectToA(late);
        Assert.Equal(CloseReason.ProtocolViolation, Events(pair.A).OfType<AssociationEvent.Closed>().Single().Reason);
    }

    [Fact, Rfc(6525, "5.2.7"), Rfc(9260, "6.2.1")]
    public void A_reset_of_streams_or_of_the_peers_TSNs_makes_no_SACK_of_what_was_never_sent_outdated()
    {
        Pair pair = New();
        Send(pair, pair.A, 1, "one");
        pair.Arrow("A -> DATA -> Z");
        (VerificationTag tag, Tsn sent) = (Packets.TagOf(pair.LastPacket), TsnOf(pair.LastPacket, 0));
        pair.Exchange();
        pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Exchange();
        Events(pair.Z);
        pair.A.ResetAssociation(pair.Now);                   // Z's TSNs go on
        pair.Exchange();
        Assert.Single(Events(pair.Z).OfType<AssociationEvent.AssociationReset>(), reset => reset.IsDone);
        Send(pair, pair.Z, 1, "of Z");
        pair.Arrow("A <- RE-CONFIG, DATA <- Z");
        Tsn next = TsnOf(pair.LastPacket, 1).Next;
        pair.InjectToZ(Packets.ToZ(tag, (ref PacketWriter packet) => SackChunk.Write(ref packet, next, 1000, [], [])));
        Assert.Equal(CloseReason.ProtocolViolation, Events(pair.Z).OfType<AssociationEvent.Closed>().Single().Reason);
        Assert.NotEqual(sent, next);
    }

    [Fact, Rfc(6525, "5.2.4"), Rfc(6525, "5.2.7")]
    public void What_comes_after_a_reset_of_the_association_brings_the_news_of_it_along()
    {
        Pair pair = New();
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A x RE-CONFIG <- Z");
        Send(pair, pair.Z, 4, "after");                      // on a stream that was never used: its SSN says nothing
        pair.Arrow("A <- RE-CONFIG, DATA <- Z");
        Assert.Equal([], Read(pair, pair.A));
        Assert.True(Assert.Single(Events(pair.A).OfType<AssociationEvent.AssociationReset>()).IsDone);
        Assert.Equal(["after"], Read(pair, pair.A));
        Send(pair, pair.Z, 4, "later");
        pair.Arrow("A <- RE-CONFIG, DATA <- Z").Arrow("A -> SACK -> Z").Arrow("A -> SACK -> Z");
        Send(pair, pair.Z, 4, "latest");
        pair.Arrow("A <- DATA <- Z").Exchange();             // A has heard of it
        Assert.Equal(["later", "latest"], Read(pair, pair.A));
    }

    [Fact, Rfc(6525, "5.2.7")]
    public void The_answer_to_a_reset_of_the_association_waits_until_the_last_reset_was_taken_notice_of()
    {
        Pair pair = New(Options with { LossRecovery = LossRecovery.MissingReports });
        Send(pair, pair.Z, 1, "first");
        pair.Z.ResetStreams(pair.Now, [1], ResetDirection.Outgoing);
        pair.Exchange();
        Read(pair, pair.A);
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG <- Z").NothingPending();
        Send(pair, pair.Z, 4, "after");
        pair.Arrow("A <- RE-CONFIG, DATA <- Z").Exchange();
        AssertReset(pair.A, true, [1], ReconfigurationResult.Performed);
        Assert.Equal([], Read(pair, pair.A));                // not before the news
        pair.Exchange();
        Assert.True(Assert.Single(Events(pair.A).OfType<AssociationEvent.AssociationReset>()).IsDone);
        pair.AdvanceToNextTimeout();                         // it was not acknowledged: T3-rtx
        pair.Exchange();
        Assert.Equal(["after"], Read(pair, pair.A));
    }

    [Fact, Rfc(6525, "5.1.4"), Rfc(9260, "9.2")]
    public void A_shutdown_waits_for_the_answer_to_an_association_reset_for_only_that_says_which_numbers_are_new()
    {
        Pair pair = New(Options with { LossRecovery = LossRecovery.MissingReports });
        Send(pair, pair.Z, 1, "before");
        pair.Exchange();
        pair.A.ResetAssociation(pair.Now, 3);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A x RE-CONFIG <- Z");
        Send(pair, pair.Z, 1, "after");                      // its SSN is 0 again
        pair.A.Shutdown(pair.Now);
        pair.DropPending().NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Assert.Equal(["before"], Read(pair, pair.A));
        List<AssociationEvent> events = Events(pair.A);
        while (pair.A.State != AssociationState.Closed)
        {
            pair.AdvanceToNextTimeout();                     // what was lost comes again
            pair.Exchange();
        }

        Assert.Equal(["after"], Read(pair, pair.A));
        Assert.True(Assert.Single(events.OfType<AssociationEvent.AssociationReset>()).IsDone);
        Assert.Equal(CloseReason.Shutdown, events.Concat(Events(pair.A)).OfType<AssociationEvent.Closed>().Single().Reason);
    }
}
