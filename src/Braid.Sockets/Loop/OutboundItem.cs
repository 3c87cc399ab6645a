using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>A message on its way to the protocol.</summary>
/// <param name="Payload">User data; owned by whoever has the item.</param>
/// <param name="Options">How it is sent.</param>
/// <param name="Stream">Whose backlog it counts for, if anybody asked.</param>
internal readonly record struct OutboundItem(PooledBuffer Payload, SendOptions Options, SctpStream? Stream)
{
    /// <summary>What it takes of the send buffer.</summary>
    public long Charge => Payload.Length + AssociationOptions.MessageOverhead;
}
