namespace Braid.Core;

/// <summary>
/// Some free buffers of one size, which change threads together: first in, first out. Buffers were made one behind the other, and so
/// are rented in the order of their addresses, which a processor guesses; a stack would shuffle them. An array and no links: nobody
/// waits for one buffer's memory to find the next one.
/// </summary>
/// <param name="capacity">How many there may be.</param>
internal sealed class BufferMagazine(int capacity)
{
    private readonly PooledBuffer?[] _buffers = new PooledBuffer?[capacity];
    private int _first;
    private int _end;

    /// <summary>How many there are.</summary>
    public int Count => _end - _first;

    /// <summary>Whether none can be added; one that is emptied can be filled again.</summary>
    public bool IsFull => _end == _buffers.Length;

    /// <summary>Adds one.</summary>
    public void Add(PooledBuffer buffer) => _buffers[_end++] = buffer;

    /// <summary>Takes one out; null when there is none.</summary>
    public PooledBuffer? Take()
    {
        if (_first == _end)
        {
            return null;
        }

        PooledBuffer? buffer = _buffers[_first];
        _buffers[_first++] = null;
        if (_first == _end)
        {
            (_first, _end) = (0, 0);
        }

        return buffer;
    }
}
