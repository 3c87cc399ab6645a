using System;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// Something that happens once, or fails to, as a task for whoever asks. Of most associations nobody asks while they live, or no
/// longer: a task is there only in between. For anybody.
/// </summary>
internal struct Milestone
{
    private object? _state;                                  // null, the source of a task that was asked for, then the outcome

    /// <summary>Whether it has happened.</summary>
    public readonly bool IsReached => Volatile.Read(in _state) is Task { IsCompletedSuccessfully: true };

    /// <summary>Whether it has happened, or failed to.</summary>
    public readonly bool IsDecided => Volatile.Read(in _state) is Task;

    /// <summary>Completes when it happens, and faults when it fails to. Nobody has to look at it.</summary>
    public Task Task
    {
        get
        {
            object? state = Volatile.Read(ref _state);
            if (state is null)
            {
                var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                state = Interlocked.CompareExchange(ref _state, asked, null) ?? asked;
            }

            return state as Task ?? ((TaskCompletionSource)state).Task;
        }
    }

    /// <summary>It has happened, or failed to. The first outcome stays.</summary>
    /// <param name="error">What the task faults with; null when it has happened.</param>
    public void Decide(Exception? error)
    {
        Task outcome = error is null ? Task.CompletedTask : Task.FromException(error);
        _ = outcome.Exception;                               // observed
        object? before = Volatile.Read(ref _state);
        while (before is not System.Threading.Tasks.Task)
        {
            object? found = Interlocked.CompareExchange(ref _state, outcome, before);
            if (found == before)
            {
                if (before is TaskCompletionSource asked)
                {
                    asked.TrySetFromTask(outcome);
                    _ = asked.Task.Exception;
                }

                return;
            }

            before = found;
        }
    }
}
