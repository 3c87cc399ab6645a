using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Streams are reset and added while the association lives (RFC 6525 §5).</summary>
internal readonly struct ReconfigurationProcedures(Tcb tcb)
{
    private static readonly TimeSpan s_maximumSegmentLifetime = TimeSpan.FromSeconds(30);

    private Transfer Transfer => tcb.Transfer!;

    private ReconfigurationRequests Requests => Transfer.Requests;

    private ReconfigurationAnswers Answers => Transfer.Answers;

    // A chunk with the list in it fits into one packet, beside a response.
    private int MostStreams =>
        (tcb.Paths.MaximumChunk - Tlv.HeaderLength - ReconfigurationResponseParameter.LongestOnWire - OutgoingResetParameter.LengthOnWire(0)) / StreamList.EntryLength;

    /// <summary>
    /// Whether a DATA chunk has to come again, as if it were lost: it was sent after a reset that we have yet to do or to hear of, and
    /// its number would be taken for one of before.
    /// </summary>
    public static bool MustWait(Transfer transfer, in DataChunk data) => transfer.HasBeenReconfigured
        && (IsEarly(transfer, data.Stream, data.Tsn)
        || (MayBeBehind(transfer, data.Stream, data.Tsn, data.Unordered) && transfer.Receiver.Messages.IsBehind(data.Stream, data.Ssn)));

    /// <summary>The same for an I-DATA chunk.</summary>
    public static bool MustWait(Transfer transfer, in InterleavedDataChunk data) => transfer.HasBeenReconfigured
        && (IsEarly(transfer, data.Stream, data.Tsn)
        || (MayBeBehind(transfer, data.Stream, data.Tsn, data.Unordered) && transfer.Receiver.Messages.IsBehind(data.Stream, data.Mid)));

    /// <summary>Our application wants streams to begin anew (§5.1.2, §5.1.3).</summary>
    public ReconfigurationStatus ResetStreams(ReadOnlySpan<StreamId> streams, ResetDirection direction, uint context)
    {
        ReconfigurationStatus status = Check();
        bool isOutgoing = (direction & ResetDirection.Outgoing) != 0;
        bool isIncoming = (direction & ResetDirection.Incoming) != 0;
        int existing = Math.Min(isOutgoing ? tcb.OutgoingStreams : int.MaxValue, isIncoming ? tcb.IncomingStreams : int.MaxValue);
        foreach (StreamId stream in status == ReconfigurationStatus.Started ? streams : [])
        {
            status = stream.Value < existing ? status : ReconfigurationStatus.InvalidStream;
        }

        if (status == ReconfigurationStatus.Started && streams.Length > (direction == ResetDirection.Both ? MostStreams / 2 : MostStreams))
        {
            status = ReconfigurationStatus.TooManyStreams;
        }

        if (status != ReconfigurationStatus.Started)
        {
            return status;
        }

        if ((isIncoming && !Requests.HasRoom) || (isOutgoing && !tcb.Queue.Pause(streams)))
        {
            return ReconfigurationStatus.InProgress;
        }

        StreamId[] list = streams.ToArray();
        var outgoing = new ReconfigurationRequest(ParameterType.OutgoingResetRequest, list, Context: context);
        var incoming = new ReconfigurationRequest(ParameterType.IncomingResetRequest, list, Context: context);
        Requests.Add(direction switch
        {
            ResetDirection.Outgoing => [outgoing],
            ResetDirection.Incoming => [incoming],
            _ => [outgoing, incoming],
        });
        return status;
    }

    /// <summary>Our application wants TSNs and streams to begin anew (§5.1.4).</summary>
    public ReconfigurationStatus ResetAssociation(uint context)
    {
        ReconfigurationStatus status = Check();
        if (status != ReconfigurationStatus.Started)
        {
            return status;
        }

        if (Requests.LastAssociationReset is { } last && tcb.Context.Now - last < s_maximumSegmentLifetime)
        {
            return ReconfigurationStatus.TooSoon;
        }

        if (!Requests.HasRoom || !tcb.Queue.Pause([]))
        {
            return ReconfigurationStatus.InProgress;
        }

        Requests.LastAssociationReset = tcb.Context.Now;
        Requests.Add(new ReconfigurationRequest(ParameterType.AssociationResetRequest, [], Context: context));
        return status;
    }

    /// <summary>Our application wants more streams (§5.1.5, §5.1.6).</summary>
    public ReconfigurationStatus AddStreams(ushort outgoing, ushort incoming, uint context)
    {
        ReconfigurationStatus status = Check();
        if (status != ReconfigurationStatus.Started)
        {
            return status;
        }

        if (!Requests.HasRoom || Requests.Contains(ParameterType.AddOutgoingStreamsRequest) || Requests.Contains(ParameterType.AddIncomingStreamsRequest))
        {
            return ReconfigurationStatus.InProgress;
        }

        if (tcb.OutgoingStreams + outgoing > ushort.MaxValue || tcb.IncomingStreams + incoming > ushort.MaxValue)
        {
            return ReconfigurationStatus.TooManyStreams;
        }

        var more = new ReconfigurationRequest(ParameterType.AddOutgoingStreamsRequest, [], outgoing, context);
        var moreOfThePeer = new ReconfigurationRequest(ParameterType.AddIncomingStreamsRequest, [], incoming, context);
        Requests.Add(incoming == 0 ? [more] : outgoing == 0 ? [moreOfThePeer] : [more, moreOfThePeer]);
        return status;
    }

    /// <summary>Takes in a RE-CONFIG (§5.2.1).</summary>
    public bool OnReConfig(in ReConfigChunk chunk)
    {
        if (!tcb.MayCarryData && tcb.State != AssociationState.ShutdownSent)
        {
            return tcb.Unexpected();
        }

        if (!chunk.IsAllowed)
        {
            tcb.Context.Drops.Count(DropReason.MalformedChunk);
            tcb.Errors.Report(CauseCode.ProtocolViolation, "parameters that RFC 6525 does not combine"u8);      // §3.1
            return true;
        }

        ParameterReader parameters = chunk.Parameters;
        while (tcb.State != AssociationState.Closed && parameters.TryRead(out ParameterView parameter))
        {
            if (parameter.Type == ParameterType.ReconfigurationResponse)
            {
                ReconfigurationResponseParameter.TryRead(parameter, out ReconfigurationResponseParameter response);
                OnResponse(response);
            }
            else
            {
                OnRequest(parameter);
                Transfer.Receiver.Acks.RequestIfUsed();      // §5.2.1: it speeds up what the reset may wait for
            }
        }

        return tcb.State != AssociationState.Closed;
    }

    /// <summary>Goes on with what could not be done before: looked at whenever datagrams are taken.</summary>
    public void Advance()
    {
        if (tcb.Transfer is not { HasBeenReconfigured: true } || tcb.State == AssociationState.Closed
            || (Requests.IsEmpty && Answers.Deferred.Count == 0 && Answers.Ready.Count == 0))
        {
            return;
        }

        for (int i = Answers.Deferred.Count - 1; i >= 0; i--)
        {
            Continue(Answers.Deferred[i]);
        }

        if (tcb.MayCarryData)
        {
            SendNext();
        }
        else
        {
            GiveUp();
        }

        SendAnswers();
    }

    /// <summary>No answer to a request in time (§5.1.1).</summary>
    public void OnTimeout()
    {
        Path last = Requests.LastPath!;
        if (!Requests.IsPeerAtWork && !tcb.Monitor.OnUnanswered(last, countsForPeer: true))
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: tcb.Monitor.Failures));
            return;
        }

        Requests.Retransmit(tcb.Paths.ForRetransmission(last, byTimeout: true));
    }

    private ReconfigurationStatus Check() =>
        tcb.State != AssociationState.Established || tcb.ShutdownRequested ? ReconfigurationStatus.NotEstablished
        : (Transfer.Negotiated.Extensions & Extensions.StreamReconfiguration) == 0 ? ReconfigurationStatus.NotSupported
        : ReconfigurationStatus.Started;

    private void OnRequest(in ParameterView parameter)
    {
        ReconfigurationRequest request = Read(parameter, out uint answers);
        switch (Answers.Consider(request.Number))
        {
            case RequestNumber.Bad:
                Answers.Refuse(request.Number, ReconfigurationResult.BadSequenceNumber);
                return;
            case RequestNumber.Repeated:
                if (!Requests.TryRepeatAnswer(request.Number))
                {
                    Answers.Repeat(request.Number);
                }

                return;
        }

        if (Answers.Deferred.Count > 1)
        {
            Answer(request, ReconfigurationResult.AlreadyInProgress);        // more than one chunk at a time
            return;
        }

        switch (request.Type)
        {
            case ParameterType.OutgoingResetRequest:
                OnPeerResets(request, answers);
                break;
            case ParameterType.IncomingResetRequest:
                OnPeerWantsReset(request);
                break;
            case ParameterType.AssociationResetRequest:
                OnPeerResetsAssociation(request);
                break;
            case ParameterType.AddOutgoingStreamsRequest:
                OnPeerAddsStreams(request);
                break;
            default:
                OnPeerWantsStreams(request);
                break;
        }
    }

    // §5.2.2. The peer's request may be its answer to ours (E1).
    private void OnPeerResets(ReconfigurationRequest request, uint answers)
    {
        foreach (ReconfigurationRequest ours in Requests.OnAnswered(answers, ParameterType.IncomingResetRequest))
        {
            OnPeerAnswered();
            Requests.Expect(ours);
        }

        (bool isWanted, uint context) = Requests.TakeExpected(request);
        if (!isWanted && !IsAllowed(ReconfigurationKinds.ResetStreams))
        {
            Answer(request, ReconfigurationResult.Denied);
        }
        else if (HasStreamFrom(tcb.IncomingStreams, request.Streams))
        {
            Answer(request, ReconfigurationResult.WrongStream);
        }
        else
        {
            request = request with { Context = context };
            Answers.Defer(request);
            Continue(request);
            if (Answers.Deferred.Count > 0 && ReferenceEquals(Answers.Deferred[^1], request))
            {
                Answers.Repeat(request.Number);              // E2: "In progress"
            }
        }
    }

    // §5.2.3
    private void OnPeerWantsReset(ReconfigurationRequest request)
    {
        StreamId[] streams = tcb.Queue.NotPaused(request.Streams);
        if (!IsAllowed(ReconfigurationKinds.ResetStreams) || tcb.State != AssociationState.Established || request.Streams.Length > MostStreams)
        {
            Answer(request, ReconfigurationResult.Denied);
        }
        else if (HasStreamFrom(tcb.OutgoingStreams, request.Streams))
        {
            Answer(request, ReconfigurationResult.WrongStream);
        }
        else if (tcb.Queue.IsUnused(request.Streams) || (request.Streams.Length > 0 && streams.Length == 0))
        {
            Answer(request, ReconfigurationResult.NothingToDo);              // just done, or under way
        }
        else if (!tcb.Queue.Pause(streams))
        {
            Answer(request, ReconfigurationResult.AlreadyInProgress);        // all of them, where some are being reset
        }
        else
        {
            // F1. When our own request is on its way, this one has to wait for its answer: then the peer's is acknowledged by itself,
            // lest both sides wait for each other.
            bool isAnswer = !Requests.IsInFlight && streams.Length == request.Streams.Length;
            Requests.AddFirst(new ReconfigurationRequest(ParameterType.OutgoingResetRequest, streams) { Answers = isAnswer ? request.Number : null });
            if (isAnswer)
            {
                Answers.Defer(request);
            }
            else
            {
                Answer(request, ReconfigurationResult.Performed);
            }
        }
    }

    // §5.2.4
    private void OnPeerResetsAssociation(ReconfigurationRequest request)
    {
        if (!IsAllowed(ReconfigurationKinds.ResetAssociation) || tcb.State != AssociationState.Established)
        {
            Answer(request, ReconfigurationResult.Denied);
        }
        else if (Requests.Contains(ParameterType.AssociationResetRequest))
        {
            Answer(request, ReconfigurationResult.AlreadyInProgress);        // both at once: each would choose other TSNs
        }
        else
        {
            Answers.Defer(request);
        }
    }

    // §5.2.5
    private void OnPeerAddsStreams(ReconfigurationRequest request)
    {
        ReconfigurationRequest? ours = Requests.TakeExpected(request.Count);
        bool isAllowed = ours is not null || (IsAllowed(ReconfigurationKinds.AddStreams) && tcb.State == AssociationState.Established);
        int limit = ours is null ? tcb.Context.Options.IncomingStreams : ushort.MaxValue;
        if (!isAllowed || tcb.IncomingStreams + request.Count > limit)
        {
            Answer(request, ReconfigurationResult.Denied);
            return;
        }

        Transfer.Receiver.Streams += request.Count;
        Answer(request, ReconfigurationResult.Performed);
        ReportStreams(isIncoming: true, ReconfigurationResult.Performed, ours?.Context ?? 0);
    }

    // §5.2.6: the request that follows has no number of the one that it answers in it. That one is answered by itself.
    private void OnPeerWantsStreams(ReconfigurationRequest request)
    {
        if (!IsAllowed(ReconfigurationKinds.AddStreams) || tcb.State != AssociationState.Established
            || tcb.OutgoingStreams + request.Count > ushort.MaxValue)
        {
            Answer(request, ReconfigurationResult.Denied);
        }
        else if (Requests.Contains(ParameterType.AddOutgoingStreamsRequest))
        {
            Answer(request, ReconfigurationResult.AlreadyInProgress);
        }
        else
        {
            Answer(request, ReconfigurationResult.Performed);
            Requests.AddFirst(new ReconfigurationRequest(ParameterType.AddOutgoingStreamsRequest, [], request.Count));
        }
    }

    private void Continue(ReconfigurationRequest request)
    {
        Receiver receiver = Transfer.Receiver;
        if (request.Type == ParameterType.OutgoingResetRequest)
        {
            if (receiver.Tsns.CumulativeAck >= request.LastTsn && receiver.Messages.MayReset(request.Streams))
            {
                var reset = new AssociationEvent.StreamsReset(true, request.Streams, ReconfigurationResult.Performed, request.Context);
                receiver.Messages.Reset(request.Streams, reset);                 // E3
                tcb.Context.Report(reset);
                Answer(request, ReconfigurationResult.Performed);                // E5
            }
        }
        else if (request.Type == ParameterType.AssociationResetRequest)
        {
            // What we have asked for ourselves is done first. Then nothing new goes out, for what is outstanding would be lost.
            request.IsAnswered = request.IsAnswered || (Requests.IsEmpty && tcb.Queue.Pause([]));
            if (request.IsAnswered && IsDrained && receiver.Messages.MayReset([]))
            {
                PerformAssociationReset(request);
            }
        }
    }

    private static bool IsEarly(Transfer transfer, StreamId stream, Tsn tsn) =>
        transfer.Answers.Deferred.Count > 0 && transfer.Answers.IsEarly(stream, tsn);

    private static bool MayBeBehind(Transfer transfer, StreamId stream, Tsn tsn, bool unordered) =>
        transfer.Requests.AwaitsAssociationReset && !unordered && stream.Value < transfer.Receiver.Streams && !transfer.Receiver.Tsns.HasArrived(tsn);

    private bool IsDrained => tcb.Queue.IsReadyForReset([]) && !Transfer.Sender.HasOutstanding;

    private void PerformAssociationReset(ReconfigurationRequest request)
    {
        Receiver receiver = Transfer.Receiver;
        var theirs = new Tsn(receiver.Tsns.CumulativeAck.Next.Value + (1u << 31));       // G1
        Tsn ours = Transfer.Sender.LastTsn.Next;                                         // G2
        var reset = new AssociationEvent.AssociationReset(ours, theirs, ReconfigurationResult.Performed, Context: 0);
        receiver.Restart(theirs);                                                        // G4; G3 is done: nothing is outstanding
        receiver.Messages.ResetAll(null, reset);
        tcb.Queue.Resume([], isReset: true);                                             // G5
        Transfer.Sender.OnOpportunity();
        tcb.Context.Report(reset);
        Answers.Answer(new ReconfigurationResponseParameter(request.Number, ReconfigurationResult.Performed, ours, theirs));
    }

    // §5.2.7
    private void OnResponse(in ReconfigurationResponseParameter response)
    {
        bool isDone = response.Result is ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo;
        bool mustWait = isDone && Requests.AwaitsAssociationReset && !Transfer.Receiver.Messages.MayReset([]);
        if (response.Result == ReconfigurationResult.InProgress || mustWait)
        {
            Requests.OnInProgress(response.Number);          // H2; where it is us who have to wait, the response comes again
            return;
        }

        ReconfigurationRequest[] answered = Requests.OnAnswered(response.Number);
        if (answered.Length > 0)
        {
            OnPeerAnswered();
        }

        foreach (ReconfigurationRequest request in answered)
        {
            Complete(request, response, isDone);
        }
    }

    private void Complete(ReconfigurationRequest request, in ReconfigurationResponseParameter response, bool isDone)
    {
        switch (request.Type)
        {
            case ParameterType.OutgoingResetRequest:
                if (isDone)
                {
                    Transfer.Sender.OnStreamsReset(request.Streams);
                }

                tcb.Queue.Resume(request.Streams, isReset: isDone);              // H4
                Transfer.Sender.OnOpportunity();
                Report(request, response.Result);
                break;
            case ParameterType.AssociationResetRequest when isDone:
                OnAssociationReset(request, response);
                break;
            case ParameterType.AssociationResetRequest:
                tcb.Queue.Resume([], isReset: false);
                Transfer.Sender.OnOpportunity();
                Report(request, response.Result);
                break;
            case ParameterType.IncomingResetRequest or ParameterType.AddIncomingStreamsRequest when response.Result == ReconfigurationResult.Performed:
                Requests.Expect(request);                                        // the peer's own request says when it is done
                break;
            case ParameterType.AddOutgoingStreamsRequest when isDone:
                Transfer.OutgoingStreams += request.Count;                       // H6
                tcb.Queue.AddStreams(request.Count);
                Report(request, response.Result);
                break;
            default:
                Report(request, response.Result);
                break;
        }
    }

    // H5
    private void OnAssociationReset(ReconfigurationRequest request, in ReconfigurationResponseParameter response)
    {
        if (response.SenderNext is not { } theirs || response.ReceiverNext is not { } ours)
        {
            tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "the association was reset to no TSN"u8);
            return;
        }

        Receiver receiver = Transfer.Receiver;
        var reset = new AssociationEvent.AssociationReset(ours, theirs, response.Result, request.Context);
        if (Math.Abs((long)theirs.Previous.DistanceFrom(receiver.Tsns.CumulativeAck)) <= TsnTracker.FarthestAhead)
        {
            receiver.Tsns.SkipTo(theirs.Previous);                               // the peer's TSNs go on: some may have come before this
            receiver.Messages.ResetAll(theirs, reset);
        }
        else
        {
            receiver.Restart(theirs);
            receiver.Messages.ResetAll(null, reset);
        }

        receiver.Acks.RequestIfUsed();
        Transfer.Sender.Restart(ours);
        tcb.Queue.Resume([], isReset: true);
        Transfer.Sender.OnOpportunity();
        tcb.Context.Report(reset);
    }

    private void SendNext()
    {
        if (Requests.IsInFlight || Requests.Next.Length == 0 || !Array.TrueForAll(Requests.Next, IsReady))
        {
            return;
        }

        ReconfigurationRequest[] requests = Requests.TakeNext(MostStreams, IsReady);
        var writer = new ParameterWriter(new byte[tcb.Paths.MaximumChunk]);
        bool isReset = requests[^1].Type == ParameterType.OutgoingResetRequest;
        if (isReset && requests[0].Answers is { } number)
        {
            Answers.OnAnsweredByRequest(number);
        }

        if (isReset && Answers.Ready.Count == 1)
        {
            Answers.Ready[0].TryWrite(ref writer);           // §3.1, combination 9; §5.2.1: in one chunk
            Answers.OnSent();
        }

        SendAnswers();
        for (int i = 0; i < requests.Length; i++)
        {
            if (i == 0 || requests[i].Number != requests[i - 1].Number)
            {
                Write(ref writer, requests[i], requests);
            }
        }

        Requests.OnSent(writer.Written, tcb.Paths.ForData());
    }

    private bool IsReady(ReconfigurationRequest request) => request.Type switch
    {
        ParameterType.OutgoingResetRequest => tcb.Queue.IsReadyForReset(request.Streams),
        ParameterType.AssociationResetRequest => IsDrained,
        _ => true,
    };

    private void Write(ref ParameterWriter writer, ReconfigurationRequest request, ReconfigurationRequest[] all)
    {
        bool fits;
        switch (request.Type)
        {
            case ParameterType.OutgoingResetRequest:
                List<StreamId> streams = [];
                foreach (ReconfigurationRequest one in Array.FindAll(all, one => one.Number == request.Number))
                {
                    streams.AddRange(one.Streams);
                }

                fits = OutgoingResetParameter.TryWrite(
                    ref writer, request.Number, request.Answers ?? Answers.LastNumber, Transfer.Sender.LastTsn, streams.ToArray());
                break;
            case ParameterType.IncomingResetRequest:
                fits = IncomingResetParameter.TryWrite(ref writer, request.Number, request.Streams);
                break;
            case ParameterType.AssociationResetRequest:
                fits = AssociationResetParameter.TryWrite(ref writer, request.Number);
                break;
            default:
                fits = new AddStreamsParameter(request.Number, request.Count).TryWrite(ref writer, request.Type);
                break;
        }

        Invariant.Check(fits, "a request is longer than a chunk");
    }

    private void SendAnswers()
    {
        if (Answers.Ready.Count == 0)
        {
            return;
        }

        Span<byte> room = stackalloc byte[2 * ReconfigurationResponseParameter.LongestOnWire];
        var writer = new ParameterWriter(room);
        foreach (ReconfigurationResponseParameter answer in Answers.Ready)
        {
            answer.TryWrite(ref writer);
        }

        if (tcb.Context.Control.Enqueue(ChunkType.ReConfig, writer.Written))
        {
            Answers.OnSent();
        }
    }

    // Nothing is held any more when SHUTDOWN or SHUTDOWN ACK is sent (RFC 9260 §9.2), so nothing depends on it.
    private void GiveUp()
    {
        foreach (ReconfigurationRequest request in Requests.GiveUp())
        {
            Report(request, ReconfigurationResult.GivenUp);
        }

        tcb.Queue.Resume([], isReset: false);
    }

    private void Report(ReconfigurationRequest request, ReconfigurationResult result)
    {
        switch (request.Type)
        {
            case ParameterType.OutgoingResetRequest or ParameterType.IncomingResetRequest:
                tcb.Context.Report(new AssociationEvent.StreamsReset(
                    request.Type == ParameterType.IncomingResetRequest, request.Streams, result, request.Context));
                break;
            case ParameterType.AssociationResetRequest:
                tcb.Context.Report(new AssociationEvent.AssociationReset(
                    Transfer.Sender.LastTsn.Next, Transfer.Receiver.Tsns.CumulativeAck.Next, result, request.Context));
                break;
            default:
                ReportStreams(request.Type == ParameterType.AddIncomingStreamsRequest, result, request.Context);
                break;
        }
    }

    private void ReportStreams(bool isIncoming, ReconfigurationResult result, uint context) => tcb.Context.Report(
        new AssociationEvent.StreamsChanged(isIncoming, tcb.OutgoingStreams, tcb.IncomingStreams, result, context));

    private void Answer(ReconfigurationRequest request, ReconfigurationResult result) =>
        Answers.Answer(new ReconfigurationResponseParameter(request.Number, result));

    // The peer is there: what the counters have counted is over (RFC 9260 §8.1), unless it is not known which transmission was answered.
    private void OnPeerAnswered()
    {
        if (Requests.Transmissions == 1)
        {
            tcb.Monitor.OnAnswered(Requests.LastPath!);
        }
    }

    private bool IsAllowed(ReconfigurationKinds kind) => (tcb.Context.Options.AllowedReconfiguration & kind) != 0;

    private static ReconfigurationRequest Read(in ParameterView parameter, out uint answers)
    {
        answers = 0;
        switch (parameter.Type)
        {
            case ParameterType.OutgoingResetRequest:
                OutgoingResetParameter.TryRead(parameter, out OutgoingResetParameter outgoing);
                answers = outgoing.ResponseNumber;
                return new ReconfigurationRequest(parameter.Type, outgoing.Streams.ToArray()) { Number = outgoing.Number, LastTsn = outgoing.LastTsn };
            case ParameterType.IncomingResetRequest:
                IncomingResetParameter.TryRead(parameter, out IncomingResetParameter incoming);
                return new ReconfigurationRequest(parameter.Type, incoming.Streams.ToArray()) { Number = incoming.Number };
            case ParameterType.AssociationResetRequest:
                AssociationResetParameter.TryRead(parameter, out uint number);
                return new ReconfigurationRequest(parameter.Type, []) { Number = number };
            default:
                AddStreamsParameter.TryRead(parameter, out AddStreamsParameter streams);
                return new ReconfigurationRequest(parameter.Type, [], streams.Streams) { Number = streams.Number };
        }
    }

    private static bool HasStreamFrom(int first, StreamId[] streams) => Array.Exists(streams, stream => stream.Value >= first);
}
