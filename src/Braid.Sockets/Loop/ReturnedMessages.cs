using System.Threading;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Messages that the application has, and those that it is done with and the loop has not taken back yet: they hold memory of the
/// receive buffer, and so keep the window closed.
/// </summary>
/// <param name="gate">Guards what is written by anybody.</param>
internal struct ReturnedMessages(Lock gate)
{
    private const int Most = 256;

    private Deque<ReceivedMessage> _returned;                // guarded by the gate
    private Deque<ReceivedMessage> _taken;                   // the loop's
    private long _charge;
    private long _held;                                      // charge of what the application has; written by the loop

    /// <summary>The application gets a message. On the loop.</summary>
    public void OnDelivered(ReceivedMessage message) => Volatile.Write(ref _held, _held + message.Charge);

    /// <summary>The application is done with a message.</summary>
    /// <param name="message">It; the loop's from now on.</param>
    /// <param name="receiveBuffer">Size of the receive buffer.</param>
    /// <param name="isFirst">Whether it is the only one that waits.</param>
    /// <returns>
    /// Whether the loop should take them back now. The window is re-opened in steps: there is no need to wake the loop for each
    /// message. It is memory that closes the window, and the smallest message holds far more of it than its length; and its
    /// object is wanted for the next ones. Where the application keeps nearly all there is, each message counts: the peer cannot
    /// send before there is room for one.
    /// </returns>
    public bool Add(ReceivedMessage message, long receiveBuffer, out bool isFirst)
    {
        long charge = message.Charge;                        // read before the loop may have it
        int count;
        long sum;
        lock (gate)
        {
            _returned.AddLast(message);
            count = _returned.Count;
            sum = _charge += charge;
        }

        long step = receiveBuffer / 8;
        isFirst = count == 1;
        return sum >= step || count >= Most || Volatile.Read(ref _held) > receiveBuffer - step;
    }

    /// <summary>Gives back the memory of all that was returned. On the loop.</summary>
    public void TakeBack()
    {
        lock (gate)
        {
            (_returned, _taken) = (_taken, _returned);
            _charge = 0;
        }

        while (_taken.TryTakeFirst(out ReceivedMessage? message))
        {
            Volatile.Write(ref _held, _held - message.Charge);
            message.Dispose();
        }
    }
}
