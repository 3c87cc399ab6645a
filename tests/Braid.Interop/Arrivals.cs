using System;
using System.Threading.Tasks;

namespace Braid.Interop;

/// <summary>Takes what arrives, one message after the other, while other things happen.</summary>
/// <param name="receive">Takes one, and compares it; its argument counts from 0.</param>
internal sealed class Arrivals(Func<int, Task> receive)
{
    private int _count;

    public async Task MoreAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await receive(_count++);
        }
    }

    /// <summary>Takes what arrives until something has happened.</summary>
    public async Task MeanwhileAsync(Task event_)
    {
        while (!event_.IsCompleted)
        {
            await MoreAsync(1);
        }

        await event_;
    }

    /// <summary>Takes what arrives until a network has carried so many bytes.</summary>
    /// <param name="traffic">What it has carried.</param>
    /// <param name="bytes">How much more it has to.</param>
    /// <param name="step">How many messages are taken from one look at it to the next.</param>
    public async Task UntilCarriesAsync(Func<long> traffic, long bytes, int step)
    {
        for (long before = traffic(); traffic() - before < bytes;)
        {
            await MoreAsync(step);
        }
    }

    /// <summary>Takes the rest: all that is sent until the sender has ended, and never waits for more.</summary>
    /// <param name="sending">The sender.</param>
    /// <param name="sent">How many messages it has sent.</param>
    public async Task AllAsync(Task sending, Func<int> sent)
    {
        while (!sending.IsCompleted || _count < sent())
        {
            if (_count < sent())
            {
                await MoreAsync(1);
            }
            else
            {
                await Task.Yield();
            }
        }

        await sending;
    }
}
