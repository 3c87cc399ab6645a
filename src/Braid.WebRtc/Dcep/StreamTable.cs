using System;
using System.Collections.Generic;

namespace Braid.WebRtc.Dcep;

/// <summary>Which channel has which number, and which numbers are free.</summary>
internal sealed class StreamTable
{
    private Channel?[] _channels = [];

    // Of even and of odd numbers, the lowest that may be free.
    private int _lowestEven;
    private int _lowestOdd = 1;

    /// <summary>Numbers in use.</summary>
    public int Count { get; private set; }

    /// <summary>All channels, by number.</summary>
    public IEnumerable<Channel> Channels
    {
        get
        {
            foreach (Channel? channel in _channels)
            {
                if (channel is not null)
                {
                    yield return channel;
                }
            }
        }
    }

    public Channel? this[ushort id] => id < _channels.Length ? _channels[id] : null;

    /// <summary>The lowest free number of a parity.</summary>
    /// <param name="parity">0 for even, 1 for odd.</param>
    /// <param name="limit">All numbers are less.</param>
    /// <param name="id">The number.</param>
    public bool TryFindFree(int parity, int limit, out ushort id)
    {
        ref int lowest = ref parity == 0 ? ref _lowestEven : ref _lowestOdd;
        while (lowest < _channels.Length && _channels[lowest] is not null)
        {
            lowest += 2;
        }

        id = (ushort)Math.Min(lowest, ushort.MaxValue);
        return lowest < limit && lowest <= ChannelArguments.MaximumId;
    }

    public void Add(ushort id, Channel channel)
    {
        if (id >= _channels.Length)
        {
            Array.Resize(ref _channels, Math.Min(ushort.MaxValue, Math.Max(16, Math.Max(id + 1, _channels.Length * 2))));
        }

        _channels[id] = channel;
        channel.Id = id;
        Count++;
    }

    public void Free(ushort id)
    {
        _channels[id] = null;
        Count--;
        ref int lowest = ref (id & 1) == 0 ? ref _lowestEven : ref _lowestOdd;
        lowest = Math.Min(lowest, id);
    }

    public void Clear()
    {
        _channels = [];
        Count = 0;
        _lowestEven = 0;
        _lowestOdd = 1;
    }
}
