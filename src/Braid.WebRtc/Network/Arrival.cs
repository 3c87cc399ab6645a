using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Threading;
using Braid.Core;
using Braid.Ice;
using Braid.Ice.Turn;

namespace Braid.WebRtc.Network;

/// <summary>How messages are told apart in what has arrived.</summary>
internal enum ArrivalKind : byte
{
    /// <summary>Datagrams of one size.</summary>
    Datagrams,

    /// <summary>Frames of RFC 4571: each has its length before it.</summary>
    Frames,

    /// <summary>Messages of a TURN server over a stream (RFC 8656 §12.5).</summary>
    TurnMessages,
}

/// <summary>What was received on another thread than the peer's: whole messages, one behind the other, in a buffer of the pool.</summary>
/// <param name="Buffer">From the shared array pool.</param>
/// <param name="Length">Bytes in it.</param>
/// <param name="Size">Bytes in each datagram; only for <see cref="ArrivalKind.Datagrams"/>.</param>
/// <param name="Kind">How they are told apart.</param>
/// <param name="Path">Where they come from.</param>
/// <param name="Ecn">What their IP headers say.</param>
/// <param name="Slot">Is released when they were taken; null for none.</param>
internal readonly record struct Arrival(
    byte[] Buffer, int Length, int Size, ArrivalKind Kind, NetworkPath Path, EcnCodepoint Ecn, SemaphoreSlim? Slot)
{
    /// <summary>Gives the messages to the peer, and the buffer back.</summary>
    public void Deliver(Instant now, INetworkPeer peer)
    {
        try
        {
            ReadOnlySpan<byte> rest = Buffer.AsSpan(0, Length);
            while (!rest.IsEmpty)
            {
                int header = 0;
                int length = Math.Min(Size, rest.Length);
                if (Kind == ArrivalKind.Frames)
                {
                    header = sizeof(ushort);
                    length = BinaryPrimitives.ReadUInt16BigEndian(rest);
                }
                else if (Kind == ArrivalKind.TurnMessages && TurnFraming.TryRead(rest, out length) != TurnFrame.Complete)
                {
                    return;
                }

                peer.Receive(now, Kind == ArrivalKind.Datagrams ? IceTransport.Udp : IceTransport.Tcp, Path, rest.Slice(header, length), Ecn);
                rest = rest[(header + length)..];
            }
        }
        finally
        {
            Return();
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(Buffer);
        Slot?.Release();
    }
}
