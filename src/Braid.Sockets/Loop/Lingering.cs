using System.Collections.Generic;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// Loops whose last association is gone and whose socket still answers for a while. A program that connects again and again
/// must not run out of sockets for that: the oldest make way.
/// </summary>
internal static class Lingering
{
    private const int Most = 256;

    private static readonly Lock s_gate = new();
    private static readonly LinkedList<EndpointLoop> s_loops = new();

    /// <summary>A loop begins to linger.</summary>
    /// <returns>One that is to stop; null for none.</returns>
    public static EndpointLoop? Add(EndpointLoop loop)
    {
        lock (s_gate)
        {
            loop.Life.LingeringNode = s_loops.AddLast(loop);
            if (s_loops.Count <= Most)
            {
                return null;
            }

            EndpointLoop oldest = s_loops.First!.Value;
            Forget(oldest);
            return oldest;
        }
    }

    /// <summary>A loop is closed.</summary>
    public static void Remove(EndpointLoop loop)
    {
        lock (s_gate)
        {
            Forget(loop);
        }
    }

    private static void Forget(EndpointLoop loop)
    {
        if (loop.Life.LingeringNode is { } node)
        {
            s_loops.Remove(node);
            loop.Life.LingeringNode = null;
        }
    }
}
