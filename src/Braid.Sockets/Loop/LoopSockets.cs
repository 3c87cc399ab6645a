using System;
using System.Collections.Generic;

namespace Braid.Sockets;

/// <summary>
/// What a loop receives from. Each of its sockets is waited for by itself: by the loop's thread, which so knows which of them have something,
/// or by a task of its own. On the loop only, once that runs.
/// </summary>
/// <param name="loop">Whose they are.</param>
/// <param name="received">Gets what the tasks receive.</param>
/// <param name="thread">Waits for them; null where the pool runs the loop.</param>
/// <param name="onReceived">A task has received something.</param>
internal sealed class LoopSockets(EndpointLoop loop, ReceivedBatches received, PollThread? thread, Action onReceived)
{
    private readonly List<LoopSocket> _sockets = [];

    /// <summary>Receives from these from now on.</summary>
    public void Add(IReadOnlyList<IDatagramSource> sources)
    {
        int first = _sockets.Count;
        foreach (IDatagramSource source in sources)
        {
            _sockets.Add(new LoopSocket(loop, source));
        }

        // Whole before the first of them may run the loop.
        for (int i = first; i < first + sources.Count; i++)
        {
            if (thread is not null)
            {
                thread.Add(_sockets[i]);
            }
            else
            {
                _ = received.PumpAsync(_sockets[i].Source, onReceived, exception => loop.Post(_ => loop.Life.Fail(exception)));
            }
        }
    }

    /// <summary>One of them is about to be closed.</summary>
    public void Remove(IDatagramSource source)
    {
        int index = _sockets.FindIndex(socket => socket.Source == source);
        if (index >= 0)
        {
            _sockets[index].OnRemoved();
            thread?.Remove(_sockets[index]);
            _sockets.RemoveAt(index);
        }
    }

    /// <summary>All of them are about to be closed.</summary>
    public void RemoveAll()
    {
        foreach (LoopSocket socket in _sockets)
        {
            thread?.Remove(socket);
        }

        _sockets.Clear();
    }

    /// <summary>The loop can receive again from those that it could not when they had something.</summary>
    public void WatchAgain()
    {
        foreach (LoopSocket socket in _sockets)
        {
            thread!.WatchAgain(socket);
        }
    }
}
