using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <content>What does not wait.</content>
public sealed partial class SctpSocket
{
    /// <summary>
    /// Begins to set an association up and does not wait for the peer. What is sent before it is up goes along with the handshake; notifications tell
    /// what became of it.
    /// </summary>
    /// <inheritdoc cref="ConnectAsync" path="/param[@name='remotes' or @name='remotePort']"/>
    /// <returns>Its identifier.</returns>
    /// <exception cref="SctpException">There is an association with that peer already, or the address cannot be used.</exception>
    public SctpAssociationId Begin(IReadOnlyList<IPEndPoint> remotes, ushort remotePort)
    {
        ArgumentNullException.ThrowIfNull(remotes);
        Open().PrepareToBlock();
        Task<AssociationHost> starting = StartAsync(remotes, remotePort, static begin => begin());
        Calls.Block(starting, Timeout.InfiniteTimeSpan);
        return starting.Result.Id;
    }

    /// <summary>Takes the next message or notification if it is there.</summary>
    /// <param name="received">It, to be disposed.</param>
    /// <returns>False when none is there, also when nothing can come any more.</returns>
    public bool TryReceive(out SctpReceived received) => Received.Items.TryDequeue(out received);

    /// <summary>Sends a message on an association if its send buffer has room for it now.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="payload">User data, from 1 byte; copied.</param>
    /// <param name="info">Stream, PPID and order; null for those of the association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <returns>False when it has not: the message was not sent.</returns>
    /// <exception cref="SctpException">There is no such association (any more), it is shutting down, or the length is not allowed.</exception>
    public bool TrySend(SctpAssociationId id, ReadOnlySpan<byte> payload, SctpSendInfo? info = null)
    {
        AssociationHost host = Find(id);
        return Calls.TrySend(host, payload, info ?? host.Options.DefaultSendInfo, null);
    }

    /// <summary>As <see cref="AssociationHost.Watcher"/>, for all associations that have none of their own.</summary>
    internal Action? Watcher { get; set; }

    /// <summary>An association of its own name, which stays the socket's.</summary>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    internal SctpAssociation Of(SctpAssociationId id) => new(Find(id));

    /// <summary>The same; null where there is none.</summary>
    internal SctpAssociation? TryFind(SctpAssociationId id) => _peers.Find(id) is { } host ? new SctpAssociation(host) : null;

    /// <summary>How many associations it has had.</summary>
    internal int AssociationsBegun => _peers.Added;

    /// <summary>With what associations begin from now on.</summary>
    internal void SetFuture(SctpAssociationOptions options) => _binding.Change(_ => options);
}
