using System;
using System.Threading;

namespace Braid.Usrsctp;

/// <summary>How far a socket has told the program what has happened, for calls that do not return before.</summary>
internal sealed class CallbackProgress
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();                   // a monitor, which can be waited on
    private int _told;
    private bool _isOver;

    /// <summary>The program knows what had happened up to a version of the socket.</summary>
    public void OnTold(int version)
    {
        lock (_gate)
        {
            _told = version;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Nothing more is told.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until the program knows what has happened up to a version; not for ever, as its callback may wait for the thread that waits here.</summary>
    public void WaitFor(int version)
    {
        lock (_gate)
        {
            while (_told - version < 0 && !_isOver && Monitor.Wait(_gate, s_longest))
            {
                // Something was told.
            }
        }
    }
}
