using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>The calls of one association that wait for what becomes of their messages.</summary>
/// <param name="time">For the delay of those that nobody hears of.</param>
internal sealed class Receipts(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, (TaskCompletionSource<SctpDeliveryResult> Task, long Since)> _waiting = [];
    private ulong _last;
    private bool _isEnded;

    /// <summary>A message is about to be sent.</summary>
    public (ulong Number, Task<SctpDeliveryResult> Receipt) Open()
    {
        var task = new TaskCompletionSource<SctpDeliveryResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isEnded)
            {
                task.SetResult(new SctpDeliveryResult(SctpDeliveryStatus.Unknown, TimeSpan.Zero));
            }
            else
            {
                _waiting.Add(++_last, (task, time.GetTimestamp()));
            }

            return (_last, task.Task);
        }
    }

    /// <summary>It was not sent, or nobody waits any more.</summary>
    public void Forget(ulong number)
    {
        lock (_gate)
        {
            _waiting.Remove(number);
        }
    }

    /// <summary>It is known what became of it.</summary>
    public void Settle(ulong number, SctpDeliveryResult result) => Take(number).Task?.SetResult(result);

    /// <summary>It never came to the protocol.</summary>
    public void Lose(ulong number)
    {
        (TaskCompletionSource<SctpDeliveryResult>? task, long since) = Take(number);
        task?.SetResult(new SctpDeliveryResult(SctpDeliveryStatus.Unknown, time.GetElapsedTime(since)));
    }

    /// <summary>The association has ended: nothing more will be known.</summary>
    public void End()
    {
        List<(TaskCompletionSource<SctpDeliveryResult> Task, long Since)> left;
        lock (_gate)
        {
            _isEnded = true;
            left = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach ((TaskCompletionSource<SctpDeliveryResult> task, long since) in left)
        {
            task.SetResult(new SctpDeliveryResult(SctpDeliveryStatus.Unknown, time.GetElapsedTime(since)));
        }
    }

    private (TaskCompletionSource<SctpDeliveryResult>? Task, long Since) Take(ulong number)
    {
        lock (_gate)
        {
            return _waiting.Remove(number, out (TaskCompletionSource<SctpDeliveryResult> Task, long Since) waiting) ? waiting : default;
        }
    }
}
