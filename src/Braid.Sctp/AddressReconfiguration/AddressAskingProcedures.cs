using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What we ask the peer to change (RFC 5061 §5.1), and what its answers bring about.</summary>
internal readonly struct AddressAskingProcedures(Tcb tcb)
{
    private AddressChanges? Changes => tcb.Context.AddressChanges;

    /// <summary>§5.1.1 C4: the states in which ASCONF and ASCONF-ACK may be sent.</summary>
    public bool IsAllowed => tcb.MayCarryData || tcb.State == AssociationState.ShutdownSent;

    /// <summary>Our application wants a change.</summary>
    public AddressRequestResult Ask(AddressRequestKind kind, in NetworkAddress address)
    {
        AddressRequestStatus status = !IsAllowed ? AddressRequestStatus.NotEstablished
            : (tcb.Transfer!.Negotiated.Extensions & Extensions.AddressReconfiguration) == 0
                || tcb.Paths.Primary.Address.Remote.Family == NetworkFamily.None ? AddressRequestStatus.NotSupported
            : Check(kind, address);
        if (status != AddressRequestStatus.Accepted)
        {
            return new AddressRequestResult(status, 0);
        }

        var request = new AddressRequest(Changes!.NextId(), kind, address);
        Changes.Requests!.Add(request);
        return new AddressRequestResult(status, request.Id);
    }

    /// <summary>Asks for what comes next, if nothing is asked for.</summary>
    public void SendNext()
    {
        AddressRequests requests = Changes!.Requests!;
        if (requests.InFlight.Length > 0 || requests.Waiting.Count == 0)
        {
            return;
        }

        OwnAddresses own = Changes.Own;
        NetworkAddress lookup = own.Sources.Count > 0 ? own.Sources[0] : own.Known.Count > 0 ? own.Known[0] : NetworkAddress.None;
        List<NetworkAddress> known = [.. own.Sources];
        List<AddressRequest> taken = [];
        var writer = new ParameterWriter(new byte[Room]);
        while (requests.Waiting.Count > 0 && taken.Count < AddressChanges.MostAtOnce)
        {
            AddressRequest request = requests.Waiting[0];
            if (Refuses(request, known) is { } cause)
            {
                tcb.Context.Report(requests.TakeWaiting().Settled(AddressRequestOutcome.Refused, cause));
                continue;
            }

            if (!AddressChangeParameter.TryWrite(ref writer, request.Type, request.Id, request.Address))
            {
                break;
            }

            taken.Add(requests.TakeWaiting());
            if (request.Kind == AddressRequestKind.Add)
            {
                known.Add(request.Address);
                own.BeginAdding(request.Address);
            }
            else if (request.Kind == AddressRequestKind.Remove)
            {
                known.RemoveAll(one => one.IsSameHost(request.Address));
                own.BeginRemoving(request.Address);
            }
        }

        if (taken.Count > 0)
        {
            requests.Begin([.. taken], lookup, writer.Written, tcb.Paths.ForData());
            ReviewSources();
        }
    }

    /// <summary>
    /// Where ASCONF leaves from, which is any address but one that is being removed (F6). One that is being added may carry ASCONF and
    /// nothing else (F1): it has every second turn, for it may be the only one that works, and all of them where the others are being removed.
    /// </summary>
    public NetworkAddress SourceTo(Path path)
    {
        OwnAddresses own = Changes!.Own;
        int attempt = Changes.Requests!.Transmissions;
        NetworkAddress usual = own.Sources.Count == 0 || own.MayLeaveFrom(path.Address.Local) ? path.Address.Local
            : SourceAddresses.For(own.Sources, path.Address.Remote);
        List<NetworkAddress> adding = [];
        foreach (NetworkAddress address in own.Adding)
        {
            if (!own.IsBeingRemoved(address))
            {
                adding.Add(address);
            }
        }

        NetworkAddress added = adding.Count == 0 || (attempt % 2 == 0 && !own.IsMuted) ? NetworkAddress.None
            : SourceAddresses.After(adding, path.Address with { Local = NetworkAddress.None }, attempt);
        return added.Family == NetworkFamily.None ? usual : added;
    }

    /// <summary>No answer to an ASCONF in time (§5.1 B1 to B5).</summary>
    public void OnTimeout()
    {
        Path last = Changes!.Requests!.Path!;
        last.Rto.BackOff();
        if (!tcb.Monitor.OnUnanswered(last, countsForPeer: true))
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: tcb.Monitor.Failures));
            return;
        }

        Changes.Requests.Retransmit(tcb.Paths.ForRetransmission(last, byTimeout: true));
    }

    /// <summary>The peer has answered (§5.1 A5 to A8).</summary>
    public bool OnAnswer(in AsconfAckChunk answer)
    {
        AddressRequests requests = Changes!.BeginRequests(tcb.Transfer!.Negotiated);
        int distance = requests.Compare(answer.Number);
        if (distance > 0 && requests.InFlight.Length == 0)
        {
            tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.IllegalAsconfAck, default);       // F0
            return false;
        }

        if (distance != 0 || requests.InFlight.Length == 0 || requests.Transmissions == 0)
        {
            return tcb.Unexpected();
        }

        Path path = requests.Path!;
        bool isCertain = requests.Transmissions == 1;
        AddressRequest[] asked = requests.End();
        tcb.Monitor.OnAcknowledged(path, isCertain);
        bool hasFailed = false;
        foreach (AddressRequest request in asked)
        {
            bool? response = Find(answer, request.Id, out CauseCode cause);
            hasFailed |= response == false;                  // A7: what follows has failed, too, where nothing else is said
            Complete(request, response ?? !hasFailed, cause);
        }

        ReviewSources();
        tcb.Transfer!.Sender.OnOpportunity();
        return true;
    }

    /// <summary>The peer does not know ASCONF, whatever it has said (§5.1 A9).</summary>
    public void OnNotRecognized()
    {
        AddressRequests requests = Changes!.Requests!;
        requests.RefusesAddresses = requests.RefusesPrimary = true;
        foreach (AddressRequest request in requests.End())
        {
            Complete(request, isDone: false, CauseCode.UnrecognizedChunkType);
        }

        ReviewSources();                                     // what waits is refused when its turn comes, which is now
    }

    // What the answer says of a request; null for nothing.
    private static bool? Find(in AsconfAckChunk answer, uint id, out CauseCode cause)
    {
        cause = CauseCode.None;
        ParameterReader parameters = answer.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            if (AddressResponseParameter.TryRead(parameter, out AddressResponseParameter response) && response.CorrelationId == id)
            {
                CauseReader causes = response.Causes;
                cause = causes.TryRead(out CauseView first) ? first.Code : CauseCode.None;
                return response.IsSuccess;
            }
        }

        return null;
    }

    private void Complete(in AddressRequest request, bool isDone, CauseCode cause)
    {
        if (!isDone)
        {
            bool isUnknown = cause == CauseCode.UnrecognizedParameters;
            Changes!.Requests!.RefusesPrimary |= isUnknown && request.Kind == AddressRequestKind.MakePrimary;        // F3b
            Changes.Requests.RefusesAddresses |= isUnknown && request.Kind != AddressRequestKind.MakePrimary;        // F3a
            Changes.Revert(request);
        }
        else if (request.Kind == AddressRequestKind.Add)
        {
            Changes!.Own.EndAdding(request.Address, isThere: true);                              // F2
            PreferFor(request.Address);
        }
        else if (request.Kind == AddressRequestKind.Remove)
        {
            Changes!.Own.EndRemoving(request.Address, isThere: false, tcb.Context.Now + (2 * tcb.Paths.Primary.Rto.Current));
        }

        tcb.Context.Report(request.Settled(isDone ? AddressRequestOutcome.Acknowledged : AddressRequestOutcome.Refused, isDone ? CauseCode.None : cause));
    }

    // A path that does not work is tried from the new address at once, where that suits it.
    private void PreferFor(in NetworkAddress address)
    {
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            Path path = tcb.Paths[i];
            if (path.State != PathState.Active && SourceAddresses.For(Changes!.Own.Sources, path.Address.Remote) == address)
            {
                path.LeaveFrom(address);
                if (tcb.MayAsk(path))
                {
                    tcb.Monitor.RequestHeartbeat(path);
                }
            }
        }
    }

    /// <summary>
    /// No path leaves from an address any more that is removed (F4). What was learnt of the old way says nothing about the new one (RFC 9260
    /// §7.2.1: it begins slowly).
    /// </summary>
    private void ReviewSources()
    {
        OwnAddresses own = Changes!.Own;
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            Path path = tcb.Paths[i];
            if (path.Address.Local.Family == NetworkFamily.None || own.Sources.Count == 0 || own.MayLeaveFrom(path.Address.Local))
            {
                continue;
            }

            path.LeaveFrom(SourceAddresses.For(own.Sources, path.Address.Remote));
            new OptionProcedures(tcb).BeginAnew(path);
        }
    }

    // Bytes of parameters that fit into one packet on any path (§5.1.1 C5).
    private int Room => tcb.LargestAuthenticatedChunk - AsconfChunk.LongestHeader;

    private AddressRequestStatus Check(AddressRequestKind kind, in NetworkAddress address)
    {
        AddressChanges changes = tcb.BeginAddressChanges();
        AddressRequests requests = changes.BeginRequests(tcb.Transfer!.Negotiated);
        if (kind == AddressRequestKind.MakePrimary ? requests.RefusesPrimary : requests.RefusesAddresses)
        {
            return AddressRequestStatus.NotSupported;
        }

        List<NetworkAddress> remaining = Remaining(changes, requests);
        NetworkAddress wanted = address;
        bool isThere = remaining.Exists(one => one.IsSameHost(wanted));
        if (isThere == (kind == AddressRequestKind.Add))
        {
            return isThere ? AddressRequestStatus.AlreadyThere : AddressRequestStatus.NotThere;
        }

        switch (kind)
        {
            case AddressRequestKind.Add when address.Family == NetworkFamily.None || !address.IsUnicast || !IsOfUse(address):
                return AddressRequestStatus.OutOfReach;
            case AddressRequestKind.Add when remaining.Count >= PeerAddresses.Capacity:
                return AddressRequestStatus.TooMany;
            case AddressRequestKind.Remove:
                remaining.RemoveAll(one => one.IsSameHost(wanted));
                if (!remaining.Exists(IsReached))
                {
                    return AddressRequestStatus.LastAddress;
                }

                break;
        }

        return requests.Waiting.Count < AddressRequests.MostWaiting ? AddressRequestStatus.Accepted : AddressRequestStatus.TooMany;
    }

    // Our addresses when all that is asked for is done.
    private static List<NetworkAddress> Remaining(AddressChanges changes, AddressRequests requests)
    {
        List<NetworkAddress> remaining = [.. changes.Own.Sources, .. changes.Own.Adding];
        remaining.RemoveAll(one => changes.Own.IsBeingRemoved(one));
        foreach (AddressRequest request in requests.Waiting)
        {
            if (request.Kind == AddressRequestKind.Add)
            {
                remaining.Add(request.Address);
            }
            else if (request.Kind == AddressRequestKind.Remove)
            {
                remaining.RemoveAll(one => one.IsSameHost(request.Address));
            }
        }

        return remaining;
    }

    // Why a request cannot be sent that could when it was made: another one was refused since. Null where it can.
    private CauseCode? Refuses(AddressRequest request, List<NetworkAddress> known)
    {
        AddressRequests requests = Changes!.Requests!;
        if (request.Kind == AddressRequestKind.MakePrimary ? requests.RefusesPrimary : requests.RefusesAddresses)
        {
            return CauseCode.UnrecognizedParameters;
        }

        return request.Kind == AddressRequestKind.Add ? null
            : !known.Exists(one => one.IsSameHost(request.Address)) ? CauseCode.UnresolvableAddress
            : request.Kind == AddressRequestKind.Remove && known.Count == 1 ? CauseCode.DeletesLastAddress         // F5
            : null;
    }

    private bool IsReached(NetworkAddress address)
    {
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            if (SourceAddresses.For([address], tcb.Paths[i].Address.Remote).Family != NetworkFamily.None)
            {
                return true;
            }
        }

        return false;
    }

    // What the peer can be told of: it means something to it, though we may have no way there (yet).
    private bool IsOfUse(in NetworkAddress address)
    {
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            if (SourceAddresses.IsTold(address, tcb.Paths[i].Address.Remote))
            {
                return true;
            }
        }

        return false;
    }
}
