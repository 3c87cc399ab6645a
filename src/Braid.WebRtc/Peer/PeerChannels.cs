using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Peer;

/// <summary>
/// The channels of one association: does what <see cref="ChannelNegotiator"/> wants done, and tells it what has happened. Owns which
/// channels have something that waits to be sent.
/// </summary>
internal sealed class PeerChannels
{
    private static readonly byte[] s_empty = [0];            // RFC 8831 §6.6: one zero byte stands for an empty message

    private readonly List<Channel> _draining = [];
    private bool _isUp;

    public ChannelNegotiator Negotiator { get; } = new();

    /// <summary>Whether a message was refused for want of room, and nobody was told yet that there is some.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether a look at what waits to be sent may show that it is less.</summary>
    public bool IsDraining => _draining.Count > 0;

    public bool TryCreate(string label, RTCDataChannelInit? init, [NotNullWhen(true)] out Channel? channel, out RTCError error)
    {
        channel = null;
        return ChannelArguments.TryCheck(label, init, out ChannelOptions? options, out error) && Negotiator.TryCreate(options, out channel, out error);
    }

    /// <summary>Hands a message to the association.</summary>
    public RTCError Send(Instant now, Association? association, Channel channel, ReadOnlySpan<byte> message, bool isText)
    {
        RTCError error = Prepare(channel, message.Length, isText, out ChannelSend send);
        return !error.IsNone ? error
            : association is null ? RTCError.InvalidState("The connection is closed.")
            : Finish(channel, message.Length, association.Send(now, send.IsEmpty ? s_empty : message, send.Options));
    }

    /// <summary>Hands a message over without copying it. The memory passes on only without an error.</summary>
    public RTCError Send(Instant now, Association? association, Channel channel, PooledBuffer message, bool isText)
    {
        if (message.Length == 0)
        {
            RTCError empty = Send(now, association, channel, ReadOnlySpan<byte>.Empty, isText);
            if (empty.IsNone)
            {
                message.Dispose();
            }

            return empty;
        }

        RTCError error = Prepare(channel, message.Length, isText, out ChannelSend send);
        int length = message.Length;
        return !error.IsNone ? error
            : association is null ? RTCError.InvalidState("The connection is closed.")
            : Finish(channel, length, association.Send(now, message, send.Options));
    }

    /// <summary>Takes what the association has for us, in its order: a message after the reset of its stream belongs to another channel.</summary>
    /// <param name="association">The association.</param>
    /// <param name="outputs">Where messages go.</param>
    /// <param name="end">Why it has ended; none while it has not.</param>
    /// <returns>Whether there was anything.</returns>
    public bool TakeAll(Association association, Queue<PeerOutput> outputs, out PeerEnd end)
    {
        end = PeerEnd.None;
        bool any = _isUp && TakeMessages(association, outputs);          // the peer's first OPEN may come with its COOKIE ECHO
        while (association.TryGetEvent(out AssociationEvent? happened))
        {
            any = true;
            if (OnEvent(happened, outputs) is { Reason: not RTCFailureReason.None } ended)
            {
                end = ended;
            }

            TakeMessages(association, outputs);
        }

        return any;
    }

    /// <summary>Takes what the application is to hear of channels.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool TakeEvents(Queue<PeerOutput> outputs)
    {
        bool any = false;
        while (Negotiator.TryGetEvent(out ChannelEvent? change))
        {
            any = true;
            outputs.Enqueue(new PeerOutput(change is ChannelEvent.BufferedAmountLow low ? News(low) : new PeerEvent.ChannelChanged(change), default));
        }

        return any;
    }

    /// <summary>Does what is to be done with the association, as far as it can be done now.</summary>
    /// <returns>Whether anything was.</returns>
    public bool DoCommands(Instant now, Association association)
    {
        bool any = false;
        while (Negotiator.TryPeekCommand(out ChannelCommand? command) && TryDo(now, association, command))
        {
            any = true;
        }

        return any;
    }

    /// <summary>Looks at what waits to be sent.</summary>
    public void UpdateBuffered(Association association)
    {
        for (int i = _draining.Count - 1; i >= 0; i--)
        {
            Channel channel = _draining[i];
            if (channel is { Id: { } id, State: not RTCDataChannelState.Closed })
            {
                Negotiator.OnWaiting(id, association.BufferedBytesOn(id));
            }

            if (channel.BufferedAmount == 0 || channel.State == RTCDataChannelState.Closed)
            {
                channel.IsDraining = false;
                _draining[i] = _draining[^1];
                _draining.RemoveAt(_draining.Count - 1);
            }
        }
    }

