using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A control chunk that waits to be sent.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Value">What follows the chunk header; null for nothing.</param>
/// <param name="Path">The index of the path it must take, or <see cref="ControlQueue.AnyPath"/>.</param>
internal readonly record struct ControlChunk(ChunkType Type, byte Flags, PooledBuffer? Value, int Path);

/// <summary>
/// Control chunks in the order in which they were asked for; COOKIE ECHO and COOKIE ACK go first (§5.1). Bounded, because
/// a peer can make us answer.
/// </summary>
internal sealed class ControlQueue(BufferPool buffers)
{
    /// <summary>The chunk may take any path.</summary>
    public const int AnyPath = -1;

    private const int MaximumWaiting = 64;
    private const int ChunkHeader = 4;

    private Queue<ControlChunk>? _waiting;                   // none before one has to wait
    private ControlChunk? _first;
    private int _roomForAnswers;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _first is null && _waiting is null or { Count: 0 };

    /// <summary>Puts a chunk at the end.</summary>
    /// <returns>False when too many wait: the chunk is dropped.</returns>
    public bool Enqueue(ChunkType type, ReadOnlySpan<byte> value = default, byte flags = 0, int path = AnyPath)
    {
        _waiting ??= new Queue<ControlChunk>(1);
        if (_waiting.Count >= MaximumWaiting)
        {
            return false;
        }

        _waiting.Enqueue(NewChunk(type, value, flags, path));
        return true;
    }

    /// <summary>
    /// A packet has come: what <see cref="EnqueueAnswer"/> takes until the next one fits into one packet (§12.4).
    /// </summary>
    /// <param name="room">Bytes for chunks in one packet.</param>
    public void BeginAnswers(int room) => _roomForAnswers = room;

    /// <summary>Puts an answer at the end. What answers one packet is no longer than one packet.</summary>
    /// <returns>False when it does not fit: the chunk is dropped.</returns>
    public bool EnqueueAnswer(ChunkType type, ReadOnlySpan<byte> value, int path = AnyPath)
    {
        int length = (ChunkHeader + value.Length + 3) & ~3;
        if (length > _roomForAnswers)
        {
            return false;
        }

        _roomForAnswers -= length;
        return Enqueue(type, value, path: path);
    }

    /// <summary>Puts a chunk that must be the first of its packet before all others, in place of an earlier one.</summary>
    public void EnqueueFirst(ChunkType type, ReadOnlySpan<byte> value = default, int path = AnyPath)
    {
        _first?.Value?.Dispose();
        _first = NewChunk(type, value, 0, path);
    }

    /// <summary>Whether a chunk of this type waits.</summary>
    public bool Contains(ChunkType type)
    {
        if (_first?.Type == type)
        {
            return true;
        }

        if (_waiting is null)
        {
            return false;
        }

        foreach (ControlChunk chunk in _waiting)
        {
            if (chunk.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next chunk.</summary>
    public bool TryPeek(out ControlChunk chunk)
    {
        if (_first is { } first)
        {
            chunk = first;
            return true;
        }

        chunk = default;
        return _waiting is not null && _waiting.TryPeek(out chunk);
    }

    /// <summary>A path is there no longer: what tests or answers it alone is dropped, all else may take any path.</summary>
    public void RemovePath(int path)
    {
        if (_first is { } first)
        {
            _first = first with { Path = After(first.Path, path) };
        }

        for (int i = _waiting?.Count ?? 0; i > 0; i--)
        {
            ControlChunk chunk = _waiting!.Dequeue();
            if (chunk.Path == path && chunk.Type is ChunkType.Heartbeat or ChunkType.HeartbeatAck)
            {
                chunk.Value?.Dispose();
            }
            else
            {
                _waiting.Enqueue(chunk with { Path = After(chunk.Path, path) });
            }
        }
    }

    /// <summary>Puts the chunks that must take a certain path before those that may take any: for these there is none now.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryBringForward()
    {
        if (_first is not null || _waiting is null)
        {
            return false;
        }

        ControlChunk[] all = [.. _waiting];
        if (!Array.Exists(all, chunk => chunk.Path != AnyPath))
        {
            return false;
        }

        _waiting.Clear();
        foreach (ControlChunk chunk in (ControlChunk[])[.. Array.FindAll(all, chunk => chunk.Path != AnyPath), .. Array.FindAll(all, chunk => chunk.Path == AnyPath)])
        {
            _waiting.Enqueue(chunk);
        }

        return true;
    }

    /// <summary>Removes the next chunk: it was written.</summary>
    public void Remove()
    {
        PooledBuffer? value;
        if (_first is { } first)
        {
            value = first.Value;
            _first = null;
        }
        else
        {
            value = _waiting!.Dequeue().Value;
        }

        value?.Dispose();
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        while (!IsEmpty)
        {
            Remove();
        }
    }

    private ControlChunk NewChunk(ChunkType type, ReadOnlySpan<byte> value, byte flags, int path) =>
        new(type, flags, value.IsEmpty ? null : buffers.RentCopy(value), path);

    // What the index of a path is when another one, or it, has been removed.
    private static int After(int path, int removed) => path == removed ? AnyPath : path > removed ? path - 1 : path;
}
