using System;
using System.Threading;

namespace Braid.WebRtc;

/// <summary>A message that came in parts, in memory of its own, until the application is done with it.</summary>
internal sealed class AssembledMessage(PartsMemory memory, byte[] content) : IDisposable
{
    private byte[]? _content = content;

    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public byte[] Content => Volatile.Read(ref _content) ?? throw new ObjectDisposedException(nameof(RTCMessage));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _content, null) is { } returned)
        {
            memory.Return(returned.Length);
        }
    }
}
