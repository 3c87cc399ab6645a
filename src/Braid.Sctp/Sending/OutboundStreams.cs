using System;

namespace Braid.Sctp;

/// <summary>The outgoing streams: how many there may be, and those of them that were used.</summary>
/// <param name="count">How many there may be until the peer says otherwise.</param>
internal sealed class OutboundStreams(int count)
{
    private OutboundStream?[] _streams = [];

    /// <summary>How many there may be.</summary>
    public int Count { get; private set; } = count;

    /// <summary>Whether one that nobody has used yet is paused from its beginning (<see cref="StreamPauses"/>).</summary>
    public bool ArePaused { get; set; }

    /// <summary>All that were used, and holes.</summary>
    public ReadOnlySpan<OutboundStream?> Used => _streams;

    /// <summary>A stream; null as long as nobody has used it.</summary>
    public OutboundStream? Find(StreamId id) => id.Value < _streams.Length ? _streams[id.Value] : null;

    /// <summary>A stream, of those that there may be.</summary>
    public OutboundStream Get(StreamId id)
    {
        if (id.Value >= _streams.Length)
        {
            Array.Resize(ref _streams, Math.Min(Count, Math.Max(id.Value + 1, _streams.Length * 2)));
        }

        if (_streams[id.Value] is not { } stream)
        {
            stream = new OutboundStream(id);
            _streams[id.Value] = stream;
            if (ArePaused)
            {
                stream.Pause();
            }
        }

        return stream;
    }

    /// <summary>Those of a request (RFC 6525 §4.1) that were used.</summary>
    /// <param name="streams">Which; none for all.</param>
    public Selection Select(ReadOnlySpan<StreamId> streams) => new(_streams, streams);

    /// <summary>The peer allows fewer than we asked for (§5.1.1).</summary>
    public void Limit(int count) => Count = Math.Min(Count, count);

    /// <summary>There are more.</summary>
    public void Add(int count) => Count += count;

    /// <summary>Every one begins anew, with its first number, and there may be as many as in the beginning.</summary>
    /// <param name="count">How many that is.</param>
    public void Restart(int count)
    {
        foreach (OutboundStream? stream in _streams)
        {
            stream?.Restart();
        }

        Count = count;
    }

    /// <summary>To be walked through.</summary>
    public ref struct Selection(OutboundStream?[] all, ReadOnlySpan<StreamId> named)
    {
        private readonly ReadOnlySpan<StreamId> _named = named;
        private int _next;

        public OutboundStream Current { get; private set; } = null!;

        public readonly Selection GetEnumerator() => this;

        public bool MoveNext()
        {
            int end = _named.IsEmpty ? all.Length : _named.Length;
            while (_next < end)
            {
                int i = _named.IsEmpty ? _next : _named[_next].Value;
                _next++;
                if (i < all.Length && all[i] is { } stream)
                {
                    Current = stream;
                    return true;
                }
            }

            return false;
        }
    }
}
