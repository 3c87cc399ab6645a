using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Addresses are added and removed while the association lives (RFC 5061 §5).</summary>
internal readonly struct AddressProcedures(Tcb tcb)
{
    private AddressAskingProcedures Asking => new(tcb);

    private AddressAnsweringProcedures Answering => new(tcb);

    /// <inheritdoc cref="AddressAskingProcedures.Ask"/>
    public AddressRequestResult Ask(AddressRequestKind kind, in NetworkAddress address) => Asking.Ask(kind, address);

    /// <summary>Takes in an ASCONF (§5.2).</summary>
    public bool OnAsconf(in AsconfChunk chunk, in NetworkPath from)
    {
        if (!Asking.IsAllowed)
        {
            return tcb.Unexpected();
        }

        Answering.OnRequest(chunk, from);
        return true;
    }

    /// <summary>Takes in an ASCONF-ACK (§5.1 A5 to A8).</summary>
    public bool OnAsconfAck(in AsconfAckChunk chunk)
    {
        if (!Asking.IsAllowed)
        {
            return tcb.Unexpected();
        }

        tcb.BeginAddressChanges();
        return Asking.OnAnswer(chunk);
    }

    /// <summary>
    /// The peer has reported, authenticated, a chunk that it does not know (§5.1 A9). Without that anybody may have: the peer has said that it knows
    /// ASCONF (§4.2.7), or it would not have been asked.
    /// </summary>
    public void OnUnrecognizedChunk(in CauseView cause)
    {
        if (tcb.Context.AddressChanges is { Requests.InFlight.Length: > 0 } && cause.Value is [(byte)ChunkType.Asconf, ..])
        {
            Asking.OnNotRecognized();
        }
    }

    /// <summary>No answer in time (§5.1 B1 to B5).</summary>
    public void OnTimeout() => Asking.OnTimeout();

    /// <summary>Asks for what comes next; looked at whenever datagrams are taken.</summary>
    public void Advance()
    {
        if (tcb.Context.AddressChanges is not { Requests.IsBusy: true } changes || tcb.State == AssociationState.Closed)
        {
            return;
        }

        if (Asking.IsAllowed)
        {
            Asking.SendNext();
        }
        else
        {
            changes.GiveUp();
        }
    }

    /// <summary>Writes the answers that go to one place, or our ASCONF, alone in a packet: from where, is a matter of its own.</summary>
    /// <param name="assembler">Who begins and ends packets.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="datagram">What was written.</param>
    public bool TryAssemble(in PacketAssembler assembler, System.Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        AddressChanges changes = tcb.Context.AddressChanges!;
        if (!Asking.IsAllowed)
        {
            return false;                                    // §5.1.1 C4
        }

        if (changes.Answers is { WantsSend: true } answers && !changes.Own.IsMuted)
        {
            NetworkPath to = answers.To;                     // E6
            bool mayLeave = to.Local.Family == NetworkFamily.None || changes.Own.Known.Count == 0 || changes.Own.MayLeaveFrom(to.Local);
            NetworkPath way = mayLeave ? to : to with { Local = SourceAddresses.For(changes.Own.Sources, to.Remote) };
            PacketWriter packet = assembler.BeginFor(destination, tcb.Paths.Find(to.Remote), tcb.PeerTag);
            answers.Write(ref packet);
            if (!packet.IsEmpty)
            {
                datagram = assembler.FinishFor(ref packet, tcb.Transfer!, way);
                return true;
            }
        }

        if (changes.Requests is { WantsSend: true, Path: { } planned } requests)
        {
            Path path = planned.IsConfirmed ? planned : tcb.Paths.ForData();
            if (!path.IsConfirmed)
            {
                requests.OnHeldBack(path);
                return false;                                // the peer has moved: heartbeats come first
            }

            NetworkPath way = path.Address with { Local = Asking.SourceTo(path) };
            PacketWriter packet = assembler.BeginFor(destination, path, tcb.PeerTag);
            AsconfChunk.Write(ref packet, requests.Chunk);
            requests.OnSent(path);                           // one that does not fit is as good as lost
            if (!packet.IsEmpty)
            {
                datagram = assembler.FinishFor(ref packet, tcb.Transfer!, way);
                return true;
            }
        }

        return false;
    }
}
