using System;
using System.Threading;

namespace Braid.WebRtc;

/// <summary>
/// What the messages of a connection take that come in parts: these hold no receive window, since the rest of them could not come otherwise.
/// Owns how much that is, so that neither a slow application nor a peer that begins messages and ends none takes memory without a bound.
/// </summary>
/// <param name="mostWhole">Bytes of messages that are whole and that the application has not returned: beyond, parts wait in the receive window.</param>
/// <param name="mostBegun">Bytes of messages that are not whole.</param>
/// <param name="onRoom">There is room again. On any thread.</param>
internal sealed class PartsMemory(long mostWhole, long mostBegun, Action onRoom)
{
    private long _whole;
    private long _begun;                                     // the loop's

    /// <summary>Whether parts have to wait.</summary>
    public bool IsFull => Volatile.Read(ref _whole) > mostWhole;

    /// <summary>A part has come. On the loop, as are the next two.</summary>
    /// <returns>False when that is too much.</returns>
    public bool TryAdd(long bytes)
    {
        bool fits = _begun + bytes <= mostBegun;
        _begun += fits ? bytes : 0;
        return fits;
    }

    /// <summary>The rest of a message will not come.</summary>
    public void Drop(long bytes) => _begun -= bytes;

    /// <summary>A message is whole.</summary>
    public AssembledMessage Complete(byte[] content)
    {
        _begun -= content.Length;
        Interlocked.Add(ref _whole, content.Length);
        return new AssembledMessage(this, content);
    }

    /// <summary>The application is done with a message. From any thread.</summary>
    public void Return(long bytes)
    {
        long left = Interlocked.Add(ref _whole, -bytes);
        if (left <= mostWhole && left + bytes > mostWhole)
        {
            onRoom();
        }
    }
}
