using System;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Questions that a run of the protocol answers. The program's output function is called within one, and would wait for ever.</summary>
internal static class Answers
{
    /// <summary>Asks, and waits.</summary>
    /// <exception cref="RefusedException">This is within the output function.</exception>
    public static T Of<T>(Func<ValueTask<T>> ask)
    {
        Check();
        return ask().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Asks something of an association, and waits.</summary>
    /// <inheritdoc cref="Of{T}(Func{ValueTask{T}})" path="/exception"/>
    public static T Of<T>(SctpAssociation association, Func<SctpAssociation, ValueTask<T>> ask)
    {
        Check();
        return ask(association).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Before a call that waits.</summary>
    /// <exception cref="RefusedException">This is within the output function.</exception>
    public static void Check()
    {
        if (CallbackQueue.IsInOutput)
        {
            throw new RefusedException(Errno.Deadlock);
        }
    }
}
