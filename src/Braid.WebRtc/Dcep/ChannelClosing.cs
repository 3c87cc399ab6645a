using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.WebRtc.Dcep;

/// <summary>The resets that close channels (RFC 8831 §6.7): who waits for one, and which request is whose.</summary>
internal sealed class ChannelClosing
{
    /// <summary>Streams that one request names: fewer than a packet holds.</summary>
    public const int MostStreams = 128;

    private readonly Queue<Channel> _waiting = new();
    private uint _context;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Has our stream reset, once.</summary>
    public void Ask(Channel channel)
    {
        if (channel.ResetContext is null && !channel.IsOutgoingReset)
        {
            channel.ResetContext = 0;
            _waiting.Enqueue(channel);
        }
    }

    /// <summary>The next request, for as many as wait.</summary>
    public ChannelCommand.ResetStreams Take()
    {
        _context = _context == uint.MaxValue ? 1 : _context + 1;
        var streams = new List<StreamId>();
        while (streams.Count < MostStreams && _waiting.TryDequeue(out Channel? channel))
        {
            channel.ResetContext = _context;
            streams.Add(channel.Id!.Value);
        }

        return new ChannelCommand.ResetStreams(streams, _context);
    }

    /// <summary>The association knows of a request: from now on the peer may.</summary>
    public static void OnAsked(ChannelCommand.ResetStreams request, StreamTable table)
    {
        foreach (StreamId stream in request.Streams)
        {
            table[stream.Value]?.IsResetAsked = true;
        }
    }

    /// <summary>What came of a request.</summary>
    /// <returns>False when it was not about this channel, but about one that had its number before.</returns>
    public static bool OnAnswered(Channel channel, bool isDone, uint context)
    {
        if (context == 0 || channel.ResetContext != context)
        {
            return false;
        }

        channel.ResetContext = null;
        channel.IsOutgoingReset = isDone;
        return true;
    }

    public void Clear() => _waiting.Clear();
}
