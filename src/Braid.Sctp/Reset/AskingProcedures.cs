using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What we ask the peer to change (RFC 6525 §5.1), and what its answers bring about (§5.2.7).</summary>
internal readonly struct AskingProcedures(Tcb tcb)
{
    private static readonly TimeSpan s_maximumSegmentLifetime = TimeSpan.FromSeconds(30);

    private Transfer Transfer => tcb.Transfer!;

    private ReconfigurationRequests Requests => Transfer.Requests;

    private ReconfigurationAnswers Answers => Transfer.Answers;

    /// <summary>How many streams a request may name: it fits into one packet, beside a response.</summary>
    public int MostStreams =>
        (tcb.Paths.MaximumChunk - Tlv.HeaderLength - ReconfigurationResponseParameter.LongestOnWire - OutgoingResetParameter.LengthOnWire(0)) / StreamList.EntryLength;

    /// <summary>Whether nothing of ours is outstanding or to be sent, but for what a pause holds back.</summary>
    public bool IsDrained => tcb.Queue.Pauses.IsReadyForReset([]) && !Transfer.Sender.HasOutstanding;

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

        if ((isIncoming && !Requests.HasRoom) || (isOutgoing && !tcb.Queue.Pauses.TryPause(streams)))
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

        if (!Requests.HasRoom || !tcb.Queue.Pauses.TryPause([]))
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

    /// <summary>The peer has answered (§5.2.7).</summary>
    public void OnResponse(in ReconfigurationResponseParameter response)
    {
        bool isDone = response.Result is ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo;
        bool mustWait = isDone && Requests.AwaitsAssociationReset && !Transfer.Receiver.Messages.MayReset([]);
        if (response.Result == ReconfigurationResult.InProgress || mustWait)
        {
            Requests.OnInProgress(response.Number);          // H2
            Requests.Held = mustWait ? response : Requests.Held;
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

    /// <summary>Goes on with an answer that could not be carried out when it came.</summary>
    public void Continue()
    {
        if (Requests.Held is { } response && Transfer.Receiver.Messages.MayReset([]))
        {
            Requests.Held = null;
            OnResponse(response);
        }
    }

    /// <summary>The peer's own request may be its answer to one of ours (§5.2.2 E1).</summary>
    /// <param name="number">The number that it says it answers.</param>
    public void OnAnsweredByRequest(uint number)
    {
        foreach (ReconfigurationRequest ours in Requests.OnAnswered(number, ParameterType.IncomingResetRequest))
        {
            OnPeerAnswered();
            Requests.Expect(ours);
        }
    }

    /// <summary>Asks for what comes next, if nothing is asked for and it can be.</summary>
    public void SendNext()
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

        if (isReset)
        {
            Answers.WriteOnly(ref writer);
        }

        Answers.Flush();
        for (int i = 0; i < requests.Length; i++)
        {
            if (i == 0 || requests[i].Number != requests[i - 1].Number)
            {
                Write(ref writer, requests[i], requests);
            }
        }

        Requests.OnSent(writer.Written, tcb.Paths.ForData());
    }

    /// <summary>Asks for nothing more. Nothing is held any more when SHUTDOWN or SHUTDOWN ACK is sent (RFC 9260 §9.2), so nothing depends on it.</summary>
    public void GiveUp()
    {
        foreach (ReconfigurationRequest request in Requests.GiveUp())
        {
            Report(request, ReconfigurationResult.GivenUp);
        }

        tcb.Queue.Resume([], isReset: false);
    }

    /// <summary>Tells how many streams there are.</summary>
    public void ReportStreams(bool isIncoming, ReconfigurationResult result, uint context) => tcb.Context.Report(
        new AssociationEvent.StreamsChanged(isIncoming, tcb.OutgoingStreams, tcb.IncomingStreams, result, context));

    private ReconfigurationStatus Check() =>
        tcb.State != AssociationState.Established || tcb.ShutdownRequested ? ReconfigurationStatus.NotEstablished
        : (Transfer.Negotiated.Extensions & Extensions.StreamReconfiguration) == 0 ? ReconfigurationStatus.NotSupported
        : ReconfigurationStatus.Started;

    private void Complete(ReconfigurationRequest request, in ReconfigurationResponseParameter response, bool isDone)
    {
        switch (request.Type)
        {
            case ParameterType.OutgoingResetRequest:
                Transfer.Sender.OnResetAnswered(request.Streams, isDone);
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
        if (Math.Abs((long)theirs.Previous.DistanceFrom(receiver.Tsns.CumulativeAck)) <= TsnTracker.FarthestAhead(receiver.IsInterleaved))
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
        Transfer.Sender.Restart(ours, tcb.Context.Now + s_maximumSegmentLifetime);
        Answers.OnRestart();
        tcb.Queue.Resume([], isReset: true);
        Transfer.Sender.OnOpportunity();
        tcb.Context.Report(reset);
    }

    private bool IsReady(ReconfigurationRequest request) => request.Type switch
    {
        ParameterType.OutgoingResetRequest => tcb.Queue.Pauses.IsReadyForReset(request.Streams),
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

                Transfer.Sender.OnResetRequested();
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

    // The peer is there: what the counters have counted is over (RFC 9260 §8.1), unless it is not known which transmission was answered.
    private void OnPeerAnswered()
    {
        if (Requests.Transmissions == 1)
        {
            tcb.Monitor.OnAnswered(Requests.LastPath!);
        }
    }
}
