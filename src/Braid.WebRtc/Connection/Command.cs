using System;
using System.Threading.Tasks;
using Braid.Core;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>Something that the application wants done with the core, on the loop.</summary>
internal abstract class Command
{
    public abstract void Run(PeerCore core, Instant now);

    /// <summary>It will not be run any more.</summary>
    public abstract void Refuse(RTCException error);
}

/// <summary>One that somebody waits for.</summary>
/// <param name="run">What is done; may throw an <see cref="RTCException"/>.</param>
internal sealed class Call<T>(Func<PeerCore, Instant, T> run) : Command
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    public override void Run(PeerCore core, Instant now)
    {
        try
        {
            _done.TrySetResult(run(core, now));
        }
        catch (RTCException error)
        {
            _done.TrySetException(error);
        }
        catch (Exception error)
        {
            _done.TrySetException(error);                    // ours: it ends the connection, and he waits no longer than others
            throw;
        }
    }

    public override void Refuse(RTCException error) => _done.TrySetException(error);
}

/// <summary>One that nobody waits for.</summary>
/// <param name="run">What is done.</param>
/// <param name="onRefused">It will not be; on any thread. Null for nothing.</param>
internal sealed class Order(Action<PeerCore, Instant> run, Action<RTCException>? onRefused = null) : Command
{
    public override void Run(PeerCore core, Instant now) => run(core, now);

    public override void Refuse(RTCException error) => onRefused?.Invoke(error);
}
