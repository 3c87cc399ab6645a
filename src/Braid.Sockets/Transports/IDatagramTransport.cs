using System;
using System.Net;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// What moves SCTP packets: whole datagrams, in batches both ways, so that a transport may use one system call for many.
/// </summary>
internal interface IDatagramTransport : IDisposable
{
    /// <summary>Where it is bound.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether the system chose the local port: then nobody waits to use it again.</summary>
    bool HasEphemeralPort { get; }

    /// <summary>Addresses that it can send to.</summary>
    NetworkFamilies Families { get; }

    /// <summary>Bytes around an SCTP packet besides the IP header (RFC 6951 §5.6).</summary>
    int EncapsulationOverhead { get; }

    /// <summary>Waits for datagrams and takes all that have arrived, as far as the batch has room.</summary>
    /// <returns>False when the transport was closed.</returns>
    ValueTask<bool> ReceiveAsync(DatagramBatch batch);

    /// <summary>
    /// Sends the datagrams of a batch. One that cannot be sent now counts as lost on the way: SCTP repairs that.
    /// </summary>
    void Send(DatagramBatch batch);
}
