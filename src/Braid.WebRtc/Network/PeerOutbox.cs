using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Ice;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>Sends what a peer has to say: knows its sockets by their address, and hands each what belongs to it in batches.</summary>
internal sealed class PeerOutbox(PeerHost host)
{
    // UDP_SEGMENT takes no more at once.
    private const int LongestRun = 65507;

    private readonly List<UdpPort> _ports = [];

    /// <summary>A socket to send from.</summary>
    public void Add(UdpPort port) => _ports.Add(port);

    /// <summary>Sends all that the peer has. On the loop only.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Send(Instant now, INetworkPeer peer)
    {
        DatagramBatch? batch = null;
        UdpPort? current = null;
        try
        {
            batch = DatagramBatch.Rent();
            bool isAny = false;
            while (true)
            {
                int offset = batch.FreeOffset;
                Span<byte> room = batch.Free;
                if (!peer.TryGetBatch(now, room[..Math.Min(room.Length, LongestRun)], out NetworkBatch next))
                {
                    break;
                }

                isAny = true;
                if (next.Transport == IceTransport.Tcp)
                {
                    SendFrames(next, room);
                    continue;
                }

                UdpPort? port = Find(next.Path.Local);
                if (port != current)
                {
                    Flush(current, batch);
                    current = port;
                }

                if (port is not null)
                {
                    host.Mux?.OnSending(next, room);
                    batch.CommitAt(offset, next.Length, next.SegmentLength, next.Path, next.Ecn, next.MayBeFragmented);
                    if (batch.IsFull)
                    {
                        Flush(current, batch);
                    }
                }
            }

            Flush(current, batch);
            return isAny;
        }
        finally
        {
            if (batch is not null)
            {
                DatagramBatch.Return(batch);
            }
        }
    }

    /// <summary>Closes the sockets that are the host's own.</summary>
    public void Close()
    {
        foreach (UdpPort port in _ports)
        {
            if (host.Mux?.Shard.Owns(port) != true)
            {
                port.Close();
            }
        }

        _ports.Clear();
    }

    private static void Flush(UdpPort? port, DatagramBatch batch)
    {
        if (batch.Count > 0)
        {
            port?.Send(batch);
            batch.Clear();
        }
    }

    private UdpPort? Find(in NetworkAddress local)
    {
        foreach (UdpPort port in _ports)
        {
            if (port.Local == local)
            {
                return port;
            }
        }

        return null;
    }

    private void SendFrames(in NetworkBatch batch, ReadOnlySpan<byte> bytes)
    {
        if (host.Streams.Find(batch.Path) is { } link)
        {
            for (int offset = 0; offset < batch.Length; offset += batch.SegmentLength)
            {
                link.Send(bytes.Slice(offset, Math.Min(batch.SegmentLength, batch.Length - offset)));
            }
        }
    }
}
