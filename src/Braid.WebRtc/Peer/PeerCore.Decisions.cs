using System;
using Braid.Core;
using Braid.Dtls;
using Braid.Ice;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Peer;

/// <content>What an event in one part means for the others.</content>
internal sealed partial class PeerCore
{
    private void Enter(Instant now)
    {
        _now = Instant.Max(_now, now);
        _isSettled = false;
    }

    // What has happened in one part is told to the others, until nothing happens any more.
    private void Settle(Instant now)
    {
        _now = Instant.Max(_now, now);
        if (_isSettled)
        {
            return;
        }

        while (SettleIce() | SettleSecurity() | SettleChannels())
        {
        }

        _news.OnSignaling(_descriptions.State);
        _news.OnStates(
            _ice, PeerState.Of(_isClosed, _ice.Connection, _security.State, _security.Session?.End), Agent.Reason, End);
        _isSettled = true;
    }

    private bool SettleIce()
    {
        bool any = false;
        while (Agent.TryGetEvent(out IceEvent? raised))
        {
            any = true;
            switch (raised)
            {
                case IceEvent.CandidateFound found:
                    _ice.OnFound(found.Candidate);
                    break;
                case IceEvent.GatheringCompleted:
                    _ice.OnFound(null);
                    break;
                case IceEvent.SelectedPairChanged changed:
                    OnPair(changed.Pair);
                    break;
                case IceEvent.ResolutionWanted wanted:
                    _news.Add(new PeerEvent.ResolutionWanted(wanted.HostName));
                    break;
                case IceEvent.ConnectionWanted wanted:
                    _news.Add(new PeerEvent.ConnectionWanted(wanted.Local, wanted.Remote));
                    break;
                case IceEvent.RelayWanted wanted:
                    _news.Add(new PeerEvent.RelayWanted(wanted.Server));
                    break;
                case IceEvent.RelayReleased released:
                    _news.Add(new PeerEvent.RelayReleased(released.Relay));
                    break;
            }
        }

        if (_wasSilent && IsHeard)
        {
            OnPathChanged();
        }

        _wasSilent = CanSend && Agent.IsSilent;
        _news.OnGathering(_ice, _descriptions);
        return any;
    }

    private void OnPair(IceSelectedPair? pair)
    {
        _news.Add(new PeerEvent.SelectedPairChanged(pair));
        if (pair is not null && pair.Path != _lastPath)
        {
            OnPathChanged();
        }

        _lastPath = pair?.Path ?? default;                   // after an outage the same one has to be learnt anew, too
    }

    // RFC 8831 §5: another way, of which nothing is known yet; or the same one after an outage, in which timers have backed off.
    private void OnPathChanged()
    {
        _association?.Association.HandlePathChange(_now);
        _security.HandlePathChange(_now);
    }

    private bool SettleSecurity()
    {
        bool any = CanSend && _security.TryStart(_now);
        if (_security.State == DtlsState.Connected && _association is null && _transportEnd.Reason == RTCFailureReason.None)
        {
            any = true;
            _association = new PeerAssociation(_now, _options, _negotiation!, _security.Session!.Overhead, _random.Fork());
            while (_security.TryReceive(out ReadOnlySpan<byte> packet))
            {
                _association.OnPacket(_now, packet, EcnCodepoint.NotCapable);
            }
        }
        else if (_security.Session?.End is { } end && _transportEnd.Reason == RTCFailureReason.None)
        {
            any = true;
            if (_association is not null)
            {
                SettleChannels();                            // what the peer said last
            }

            EndTransport(PeerState.Describe(end));
        }

        return any;
    }

    private bool SettleChannels()
    {
        bool any = false;
        if (_association?.Association is { } association && _transportEnd.Reason == RTCFailureReason.None)
        {
            any = _channels.TakeAll(association, _news.Outputs, out PeerEnd end);
            any |= _channels.DoCommands(_now, association);
            _channels.UpdateBuffered(association);
            if (_channels.TakeRoom(association))
            {
                _news.Add(PeerEvent.RoomAvailable.Instance);
            }

            if (end.Reason != RTCFailureReason.None)
            {
                EndTransport(end);
            }
        }

        return any | _channels.TakeEvents(_news.Outputs);
    }

    // Descriptions have changed, or may have.
    private void OnDescribed()
    {
        _news.OnSignaling(_descriptions.State);
        _ice.Apply(_now, _descriptions);
        Negotiation? negotiation = _descriptions.State.Negotiated;
        bool isNew = negotiation != _negotiation;
        _negotiation = negotiation;
        if (negotiation is null)
        {
            if (_descriptions.IsDataRejected)
            {
                EndTransport(new PeerEnd(RTCFailureReason.Rejected, "The peer does not want data channels: it has rejected their section."));
            }
        }
        else if (isNew)
        {
            if (negotiation.StartsDtls)
            {
                BeginTransport(negotiation);
            }

            _channels.Negotiator.MaximumMessageSize = negotiation.MaximumMessageSize;
        }
    }

    private void BeginTransport(Negotiation negotiation)
    {
        if (_association is not null)
        {
            // RFC 8842 §4, RFC 8841 §9: another DTLS association, and with it another one of SCTP.
            // The connection goes on, only its channels do not.
            EndChannels(RTCError.None);
        }

        _association = null;
        _sender.Forget();
        bool isClient = negotiation.Role == DtlsSetup.Active;
        DtlsRole role = isClient ? DtlsRole.Client : DtlsRole.Server;
        _security.Begin(_options.Sessions(role, PeerDescriptions.Fingerprints(negotiation.Remote)), isClient);
        _transportEnd = PeerEnd.None;
        _channels.Negotiator.OnRole(isClient);
    }

    // DTLS or SCTP is over, and all channels with it. Those that are created from now on wait for the next ones.
    private void EndTransport(PeerEnd end)
    {
        if (_transportEnd.Reason != RTCFailureReason.None && !_isClosed)
        {
            return;
        }

        _transportEnd = end;                                 // the association stays: it may have an ABORT to send
        _news.Add(new PeerEvent.TransportDown(end));
        EndChannels(PeerState.ToError(end));
    }

    private void EndChannels(RTCError error)
    {
        _channels.Negotiator.OnDown(error);
        _channels.TakeEvents(_news.Outputs);
        _channels = new PeerChannels();
    }
}
