using System;
using System.Buffers;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.WebRtc;
using Braid.WebRtc.Dcep;

namespace Braid.Fuzz;

/// <summary>
/// Everything that may happen to data channels, in any order, and messages of any bytes. The input is a list of calls; whatever they are,
/// each channel that is announced or created lives through its states once.
/// </summary>
public sealed class DcepTarget : IFuzzTarget
{
    /// <inheritdoc/>
    public string Name => "dcep";

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        var run = new Calls();
        var script = new ByteScript(input);
        if (script.Below(8) != 0)
        {
            run.Connect(script.Below(2) == 0, 1 + script.Byte());
        }

        while (!script.IsAtEnd)
        {
            run.Step(ref script);
            run.Drain(doesCommands: script.Below(4) != 0);
        }

        run.End();
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        var input = new byte[2 + random.NextInt32(400)];
        random.Fill(input);
        return input;
    }

    private sealed class Calls
    {
        private static readonly uint[] s_ppids = [50, 51, 52, 53, 54, 56, 57, 0, 99];

        private readonly ChannelNegotiator _negotiator = new();
        private readonly Dictionary<Channel, int> _stages = [];
        private readonly List<Channel> _channels = [];
        private readonly Queue<ChannelCommand.ResetStreams> _resets = new();
        private bool _isConnected;

        public void Connect(bool isClient, int streams)
        {
            if (!_isConnected)
            {
                _isConnected = true;
                _negotiator.OnRole(isClient);
                _negotiator.OnUp(streams, 65535);
            }
        }

        public void Step(ref ByteScript script)
        {
            int kind = script.Below(10);
            var stream = new StreamId(script.Byte());
            switch (kind)
            {
                case 0:
                    Create(stream.Value, ref script);
                    break;
                case 1:
                    Message(stream, 50, OpenMessage.Write(new ChannelOptions { Label = new string('l', script.Byte()), IsOrdered = script.Below(2) == 0 }));
                    break;
                case 2:
                    Message(stream, 50, AckMessage.Bytes);
                    break;
                case 3:
                    Message(stream, s_ppids[script.Below(s_ppids.Length)], Bytes(ref script));
                    break;
                case 4:
                    _negotiator.OnStreamsReset(true, stream.Value == 255 ? [] : [stream], true, 0);
                    break;
                case 5 when _resets.TryDequeue(out ChannelCommand.ResetStreams? reset):
                    _negotiator.OnStreamsReset(false, reset.Streams, script.Below(8) != 0, reset.Context);
                    break;
                case 6:
                    _negotiator.OnStreamsReset(false, [stream], script.Below(2) == 0, script.Byte());
                    break;
                case 7 when _channels.Count > 0:
                    _negotiator.Close(_channels[stream.Value % _channels.Count]);
                    break;
                case 8 when _channels.Count > 0:
                    Send(_channels[stream.Value % _channels.Count], script.Byte());
                    break;
                default:
                    Connect(script.Below(2) == 0, 1 + script.Byte());
                    break;
            }
        }

        public void Drain(bool doesCommands)
        {
            while (doesCommands && _negotiator.TryPeekCommand(out ChannelCommand? command))
            {
                if (command is ChannelCommand.ResetStreams reset)
                {
                    Check(reset.Streams.Count is > 0 and <= ChannelClosing.MostStreams && reset.Context != 0, "a reset of nothing");
                    _resets.Enqueue(reset);
                }

                _negotiator.OnCommandDone();
            }

            while (_negotiator.TryGetEvent(out ChannelEvent? channelEvent))
            {
                Observe(channelEvent);
            }

            Check(_negotiator.Count <= 65535, "more channels than numbers");
        }

        public void End()
        {
            _negotiator.OnDown(RTCError.None);
            Drain(doesCommands: true);
            Check(_negotiator.Count == 0, "a channel outlives the association");
            foreach (Channel channel in _channels)
            {
                Check(channel.State == RTCDataChannelState.Closed && _stages[channel] == 4, "a channel is never closed");
            }
        }

        private static void Check(bool condition, string message)
        {
            if (!condition)
            {
                throw new FuzzException(message);
            }
        }

        private static byte[] Bytes(ref ByteScript script)
        {
            var bytes = new byte[script.Below(24)];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = script.Byte();
            }

            return bytes;
        }

        private void Create(ushort id, ref ByteScript script)
        {
            var options = new ChannelOptions { NegotiatedId = script.Below(2) == 0 ? id : null, IsOrdered = script.Below(2) == 0, MaximumRetransmissions = 1 };
            if (_negotiator.TryCreate(options, out Channel? channel, out _))
            {
                _channels.Add(channel);
                _stages.Add(channel, 1);
            }
        }

        private void Message(StreamId stream, uint ppid, ReadOnlyMemory<byte> bytes)
        {
            ChannelDelivery delivery = _negotiator.OnMessage(stream, ppid, new ReadOnlySequence<byte>(bytes));
            Check(delivery.Channel is null || (delivery.Channel.State == RTCDataChannelState.Open && delivery.Channel.Id == stream.Value), "a message for no channel");
        }

        private void Send(Channel channel, int length)
        {
            RTCError error = _negotiator.Prepare(channel, length, false, out ChannelSend send);
            if (error.IsNone)
            {
                Check(_negotiator.Find(send.Options.Stream.Value) == channel, "a message goes out on a stream that is not its channel's");
                ChannelNegotiator.OnAccepted(channel, length);
                _negotiator.OnWaiting(send.Options.Stream, length / 2);
            }
        }

        // 1 created or announced, 2 open, 3 closing, 4 closed.
        private void Observe(ChannelEvent channelEvent)
        {
            Channel channel = channelEvent.Channel;
            if (channelEvent is ChannelEvent.Announced)
            {
                _channels.Add(channel);
                Check(_stages.TryAdd(channel, 1), "a channel is announced twice");
                return;
            }

            int stage = _stages[channel];
            int next = channelEvent switch
            {
                ChannelEvent.Opened => 2,
                ChannelEvent.Closing => 3,
                ChannelEvent.Closed => 4,
                _ => stage,
            };
            Check(stage < 4 && (next > stage || channelEvent is ChannelEvent.BufferedAmountLow), $"{channelEvent.GetType().Name} after stage {stage}");
            _stages[channel] = next;
        }
    }
}
