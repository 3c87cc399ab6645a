using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

/// <summary>One side without an association: commands are written down, and what comes from the peer is said by hand.</summary>
internal sealed class NegotiatorHarness
{
    public ChannelNegotiator Negotiator { get; } = new();

    /// <summary>What was ordered since it was last looked at, as text.</summary>
    public string Commands()
    {
        var texts = new List<string>();
        while (Negotiator.TryPeekCommand(out ChannelCommand? command))
        {
            LastContext = command is ChannelCommand.ResetStreams reset ? reset.Context : LastContext;
            texts.Add(command switch
            {
                ChannelCommand.SetWeight weight => $"weight {weight.Stream} {weight.Weight}",
                ChannelCommand.Send send => $"{(send.Payload.Span[0] == OpenMessage.MessageType ? "OPEN" : "ACK")} {send.Options.Stream}",
                ChannelCommand.ResetStreams streams => $"reset {string.Join(' ', streams.Streams)}",
                _ => "?",
            });
            Negotiator.OnCommandDone();
        }

        return string.Join(", ", texts);
    }

    public uint LastContext { get; private set; }

    /// <summary>What the application was told since.</summary>
    public string Events()
    {
        var texts = new List<string>();
        while (Negotiator.TryGetEvent(out ChannelEvent? channelEvent))
        {
            Last = channelEvent.Channel;
            LastError = channelEvent is ChannelEvent.Closed closed ? closed.Error : LastError;
            texts.Add($"{channelEvent.GetType().Name.ToLowerInvariant()} {channelEvent.Channel.Options.Label}");
        }

        return string.Join(", ", texts);
    }

    /// <summary>The channel of the last event.</summary>
    public Channel Last { get; private set; } = null!;

    public RTCError LastError { get; private set; }

    public NegotiatorHarness Up(bool isClient = true, int streams = 65535)
    {
        Negotiator.OnRole(isClient);
        Negotiator.OnUp(streams, streams);
        return this;
    }

    public Channel Create(string label, ushort? negotiatedId = null, bool isOrdered = true)
    {
        Assert.True(Negotiator.TryCreate(new ChannelOptions { Label = label, NegotiatedId = negotiatedId, IsOrdered = isOrdered }, out Channel? channel, out RTCError error), error.Message);
        return channel;
    }

    public RTCErrorName TryCreate(ushort? negotiatedId = null)
    {
        Assert.False(Negotiator.TryCreate(new ChannelOptions { NegotiatedId = negotiatedId }, out _, out RTCError error));
        return error.Name;
    }

    public void Ack(ushort stream) => Negotiator.OnMessage(stream, DataChannelPpid.Control, new ReadOnlySequence<byte>(AckMessage.Bytes));

    public void Open(ushort stream, string label = "theirs", ChannelOptions? options = null) =>
        Negotiator.OnMessage(stream, DataChannelPpid.Control, new ReadOnlySequence<byte>(OpenMessage.Write(options ?? new ChannelOptions { Label = label })));

    public ChannelDelivery Message(ushort stream, uint ppid, params byte[] payload) => Negotiator.OnMessage(stream, ppid, new ReadOnlySequence<byte>(payload));

    public void PeerReset(params ushort[] streams) => Negotiator.OnStreamsReset(true, [.. streams.Select(stream => new StreamId(stream))], true, 0);

    public void ResetDone(uint context, params ushort[] streams) => Negotiator.OnStreamsReset(false, [.. streams.Select(stream => new StreamId(stream))], true, context);

    public ChannelSend Send(Channel channel, int length = 1, bool isText = false)
    {
        RTCError error = Negotiator.Prepare(channel, length, isText, out ChannelSend send);
        Assert.True(error.IsNone, error.Message);
        return send;
    }
}
