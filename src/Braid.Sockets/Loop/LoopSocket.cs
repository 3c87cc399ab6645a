using System.Runtime.InteropServices;

namespace Braid.Sockets;

/// <summary>A socket of a loop, as the thread that waits for it sees it.</summary>
/// <param name="loop">Takes what it has received.</param>
/// <param name="source">The socket.</param>
internal sealed class LoopSocket(EndpointLoop loop, IDatagramSource source) : IPolledSocket
{
    private volatile bool _isRemoved;

    /// <summary>The socket.</summary>
    public IDatagramSource Source => source;

    /// <inheritdoc/>
    public long PollKey { get; set; }

    /// <inheritdoc/>
    public bool IsUnwatched { get; set; }

    /// <inheritdoc/>
    public SafeHandle Handle => source.PollHandle!;

    /// <inheritdoc/>
    public bool IsClosed => _isRemoved || loop.Life.IsClosed;

    /// <inheritdoc/>
    public bool OnReadable() => loop.OnReadable(source);

    /// <inheritdoc/>
    public void OnRefused() => loop.OnRefused();

    /// <summary>It is about to be closed, before the loop is.</summary>
    public void OnRemoved() => _isRemoved = true;
}
