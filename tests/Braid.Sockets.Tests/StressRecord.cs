using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Braid.Sockets.Tests;

/// <summary>What <see cref="StressTests"/> has sent and received in one world.</summary>
internal sealed class StressRecord
{
    public const int Streams = 4;

    /// <summary>Bytes at the beginning of a message that say which one it is.</summary>
    public const int Header = 12;

    private int _received;

    /// <summary>Messages that came, whole or in parts.</summary>
    public int Received => _received;

    /// <summary>What each client has sent, by its number.</summary>
    public ConcurrentDictionary<int, StressSent> Senders { get; } = new();

    public void OnReceived() => Interlocked.Increment(ref _received);

    /// <summary>A message that says who has sent it, where and as which one, and whose other bytes follow from that.</summary>
    public static byte[] Message(int id, ushort stream, int number, int length)
    {
        byte[] message = new byte[length];
        for (int i = Header; i < length; i++)
        {
            message[i] = (byte)(id + stream + number + i);
        }

        BinaryPrimitives.WriteInt32BigEndian(message, id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), stream);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(6), number);
        return message;
    }
}

/// <summary>What one client has sent.</summary>
internal sealed class StressSent
{
    private int _isWriting;

    public int[] Next { get; } = new int[StressRecord.Streams];

    public volatile bool IsDelivered;

    public bool TryWrite() => Interlocked.Exchange(ref _isWriting, 1) == 0;

    public void EndWrite() => Volatile.Write(ref _isWriting, 0);
}

/// <summary>What one association has received.</summary>
internal sealed class StressChecker(StressRecord record)
{
    private readonly List<byte>[] _parts = [.. Enumerable.Range(0, StressRecord.Streams).Select(_ => new List<byte>())];
    private readonly int[] _next = new int[StressRecord.Streams];
    private int _id = -1;

    public void Take(ushort stream, ReadOnlySpan<byte> bytes, bool isEnd)
    {
        record.OnReceived();
        _parts[stream].AddRange(bytes);
        if (!isEnd)
        {
            return;
        }

        byte[] message = [.. _parts[stream]];
        _parts[stream].Clear();
        int id = BinaryPrimitives.ReadInt32BigEndian(message);
        int before = Interlocked.CompareExchange(ref _id, id, -1);
        Assert.True(before == -1 || before == id);
        Assert.Equal(StressRecord.Message(id, stream, _next[stream]++, message.Length), message);
    }

    /// <summary>The end was a graceful one: it was all.</summary>
    public void CheckAll()
    {
        if (_id >= 0 && record.Senders[_id] is { IsDelivered: true } sent)
        {
            Assert.Equal(sent.Next, _next);
        }
    }
}
