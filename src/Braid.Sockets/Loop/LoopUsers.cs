using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// Who needs some loops, and the loops, which end together. That is one loop; or several whose sockets share a UDP port: if one of
/// these sockets were closed, the system would spread what comes for the others anew.
/// </summary>
/// <param name="first">The first loop. Whoever opens it is its first user.</param>
internal sealed class LoopUsers(LoopLife first)
{
    private readonly List<LoopLife> _loops = [first];        // grows before anybody else knows of them
    private int _users = 1;

    /// <summary>Whether anybody does.</summary>
    public bool IsAny => Volatile.Read(ref _users) > 0;

    /// <summary>Completes once the last of the sockets is closed.</summary>
    public Task Freed => Task.WhenAll(_loops.Select(static loop => loop.IsFreed));

    /// <summary>One more loop that ends with the others.</summary>
    public void Join(LoopLife loop) => _loops.Add(loop);

    /// <summary>Somebody needs them.</summary>
    public void Add() => Interlocked.Increment(ref _users);

    /// <summary>Somebody needs them no longer. With the last one they are closed.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _loops.ForEach(static loop => loop.PostCloseSoon());
        }
    }
}
