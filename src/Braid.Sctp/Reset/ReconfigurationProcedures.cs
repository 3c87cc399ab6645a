using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Streams are reset and added while the association lives (RFC 6525 §5).</summary>
internal readonly struct ReconfigurationProcedures(Tcb tcb)
{
    private Transfer Transfer => tcb.Transfer!;

    private ReconfigurationRequests Requests => Transfer.Requests;

    private ReconfigurationAnswers Answers => Transfer.Answers;

    private AskingProcedures Asking => new(tcb);

    private AnsweringProcedures Answering => new(tcb);

    /// <summary>
    /// Whether a DATA chunk has to come again, as if it were lost: it was sent after a reset that we have yet to do or to hear of, and
    /// its number would be taken for one of before.
    /// </summary>
    public static bool MustWait(Transfer transfer, in DataChunk data) => transfer.HasBeenReconfigured
        && (IsEarly(transfer, data.Stream, data.Tsn)
        || (!data.Unordered && MayBeBehind(transfer, data.Stream, data.Tsn) && transfer.Receiver.Messages.IsBehind(data.Stream, data.Ssn)));

    /// <summary>The same for an I-DATA chunk.</summary>
    public static bool MustWait(Transfer transfer, in InterleavedDataChunk data) => transfer.HasBeenReconfigured
        && (IsEarly(transfer, data.Stream, data.Tsn)
        || (MayBeBehind(transfer, data.Stream, data.Tsn) && transfer.Receiver.Messages.IsBehind(data.Stream, data.Unordered, data.Mid)));

    /// <summary>Whether a TSN is one of after a reset of the association that the peer has done and we have yet to do.</summary>
    public static bool MustWait(Transfer transfer, Tsn tsn) =>
        transfer.HasBeenReconfigured && transfer.Requests.Held is { SenderNext: { } first } && tsn >= first;

    /// <inheritdoc cref="AskingProcedures.ResetStreams"/>
    public ReconfigurationStatus ResetStreams(ReadOnlySpan<StreamId> streams, ResetDirection direction, uint context) =>
        Asking.ResetStreams(streams, direction, context);

    /// <inheritdoc cref="AskingProcedures.ResetAssociation"/>
    public ReconfigurationStatus ResetAssociation(uint context) => Asking.ResetAssociation(context);

    /// <inheritdoc cref="AskingProcedures.AddStreams"/>
    public ReconfigurationStatus AddStreams(ushort outgoing, ushort incoming, uint context) => Asking.AddStreams(outgoing, incoming, context);

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
                Asking.OnResponse(response);
            }
            else
            {
                Answering.OnRequest(parameter);
                Transfer.Receiver.Acks.RequestIfUsed();      // §5.2.1: it speeds up what the reset may wait for
            }
        }

        return tcb.State != AssociationState.Closed;
    }

    /// <summary>Goes on with what could not be done before: looked at whenever datagrams are taken.</summary>
    public void Advance()
    {
        if (tcb.Transfer is not { HasBeenReconfigured: true } || tcb.State == AssociationState.Closed
            || (Requests.IsEmpty && Answers.IsEmpty))
        {
            return;
        }

        Asking.Continue();
        for (int i = Answers.Deferred.Count - 1; i >= 0; i--)
        {
            Answering.Continue(Answers.Deferred[i]);
        }

        if (tcb.MayCarryData)
        {
            Asking.SendNext();
        }
        else
        {
            Asking.GiveUp();
        }

        Answers.Flush();
    }

    /// <summary>No answer to a request in time (§5.1.1).</summary>
    public void OnTimeout() => Asking.OnTimeout();

    private static bool IsEarly(Transfer transfer, StreamId stream, Tsn tsn) =>
        MustWait(transfer, tsn) || (transfer.Answers.Deferred.Count > 0 && transfer.Answers.IsEarly(stream, tsn));

    private static bool MayBeBehind(Transfer transfer, StreamId stream, Tsn tsn) =>
        transfer.Requests.AwaitsAssociationReset && stream.Value < transfer.Receiver.Streams && !transfer.Receiver.Tsns.HasArrived(tsn);
}
