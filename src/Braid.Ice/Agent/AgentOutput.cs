using System;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Writes what an agent has to send into the owner's buffer, through a relay where it goes through one.</summary>
internal static class AgentOutput
{
    /// <summary>Writes the next message of the agent itself.</summary>
    public static bool TryTake(IceContext context, Span<byte> destination, out OutgoingDatagram datagram, out IceTransport transport)
    {
        Span<byte> inner = stackalloc byte[IceMessages.LongestLength];
        while (context.TryTakeOutgoing(out OutgoingMessage message))
        {
            int length;
            NetworkPath path = message.Path;
            transport = message.Transport;
            if (message.Relay is { } relay)
            {
                length = IceMessages.Write(message, inner);
                length = length == 0 ? 0 : relay.Wrap(context.Now, message.Path.Remote, inner[..length], destination);
                path = relay.ServerPath;
                transport = relay.IsStream ? IceTransport.Tcp : IceTransport.Udp;
            }
            else
            {
                length = IceMessages.Write(message, destination);
            }

            if (length > 0)
            {
                datagram = new OutgoingDatagram(length, path);
                return true;
            }
        }

        datagram = default;
        transport = default;
        return false;
    }

    /// <summary>Makes a datagram of data for the peer.</summary>
    public static bool TryWrap(
        Instant now, CandidatePair pair, ReadOnlySpan<byte> data, Span<byte> destination, out OutgoingDatagram datagram, out IceTransport transport)
    {
        if (pair.Local.Relay is { } relay)
        {
            int length = relay.Wrap(now, pair.Path.Remote, data, destination);
            datagram = new OutgoingDatagram(length, relay.ServerPath);
            transport = relay.IsStream ? IceTransport.Tcp : IceTransport.Udp;
            return length > 0;
        }

        transport = pair.Transport;
        datagram = new OutgoingDatagram(data.Length, pair.Path);
        return data.TryCopyTo(destination);
    }
}
