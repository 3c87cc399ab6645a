using System;
using System.Buffers;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Usrsctp;

/// <summary>
/// What a packet of AF_CONN has the protocol answer, until the program was told what that packet brought. libusrsctp tells first and answers then, and programs
/// need it: one that learns of the reset of a stream later than its peer learns that it is done gets the first message of the next channel for the last of the old.
/// </summary>
internal static class HeldPackets
{
    [ThreadStatic]
    private static List<Held>? t_held;

    [ThreadStatic]
    private static bool t_isHolding;

    /// <summary>From now on what this thread sends is held.</summary>
    public static void Begin() => t_isHolding = true;

    /// <summary>What is sent from now on goes out, behind what was held.</summary>
    public static void End() => t_isHolding = false;

    /// <summary>Keeps a packet, where this thread holds them. An end of an association goes out at once: once it is told, the program may take the address away.</summary>
    /// <returns>Whether it does.</returns>
    public static bool TryHold(ConnLink link, ReadOnlySpan<byte> packet, EcnCodepoint ecn)
    {
        if (!t_isHolding || IsEnd(packet))
        {
            return false;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(copy);
        (t_held ??= []).Add(new Held(link, copy, packet.Length, ecn));
        return true;
    }

    /// <summary>Sends what this thread has held.</summary>
    /// <returns>Whether there was anything.</returns>
    public static bool Release()
    {
        if (t_held is not { Count: > 0 } held)
        {
            return false;
        }

        // What the program does when it gets them may have more held.
        t_held = null;
        foreach (Held each in held)
        {
            each.Link.Output(each.Packet.AsSpan(0, each.Length), each.Ecn);
            ArrayPool<byte>.Shared.Return(each.Packet);
        }

        held.Clear();
        t_held ??= held;
        return true;
    }

    private static bool IsEnd(ReadOnlySpan<byte> packet)
    {
        if (!PacketView.TryRead(packet, out PacketView view))
        {
            return false;
        }

        ChunkReader chunks = view.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type is ChunkType.ShutdownComplete or ChunkType.Abort)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Held(ConnLink Link, byte[] Packet, int Length, EcnCodepoint Ecn);
}
