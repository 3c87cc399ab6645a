using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What A sends, packet by packet: messages that are sent before a packet is taken wait together.</summary>
internal static class SendingOrder
{
    public static Pair Send(Pair pair, ushort stream, int length, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[length], new SendOptions(stream)));
        }

        return pair;
    }

    /// <summary>The next packet of A, which arrives and is acknowledged; null when nothing is sent.</summary>
    public static byte[]? Carry(Pair pair)
    {
        var bytes = new byte[1500];
        if (!pair.EndpointA.TryGetDatagram(pair.Now, bytes, out OutgoingDatagram datagram))
        {
            return null;
        }

        byte[] packet = bytes[..datagram.Length];
        pair.EndpointZ.HandleDatagram(pair.Now, Pair.FromA, packet);
        while (pair.EndpointZ.TryGetDatagram(pair.Now, bytes, out datagram))
        {
            pair.EndpointA.HandleDatagram(pair.Now, Pair.FromZ, bytes.AsSpan(0, datagram.Length));
        }

        return packet;
    }

    /// <summary>All packets, as a test describes them, until there is none.</summary>
    public static List<string> All(Func<string> next)
    {
        var packets = new List<string>();
        while (next() is { Length: > 0 } packet)
        {
            packets.Add(packet);
        }

        return packets;
    }
}
