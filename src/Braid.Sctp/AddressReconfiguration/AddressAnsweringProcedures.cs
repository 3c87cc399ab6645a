using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What the peer asks us to change of its addresses (RFC 5061 §5.2, §5.3, §5.4).</summary>
internal readonly struct AddressAnsweringProcedures(Tcb tcb)
{
    private const int LongestCopy = 64;                      // of a parameter that is refused: longer than any that we know

    private Transfer Transfer => tcb.Transfer!;

    /// <summary>Takes in an ASCONF (§5.2 E1 to E7).</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="from">Where its packet came from.</param>
    public void OnRequest(in AsconfChunk chunk, in NetworkPath from)
    {
        AddressAnswers answers = tcb.BeginAddressChanges().BeginAnswers(Transfer.Negotiated);
        switch (answers.Consider(chunk.Number))
        {
            case AsconfNumber.Bad:
                tcb.Unexpected();                            // E5
                break;
            case AsconfNumber.Repeated:
                answers.Repeat(chunk.Number, from, Limit(chunk, from));
                break;
            default:
                answers.Answer(chunk.Number, Process(chunk, from), from, Limit(chunk, from));
                break;
        }
    }

    // Where nobody has shown yet that he is there, no more than three times of what came is sent (RFC 5062 §9): the answer is asked for again from elsewhere.
    private int Limit(in AsconfChunk chunk, in NetworkPath from) => tcb.Paths.Find(from.Remote) is { IsConfirmed: true } ? int.MaxValue : 3 * chunk.ParametersLength;

    // V1 to V3: in their order. Nothing is said of what was done, but behind something that was not (A7). Where there is no room to say
    // that something was done, it is not.
    private byte[] Process(in AsconfChunk chunk, in NetworkPath from)
    {
        int room = tcb.LargestAuthenticatedChunk - AsconfAckChunk.HeaderLength;
        var responses = new ParameterWriter(new byte[room]);
        bool hasFailed = false;
        bool addressesFail = false;
        int changes = 0;
        ParameterReader parameters = chunk.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            if (hasFailed && room - responses.Length < LongestCopy + 16)
            {
                break;
            }

            bool isKnown = AddressChangeParameter.TryRead(parameter, out AddressChangeParameter change);
            uint id = isKnown ? change.CorrelationId : CorrelationOf(parameter);
            bool isAddition = parameter.Type is ParameterType.AddIPAddress or ParameterType.DeleteIPAddress;
            bool isEnd = !isKnown && parameter.WhenUnrecognized is UnrecognizedAction.Stop or UnrecognizedAction.StopAndReport;
            CauseCode cause = !isKnown ? CauseOf(parameter)
                : (addressesFail && isAddition) || ++changes > AddressChanges.MostAtOnce ? CauseCode.ResourceShortage      // F11; §4.3.2
                : Do(change, from);
            if (cause == CauseCode.None)
            {
                if (hasFailed && isKnown)
                {
                    AddressResponseParameter.TryWriteSuccess(ref responses, id);
                }

                if (isEnd)
                {
                    break;
                }

                continue;
            }

            addressesFail |= isAddition;
            hasFailed = true;
            ReadOnlySpan<byte> copy = cause == CauseCode.UnresolvableAddress ? change.AddressBytes : parameter.Bytes;
            AddressResponseParameter.TryWriteError(ref responses, id, cause, copy.Length <= LongestCopy ? copy : copy[..LongestCopy]);
            if (isEnd)
            {
                break;
            }
        }

        return responses.Written.ToArray();
    }

    private CauseCode Do(in AddressChangeParameter change, in NetworkPath from)
    {
        if (!change.IsAddress)
        {
            return CauseCode.UnresolvableAddress;
        }

        NetworkAddress address = change.IsWildcard ? from.Remote : PeerAddresses.Localize(change.Address, from.Remote);
        return change.Type switch
        {
            ParameterType.AddIPAddress => Add(address, from),
            ParameterType.SetPrimaryAddress => Prefer(address),
            _ => change.IsWildcard ? RemoveAllBut(address) : Remove(address, from),
        };
    }

    // §4.2.1. What is there already is no error: the peer has what it wants.
    private CauseCode Add(in NetworkAddress address, in NetworkPath from)
    {
        if (tcb.Paths.Find(address) is not null)
        {
            return CauseCode.None;
        }

        // RFC 5062 §5: nobody has us send to our own host, link or private network from outside of it.
        if (!address.IsUnicast || !((tcb.Paths.Find(from.Remote) is { IsConfirmed: true } && SourceAddresses.IsTold(address, from.Remote)) || SourceAddresses.IsTold(address, tcb.Paths.Primary.Address.Remote)))
        {
            return CauseCode.NoAuthorization;
        }

        if (!address.IsIn(tcb.UsableFamilies))
        {
            return CauseCode.UnresolvableAddress;
        }

        if (tcb.Paths.Count >= PeerAddresses.Capacity)
        {
            return CauseCode.ResourceShortage;               // F9
        }

        tcb.Paths.AddUnverified(address, from);
        Path path = tcb.Paths.Find(address)!;
        tcb.Context.Report(new AssociationEvent.PathChanged(path.Address, path.State, PathChange.Added));
        tcb.Monitor.OnAdded(path);                           // F14
        return CauseCode.None;
    }

    // §4.2.2. What is not there needs not be deleted.
    private CauseCode Remove(in NetworkAddress address, in NetworkPath from)
    {
        if (tcb.Paths.Find(address) is not { } path)
        {
            return CauseCode.None;
        }

        if (tcb.Paths.Count == 1)
        {
            return CauseCode.DeletesLastAddress;             // F7
        }

        if (address.IsSameHost(from.Remote))
        {
            return CauseCode.DeletesSourceAddress;           // F8
        }

        if (!tcb.MayCarryData && !tcb.Paths.HasConfirmedBeside(path))
        {
            return CauseCode.ResourceShortage;               // SHUTDOWN would have nowhere to go
        }

        Remove(path, from);
        return CauseCode.None;
    }

    private CauseCode RemoveAllBut(in NetworkAddress address)
    {
        if (tcb.Paths.Find(address) is not { } kept)
        {
            return CauseCode.DeletesLastAddress;
        }

        if (!tcb.MayCarryData && !kept.IsConfirmed)
        {
            return CauseCode.ResourceShortage;
        }

        for (int i = tcb.Paths.Count - 1; i >= 0; i--)
        {
            if (tcb.Paths[i] != kept)
            {
                Remove(tcb.Paths[i], kept.Address);
            }
        }

        return CauseCode.None;
    }

    // §5.4: advice. What is not verified yet becomes the primary path when it is (RFC 9260 §5.4).
    private CauseCode Prefer(in NetworkAddress address)
    {
        if (tcb.Paths.Find(address) is not { } path)
        {
            return CauseCode.UnresolvableAddress;
        }

        AddressChanges changes = tcb.Context.AddressChanges!;
        changes.Preferred = path.IsConfirmed ? null : path;
        if (path.IsConfirmed && path != tcb.Paths.Primary)
        {
            tcb.Paths.MakePrimary(path);
            ReportPrimary();
            Transfer.Sender.OnOpportunity();
        }

        return CauseCode.None;
    }

    // F12, F13: nothing goes there any more. What is outstanding there is sent again elsewhere.
    private void Remove(Path path, in NetworkPath from)
    {
        AddressChanges changes = tcb.Context.AddressChanges!;
        Path primary = tcb.Paths.Primary;
        changes.Preferred = changes.Preferred == path ? null : changes.Preferred;
        int index = path.Index;
        Transfer.Sender.OnPathLeaving(path);
        tcb.Paths.Remove(path, tcb.Paths.Find(from.Remote));
        Transfer.OnPathRemoved(path, index, tcb.Paths.Primary);
        tcb.Context.Timers.RemovePath(index, tcb.Paths.Count);
        tcb.Context.Control.RemovePath(index);
        tcb.Shutdown.OnPathRemoved(index);
        changes.Requests?.OnPathRemoved(path, tcb.Paths.Primary);
        tcb.Context.Report(new AssociationEvent.PathChanged(path.Address, path.State, PathChange.Removed));
        if (primary == path)
        {
            ReportPrimary();
        }
    }

    private void ReportPrimary()
    {
        Path primary = tcb.Paths.Primary;
        tcb.Context.Report(new AssociationEvent.PathChanged(primary.Address, primary.ShownState, PathChange.MadePrimary));
    }

    // V2: a parameter that we do not know says itself whether it is to be reported.
    private static CauseCode CauseOf(in ParameterView parameter) =>
        parameter.Type is ParameterType.AddIPAddress or ParameterType.DeleteIPAddress or ParameterType.SetPrimaryAddress ? CauseCode.InvalidMandatoryParameter
        : parameter.WhenUnrecognized is UnrecognizedAction.StopAndReport or UnrecognizedAction.SkipAndReport ? CauseCode.UnrecognizedParameters
        : CauseCode.None;

    private static uint CorrelationOf(in ParameterView parameter) =>
        new WireReader(parameter.Value).TryReadUInt32(out uint id) ? id : 0;
}
