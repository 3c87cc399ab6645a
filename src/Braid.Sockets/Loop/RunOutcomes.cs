using System;
using Braid.Core;
using Braid.Dtls;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>What a run of a loop has brought: associations to be accepted, news for those that live there, sessions that have ended.</summary>
/// <param name="loop">The loop.</param>
internal sealed class RunOutcomes(EndpointLoop loop)
{
    /// <summary>Tells everybody whom it concerns. On the loop, after what the run had to send.</summary>
    public void Tell(Instant now)
    {
        while (loop.Endpoint.TryAccept(out Association? association))
        {
            Accept(now, association);
        }

        while (loop.Endpoint.TryTakeActive(out Association? association))
        {
            if (association.Tag is AssociationHost { HasEnded: false } host)
            {
                host.Collect(now);
            }
            else
            {
                Discard(association);
            }
        }

        // Last, since a peer says goodbye after he has told his associations why.
        while (loop.Secure is { } secure && secure.TryTakeEnded(out NetworkAddress remote, out DtlsEnd? end, out bool isUsed))
        {
            if (end.Reason is not (DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer))
            {
                LogMessages.SessionFailed(loop.Logger, remote, end.Message);
            }

            if (isUsed)
            {
                loop.Life.EndPeer(now, remote, SctpException.From(end, remote));
            }
        }
    }

    private void Accept(Instant now, Association association)
    {
        if (loop.Ports.TryFindAcceptor(association.LocalPort, out Action<Association>? onAccepted))
        {
            onAccepted(association);
        }
        else
        {
            association.Abort(now, "nobody listens any more"u8);
            loop.SendDatagrams(now);
        }
    }

    // Nobody accepted it, or its host was ended by a fault: what it still has for an application is given back.
    private static void Discard(Association association)
    {
        while (association.TryGetEvent(out AssociationEvent? associationEvent))
        {
            (associationEvent as AssociationEvent.SendFailed)?.Payload.Dispose();
        }

        while (association.TryReceive(out ReceivedMessage? message))
        {
            message.Dispose();
        }
    }
}
