using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>What datagrams are received from by itself: a socket, or a transport that is one.</summary>
internal interface IDatagramSource
{
    /// <summary>What a <see cref="PollThread"/> waits for; null where there is none.</summary>
    SafeHandle? PollHandle { get; }

    /// <summary>Waits for datagrams and takes all that have arrived, as far as one batch has room.</summary>
    /// <returns>The caller's, to be given back; null when it was closed, or is polled from now on.</returns>
    ValueTask<DatagramBatch?> ReceiveAsync();

    /// <summary>Takes what has arrived, without waiting.</summary>
    /// <returns>The caller's, to be given back; null when nothing has arrived.</returns>
    DatagramBatch? TryReceive();
}
