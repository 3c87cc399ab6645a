using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;
using Braid.WebRtc;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Peer;

namespace Braid.Simulation;

/// <summary>
/// Sends messages over a channel from one host to another, and checks what arrives: of a reliable channel each message once, of an ordered one
/// in order, of any other at most once; all bytes as they were sent.
/// </summary>
internal sealed class PeerLoad
{
    private const int HeaderLength = 8;

    private readonly PeerHost _from;
    private readonly Channel _channel;
    private readonly int _total;
    private readonly Func<int, int> _length;
    private readonly HashSet<int> _arrived = [];
    private readonly ArrayBufferWriter<byte> _parts = new();
    private int _next;
    private int _expected;

    /// <param name="from">Who sends.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="to">Who receives.</param>
    /// <param name="total">How many messages.</param>
    /// <param name="length">Bytes of each, from 8.</param>
    public PeerLoad(PeerHost from, Channel channel, PeerHost to, int total, Func<int, int> length)
    {
        _from = from;
        _channel = channel;
        _total = total;
        _length = length;
        to.Received += OnMessage;
    }

    public PeerHost From => _from;

    public int Sent => _next;

    public int Arrived => _arrived.Count;

    public bool IsComplete => _arrived.Count == _total;

    /// <summary>Whether all that was sent has left, and nothing has to arrive.</summary>
    public bool IsSent => _next == _total && _channel.BufferedAmount == 0;

    /// <summary>Sends as much as goes.</summary>
    public void Work(Instant now)
    {
        while (_next < _total && _channel.State == RTCDataChannelState.Open)
        {
            byte[] message = Make(_next);
            RTCError error = _from.Core.Send(now, _channel, message, isText: false);
            if (error.Name == RTCErrorName.OperationError)
            {
                return;                                      // full
            }

            if (!error.IsNone)
            {
                throw new ScenarioException($"{_from.Name} cannot send: {error}");
            }

            _next++;
        }
    }

    private byte[] Make(int number)
    {
        var message = new byte[Math.Max(HeaderLength, _length(number))];
        BinaryPrimitives.WriteInt32BigEndian(message, number);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), message.Length);
        for (int i = HeaderLength; i < message.Length; i++)
        {
            message[i] = (byte)(number + (i * 7));
        }

        return message;
    }

    private void OnMessage(PeerMessage message)
    {
        if (message.Channel.Id != _channel.Id)
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> part in message.Payload)
        {
            _parts.Write(part.Span);
        }

        if (!message.EndOfMessage)
        {
            return;
        }

        ReadOnlySpan<byte> bytes = _parts.WrittenSpan;
        int number = bytes.Length < HeaderLength ? -1 : BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (number < 0 || number >= _next || !bytes.SequenceEqual(Make(number)))
        {
            throw new ScenarioException($"Channel {_channel.Id}: a message of {bytes.Length} bytes was never sent.");
        }

        if (!_arrived.Add(number))
        {
            throw new ScenarioException($"Channel {_channel.Id}: message {number} came twice.");
        }

        bool isReliable = _channel.Options is { MaximumRetransmissions: null, LifetimeMilliseconds: null };
        if (_channel.Options.IsOrdered && (isReliable ? number != _expected : number < _expected))
        {
            throw new ScenarioException($"Channel {_channel.Id}: message {number} came, and {_expected} was due.");
        }

        _expected = number + 1;
        _parts.ResetWrittenCount();
    }
}
