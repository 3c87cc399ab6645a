using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Moves what the application has sent from its outbox into the protocol, and tells the outbox what the protocol has let go. On the
/// loop.
/// </summary>
internal sealed class OutboxPump(AssociationHost host)
{
    private Deque<OutboundItem> _batch;
    private HashSet<SctpStream>? _backlogged;
    private long _chargeInCore;
    private long _chargeHeld;                                // of that, what waits for a reset of streams
    private long _bytesInCore;

    private Association Core => host.Core;

    private Outbox Outbox => host.Outbox;

    /// <summary>Streams whose backlog somebody looks at.</summary>
    public IEnumerable<SctpStream> Backlogged => _backlogged ?? [];

    /// <summary>Hands over everything that may be sent.</summary>
    public void HandOver(Instant now)
    {
        while (_batch.Count > 0 || Outbox.TryTakeReady(ref _batch))
        {
            while (_batch.TryTakeFirst(out OutboundItem item))
            {
                HandOver(now, item);
            }
        }
    }

    /// <summary>What was acknowledged, or dropped, makes room.</summary>
    public void CollectReleased()
    {
        if (_backlogged is { Count: > 0 })
        {
            _backlogged.RemoveWhere(stream => stream.OnSent(Core.BufferedBytesOn(stream.Id)));
        }

        long charge = _chargeInCore - Core.BufferedCharge;
        long held = Core.HeldCharge;
        if (charge > 0 || held != _chargeHeld)
        {
            long bytes = _bytesInCore - Core.BufferedBytes;
            _chargeInCore -= charge;
            _bytesInCore -= bytes;
            _chargeHeld = held;
            Outbox.OnReleased(charge, bytes, held);
        }
    }

    /// <summary>The association has ended: what the protocol never saw has failed as well.</summary>
    public void FailAll()
    {
        while (TryTakeAny(out OutboundItem item))
        {
            Fail(item);
        }
    }

    /// <summary>It has ended before, and nobody is told any more.</summary>
    public void DiscardAll()
    {
        while (TryTakeAny(out OutboundItem item))
        {
            item.Payload.Dispose();
        }
    }

    private bool TryTakeAny(out OutboundItem item) => _batch.TryTakeFirst(out item) || Outbox.TryTakeAny(out item);

    private void HandOver(Instant now, in OutboundItem item)
    {
        SctpStream? stream = item.Stream;
        int length = item.Payload.Length;
        stream?.OnHandedOver(length);
        if (Core.SendAccepted(now, item.Payload, item.Options) == SendStatus.Ok)
        {
            _chargeInCore += item.Charge;
            _bytesInCore += length;
        }
        else
        {
            Fail(item);                                      // the association has ended, or has not got that stream
            if (Core.State != AssociationState.Closed)
            {
                Outbox.OnReleased(length + AssociationOptions.MessageOverhead, length);
            }
        }

        if (stream is not null)
        {
            (_backlogged ??= []).Add(stream);
        }
    }

    private void Fail(in OutboundItem item)
    {
        if (item.Options.Receipt != 0)
        {
            host.Receipts.Lose(item.Options.Receipt);
        }

        new NotificationSource(host).TellFailed(item.Options, item.Payload, wasOnWire: false);
        item.Payload.Dispose();
    }
}