    /// <summary>Whether there is room again where there was none; says so once.</summary>
    public bool TakeRoom(Association association)
    {
        bool hasRoom = IsFull && association.BufferedCharge < association.SendBufferSize;
        IsFull &= !hasRoom;
        return hasRoom;
    }

    // It comes as often as messages are sent: one object for each channel.
    private static PeerEvent News(ChannelEvent.BufferedAmountLow low)
    {
        low.Channel.LowNews ??= new PeerEvent.ChannelChanged(low);
        return (PeerEvent)low.Channel.LowNews;
    }

    private bool TakeMessages(Association association, Queue<PeerOutput> outputs)
    {
        bool any = false;
        while (association.TryReceive(out ReceivedMessage? message))
        {
            any = true;
            ChannelDelivery delivery = Negotiator.OnMessage(message.Stream, message.Ppid, message.Payload, message.BeginOfRecord, message.EndOfRecord);
            TakeEvents(outputs);                             // a channel is announced before its first message
            if (delivery.Channel is { } channel)
            {
                outputs.Enqueue(new PeerOutput(null, new PeerMessage(channel, message, delivery.IsText, delivery.IsEmpty, delivery.EndOfMessage)));
            }
            else
            {
                message.Dispose();
            }
        }

        return any;
    }

    private PeerEnd OnEvent(AssociationEvent happened, Queue<PeerOutput> outputs)
    {
        switch (happened)
        {
            case AssociationEvent.Established established:
                _isUp = true;
                Negotiator.OnUp(established.OutgoingStreams, established.IncomingStreams);
                outputs.Enqueue(new PeerOutput(
                    new PeerEvent.TransportUp(Math.Min(established.OutgoingStreams, established.IncomingStreams), Negotiator.MaximumMessageSize), default));
                break;
            case AssociationEvent.StreamsReset reset:
                Negotiator.OnStreamsReset(reset.IsIncoming, reset.Streams, reset.IsDone, reset.Context);
                break;
            case AssociationEvent.PartialDeliveryAborted aborted when Negotiator.Find(aborted.Stream.Value) is { } channel:
                ChannelMessages.Abort(channel);
                outputs.Enqueue(new PeerOutput(new PeerEvent.MessageAborted(channel), default));
                break;
            case AssociationEvent.Restarted:
                return new PeerEnd(RTCFailureReason.SctpFailed, "The peer has begun the SCTP association anew: it knows nothing of our channels.");
            case AssociationEvent.Closed closed:
                return PeerState.Describe(closed);
        }

        TakeEvents(outputs);
        return PeerEnd.None;
    }

    private RTCError Prepare(Channel channel, long length, bool isText, out ChannelSend send)
    {
        RTCError error = Negotiator.Prepare(channel, length, isText, out send);
        IsFull |= error.Name == RTCErrorName.OperationError;             // its OPEN waits for room: so does this
        return error;
    }

    private RTCError Finish(Channel channel, long length, SendStatus status)
    {
        switch (status)
        {
            case SendStatus.Ok:
                ChannelNegotiator.OnAccepted(channel, length);
                if (!channel.IsDraining)
                {
                    channel.IsDraining = true;
                    _draining.Add(channel);
                }

                return RTCError.None;
            case SendStatus.QueueFull:
                IsFull = true;
                return RTCError.Operation("The send buffer is full.");
            case SendStatus.InvalidLength:
                return RTCError.Type("The message is longer than what may be sent.");
            default:
                return RTCError.InvalidState("The association does not take messages any more.");
        }
    }

    private bool TryDo(Instant now, Association association, ChannelCommand command)
    {
        switch (command)
        {
            case ChannelCommand.SetWeight weight:
                association.SetStreamSchedulerValue(weight.Stream, weight.Weight);
                break;
            case ChannelCommand.Send send:
                if (association.Send(now, send.Payload.Span, send.Options) == SendStatus.QueueFull)
                {
                    return false;
                }

                break;
            case ChannelCommand.ResetStreams reset:
                ReconfigurationStatus status = association.ResetStreams(now, [.. reset.Streams], ResetDirection.Outgoing, reset.Context);
                if (status == ReconfigurationStatus.InProgress)
                {
                    return false;
                }

                if (status != ReconfigurationStatus.Started)
                {
                    Negotiator.OnCommandDone();
                    Negotiator.OnStreamsReset(false, reset.Streams, false, reset.Context);
                    return true;
                }

                break;
        }

        Negotiator.OnCommandDone();
        return true;
    }
}
