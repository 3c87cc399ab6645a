using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// What moves SCTP packets: whole datagrams, in batches both ways, so that a transport may use one system call for many.
/// </summary>
internal interface IDatagramTransport : IDatagramSource, IDisposable
{
    /// <summary>Where it is bound; none where there are no addresses.</summary>
    IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>Whether peers are to know all of <see cref="LocalEndPoints"/>, and what is sent says which of them it leaves from.</summary>
    bool NamesItsAddresses => false;

    /// <summary>Whether it names the peer by itself, so that paths have no addresses.</summary>
    bool IsPointToPoint { get; }

    /// <summary>Whether the system chose the local port: then nobody waits to use it again.</summary>
    bool HasEphemeralPort { get; }

    /// <summary>Addresses that it can send to.</summary>
    NetworkFamilies Families { get; }

    /// <summary>Bytes around an SCTP packet besides the IP header (RFC 6951 §5.6).</summary>
    int EncapsulationOverhead { get; }

    /// <summary>What keeps broken packets away (RFC 9653).</summary>
    AlternateErrorDetection ErrorDetection => AlternateErrorDetection.None;

    /// <summary>Whether it sends the ECN codepoint of what goes out, and knows that of what has come.</summary>
    bool CarriesEcn => false;

    /// <summary>Whether the loop runs on the thread that has work for it, and nowhere else.</summary>
    bool RunsInline => false;

    /// <summary>Whether its addresses have ports of their own, as UDP's have.</summary>
    bool HasPorts => true;

    /// <summary>What the network says of what was sent; null where nothing of that is heard.</summary>
    NetworkErrors? Errors => null;

    /// <summary>Wants to know the SCTP ports in use; null where others can be told apart without.</summary>
    IPortFilter? PortFilter => null;

    /// <summary>The largest packet that it carries, in bytes, headers included.</summary>
    int LargestPacket { get; }

    /// <summary>The socket, for a thread that waits for several of them; null where there is none.</summary>
    Socket? Socket { get; }

    /// <inheritdoc/>
    SafeHandle? IDatagramSource.PollHandle => Socket?.SafeHandle;

    /// <summary>What it receives from, each by itself: its sockets, where there are several.</summary>
    IReadOnlyList<IDatagramSource> Sources => [this];

    /// <summary>From now on <see cref="Errors"/> has what the network says, where the system lets it be heard.</summary>
    void ListenForErrors()
    {
    }

    /// <summary>Is at a further address of this host from now on. On the loop only.</summary>
    /// <param name="address">The address; a port is that of the others.</param>
    /// <returns>The address as what is sent leaves from it, and what it is received at; null where that is received from already.</returns>
    /// <exception cref="SctpException">It cannot be: the message says why.</exception>
    (NetworkAddress Local, IDatagramSource? Source) AddLocal(IPAddress address) =>
        throw new SctpException(SctpError.NotSupported, "This transport has no further addresses.");

    /// <summary>Is there no longer. On the loop only.</summary>
    /// <param name="source">What <see cref="AddLocal"/> has returned.</param>
    void RemoveLocal(IDatagramSource source)
    {
    }

    /// <summary>Adds the sockets to those that somebody waits for.</summary>
    void AddSockets(ICollection<Socket> sockets)
    {
        if (Socket is { } socket)
        {
            sockets.Add(socket);
        }
    }

    /// <summary>Completes once nothing of the user's is used any more, after it was disposed.</summary>
    Task Disposed => Task.CompletedTask;

    /// <summary>Whether a <see cref="PollThread"/> waits for its <see cref="Sources"/>: then <see cref="IDatagramSource.ReceiveAsync"/> is not called.</summary>
    bool IsForPollThread => false;

    /// <summary>
    /// From now on only <see cref="IDatagramSource.TryReceive"/> is called, and gives what <see cref="IDatagramSource.ReceiveAsync"/> would without a
    /// thread of the pool; one that waits ends with null.
    /// </summary>
    /// <returns>Whether that is so; if not, nothing has changed.</returns>
    bool TryBePolled();

    /// <summary>Asks to be told whenever something has arrived: then <see cref="IDatagramSource.ReceiveAsync"/> is not called.</summary>
    /// <returns>Whether it will tell.</returns>
    bool TryAnnounce(Action onArrived) => false;

    /// <summary>
    /// Sends the datagrams of a batch. One that cannot be sent now counts as lost on the way: SCTP repairs that.
    /// </summary>
    void Send(DatagramBatch batch);
}
