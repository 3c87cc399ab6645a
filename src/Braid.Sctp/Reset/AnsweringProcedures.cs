using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What the peer asks us to change (RFC 6525 §5.2.1 to §5.2.6).</summary>
internal readonly struct AnsweringProcedures(Tcb tcb)
{
    private Transfer Transfer => tcb.Transfer!;

    private ReconfigurationRequests Requests => Transfer.Requests;

    private ReconfigurationAnswers Answers => Transfer.Answers;

    private AskingProcedures Asking => new(tcb);

    /// <summary>The peer asks for something (§5.2.1).</summary>
    public void OnRequest(in ParameterView parameter)
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

    /// <summary>Does what is asked for, if it can be done by now.</summary>
    public void Continue(ReconfigurationRequest request)
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
            request.IsAnswered = request.IsAnswered || (Requests.IsEmpty && tcb.Queue.Pauses.TryPause([]));
            if (request.IsAnswered && Asking.IsDrained && receiver.Messages.MayReset([]))
            {
                PerformAssociationReset(request);
            }
        }
    }

    // §5.2.2. The peer's request may be its answer to ours (E1).
    private void OnPeerResets(ReconfigurationRequest request, uint answers)
    {
        Asking.OnAnsweredByRequest(answers);
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
        StreamId[] streams = tcb.Queue.Pauses.NotPaused(request.Streams);
        if (!IsAllowed(ReconfigurationKinds.ResetStreams) || tcb.State != AssociationState.Established || request.Streams.Length > Asking.MostStreams)
        {
            Answer(request, ReconfigurationResult.Denied);
        }
        else if (HasStreamFrom(tcb.OutgoingStreams, request.Streams))
        {
            Answer(request, ReconfigurationResult.WrongStream);
        }
        else if (tcb.Queue.Pauses.IsUnused(request.Streams) || (request.Streams.Length > 0 && streams.Length == 0))
        {
            Answer(request, ReconfigurationResult.NothingToDo);              // just done, or under way
        }
        else if (!tcb.Queue.Pauses.TryPause(streams))
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
        Asking.ReportStreams(isIncoming: true, ReconfigurationResult.Performed, ours?.Context ?? 0);
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
        Answers.AnswerReset(new ReconfigurationResponseParameter(request.Number, ReconfigurationResult.Performed, ours, theirs));
    }

    private void Answer(ReconfigurationRequest request, ReconfigurationResult result) =>
        Answers.Answer(new ReconfigurationResponseParameter(request.Number, result));

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
