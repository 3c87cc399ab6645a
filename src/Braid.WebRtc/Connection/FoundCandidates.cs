using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc;

/// <summary>Our candidates of the present ICE session, for who waits for them.</summary>
internal sealed class FoundCandidates
{
    private readonly Lock _gate = new();
    private readonly List<RTCIceCandidate> _found = [];
    private TaskCompletionSource? _changed;
    private string? _fragment;
    private bool _isComplete;
    private RTCException? _end;

    /// <summary>There is a local description: from now on candidates of its session are waited for.</summary>
    /// <param name="fragment">The session; null where nothing is gathered, because there is no section for data.</param>
    public void Begin(string? fragment)
    {
        lock (_gate)
        {
            if (fragment is null)
            {
                _isComplete = true;
            }
            else if (_fragment != fragment)
            {
                _fragment = fragment;
                _found.Clear();
                _isComplete = false;
            }
        }

        Signal();
    }

    /// <summary>One was found, or all were.</summary>
    public void Add(RTCIceCandidate? candidate, string fragment)
    {
        lock (_gate)
        {
            if (_fragment != fragment)
            {
                _fragment = fragment;
                _found.Clear();
                _isComplete = false;
            }

            if (candidate is null)
            {
                _isComplete = true;
            }
            else
            {
                _found.Add(candidate);
            }
        }

        Signal();
    }

    /// <summary>There will be none: the connection is closed.</summary>
    public void End(RTCException end)
    {
        lock (_gate)
        {
            _end ??= end;
        }

        Signal();
    }

    /// <summary>All of the session, as they come.</summary>
    public async IAsyncEnumerable<RTCIceCandidate> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? fragment = null;
        int next = 0;
        while (TryTake(ref fragment, ref next, out RTCIceCandidate? candidate, out Task? changed))
        {
            if (candidate is not null)
            {
                yield return candidate;
            }
            else
            {
                await changed!.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // False when there will be no more.
    private bool TryTake(ref string? fragment, ref int next, out RTCIceCandidate? candidate, out Task? changed)
    {
        candidate = null;
        changed = null;
        lock (_gate)
        {
            if (fragment != _fragment)
            {
                fragment = _fragment;
                next = 0;
            }

            if (next < _found.Count)
            {
                candidate = _found[next++];
                return true;
            }

            if (_isComplete)
            {
                return false;
            }

            if (_end is not null)
            {
                throw new RTCException(_end.Error);
            }

            changed = (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return true;
        }
    }

    private void Signal()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = null;
        }

        changed?.TrySetResult();
    }
}
