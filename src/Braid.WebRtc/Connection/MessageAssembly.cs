using System.Collections.Generic;
using Braid.Sockets;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>
/// What has come over one channel, as messages: puts together those that come in parts, and holds up what would take too much memory. On the
/// loop only.
/// </summary>
/// <param name="host">The connection.</param>
/// <param name="channel">The channel.</param>
internal sealed class MessageAssembly(ConnectionHost host, ChannelHost channel)
{
    private readonly Queue<PeerMessage> _held = new();       // in the receive window, which they keep closed
    private PartialMessage? _partial;
    private bool _isMidRecord;
    private bool _hasFailed;

    /// <summary>Whether something waits for <see cref="Resume"/>.</summary>
    public bool IsHolding => _held.Count > 0;

    /// <summary>A message, or a part of one, has come.</summary>
    public void Add(in PeerMessage message, ref DecidedWaiters decided)
    {
        if (IsHolding || MustWait(message))
        {
            _held.Enqueue(message);
            return;
        }

        Take(message, ref decided);
    }

    /// <summary>There is room again.</summary>
    public void Resume(ref DecidedWaiters decided)
    {
        while (_held.TryPeek(out PeerMessage message) && !MustWait(message))
        {
            _held.Dequeue();
            Take(message, ref decided);
        }
    }

    /// <summary>Nothing more will come: what is held is taken, and what is not whole never will be.</summary>
    public void End(ref DecidedWaiters decided)
    {
        while (_held.TryDequeue(out PeerMessage message))
        {
            Take(message, ref decided);
        }

        Drop();
    }

    private bool MustWait(in PeerMessage message) => host.Parts.IsFull && (!message.EndOfMessage || _partial is not null);

    private void Take(in PeerMessage message, ref DecidedWaiters decided)
    {
        if (_isMidRecord && message.Source.BeginOfRecord)
        {
            Drop();                                          // the peer has given the rest of the last one up (RFC 3758 §3.6)
        }

        _isMidRecord = !message.Source.EndOfRecord;
        if (_hasFailed)
        {
            message.Source.Dispose();
        }
        else if (!message.EndOfMessage || _partial is not null)
        {
            TakePart(message, ref decided);
        }
        else
        {
            channel.Deliver(host.Take(message), ref decided);
        }
    }

    private void TakePart(in PeerMessage message, ref DecidedWaiters decided)
    {
        _partial ??= new PartialMessage(host.Parts, host.MaxReceiveSize);
        bool fits = _partial.TryAdd(message.Payload);
        message.Source.Dispose();
        if (!fits)
        {
            _hasFailed = true;                               // the end of it is no message
            Drop();
            channel.CloseFor(new RTCError(
                RTCErrorName.OperationError, "The peer has sent more than a=max-message-size allows.", RTCErrorDetail.DataChannelFailure));
        }
        else if (message.EndOfMessage)
        {
            AssembledMessage whole = _partial.Complete();
            _partial = null;
            channel.Deliver(new RTCMessage(whole, message.IsText), ref decided);
        }
    }

    private void Drop()
    {
        _partial?.Drop();
        _partial = null;
    }
}
