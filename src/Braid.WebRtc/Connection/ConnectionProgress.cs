using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>Where a connection stands as the application sees it, why it has failed or ended, and who waits for it to be up.</summary>
/// <param name="gate">The connection's lock.</param>
internal sealed class ConnectionProgress(Lock gate)
{
    private TaskCompletionSource? _changed;
    private PeerEnd _end = PeerEnd.None;                     // of two words: guarded by the gate
    private volatile RTCPeerConnectionState _state;
    private int _isClosed;

    /// <summary>The W3C's connectionState.</summary>
    public RTCPeerConnectionState State => IsClosed ? RTCPeerConnectionState.Closed : _state;

    /// <summary>Whether the application has closed it.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Why it has failed, or ended. Set on the loop.</summary>
    public PeerEnd End
    {
        get
        {
            lock (gate)
            {
                return _end;
            }
        }

        set
        {
            lock (gate)
            {
                _end = value;
            }
        }
    }

    /// <summary>The application closes it: who waits is told.</summary>
    /// <returns>Whether that is the first time.</returns>
    public bool TryClose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return false;
        }

        Signal();
        return true;
    }

    /// <summary>It is in another state. On the loop.</summary>
    /// <returns>False where it is the same.</returns>
    public bool TrySet(RTCPeerConnectionState state)
    {
        if (_state == state)
        {
            return false;
        }

        _state = state;
        Signal();
        return true;
    }

    /// <summary>What whoever comes too late gets.</summary>
    public RTCException Why()
    {
        PeerEnd end = End;
        return IsClosed || end.Reason is RTCFailureReason.None or RTCFailureReason.Closed
            ? new RTCException(RTCFailureReason.Closed, "The connection is closed.")
            : new RTCException(end.Reason, end.Message);
    }

    /// <summary>Waits until data can flow.</summary>
    public async Task WaitConnectedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (gate)
            {
                switch (State)
                {
                    case RTCPeerConnectionState.Connected:
                        return;
                    case RTCPeerConnectionState.Failed or RTCPeerConnectionState.Closed:
                        throw Why();
                }

                changed = (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Signal()
    {
        TaskCompletionSource? changed;
        lock (gate)
        {
            changed = _changed;
            _changed = null;
        }

        changed?.TrySetResult();
    }
}
