using System.Diagnostics;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// Whose turn it is to run a loop that a <see cref="PollThread"/> watches: that thread's, or that of a sender who found both idle and
/// spares the thread its waking. One word says it, so that nobody has to look at two things at once:
/// <list type="bullet">
/// <item>the sender finds it taken: he leaves his work to the thread, as if he had not tried;</item>
/// <item>the thread finds it taken: what it came for is kept where it is (posted, due, or unread in the socket), and the sender
/// hears of it when he gives the turn back: then he posts the loop to the thread;</item>
/// <item>the sender gives it back just before the thread looks: the thread finds it free;</item>
/// <item>work that is posted while he runs goes to the thread, whose coming is one of the two cases above;</item>
/// <item>he cannot keep the thread away for ever: nobody begins a run of his own while it is awake.</item>
/// </list>
/// Giving back and taking are full barriers: each run sees what the one before it has written.
/// </summary>
internal struct LoopTurn
{
    private const int Free = 0;
    private const int Taken = 1;
    private const int Missed = 2;                            // taken, and the thread came meanwhile

    private int _state;

    /// <summary>Whether somebody has it.</summary>
    public readonly bool IsTaken => Volatile.Read(in _state) != Free;

    /// <summary>Takes it if it is free. For a sender.</summary>
    public bool TryTake() => Volatile.Read(ref _state) == Free && Interlocked.CompareExchange(ref _state, Taken, Free) == Free;

    /// <summary>Takes it, or leaves word that the thread has come. For the thread.</summary>
    public bool TryTakeOrMiss()
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Taken, Free))
            {
                case Free:
                    return true;
                case Missed:
                    return false;
                case Taken when Interlocked.CompareExchange(ref _state, Missed, Taken) == Taken:
                    return false;
            }
        }
    }

    /// <summary>Gives it back.</summary>
    /// <returns>Whether the thread came meanwhile and has to come again.</returns>
    public bool GiveBack()
    {
        Debug.Assert(IsTaken, "It is nobody's.");
        return Interlocked.Exchange(ref _state, Free) == Missed;
    }
}
