using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Usrsctp;

/// <summary>usrsctp_get_stat: struct sctpstat. What the packets of the program's own addresses (AF_CONN) show; those that Braid moves itself are not counted.</summary>
internal static class Statistics
{
    /// <summary>Bytes of struct sctpstat.</summary>
    public const int Size = 664;

    // Where its fields are.
    private const int Established = 8;
    private const int SetUpByUs = 12;
    private const int SetUpByPeers = 24;
    private const int Aborted = 28;
    private const int ShutDown = 32;
    private const int OutOfTheBlue = 36;
    private const int ChecksumErrors = 40;
    private const int ControlSent = 44;
    private const int OrderedSent = 48;
    private const int UnorderedSent = 52;
    private const int ControlReceived = 56;
    private const int OrderedReceived = 60;
    private const int UnorderedReceived = 64;
    private const int OutPackets = 76;
    private const int InPackets = 80;
    private const int PacketsReceived = 84;
    private const int DatagramsReceived = 88;
    private const int PacketsWithData = 92;
    private const int SacksReceived = 96;
    private const int DataReceived = 100;
    private const int HeartbeatsReceived = 108;
    private const int HeartbeatAcksReceived = 112;
    private const int AuthReceived = 120;
    private const int PacketsSent = 160;
    private const int SacksSent = 164;
    private const int DataSent = 168;
    private const int HeartbeatsSent = 184;
    private const int AuthSent = 192;
    private const int ShorterThanHeader = 388;
    private const int BadChecksums = 392;
    private const int BadTags = 400;

    private const byte UnorderedFlag = 4;                    // U (RFC 9260 §3.3.1)

    private static readonly uint[] s_counts = new uint[Size / sizeof(uint)];

    /// <summary>Writes the counters of the process.</summary>
    /// <param name="statistics">Where to: <see cref="Size"/> bytes.</param>
    /// <param name="library">The library; null where it is not started.</param>
    public static void Write(Span<byte> statistics, Library? library)
    {
        statistics.Clear();
        MemoryMarshal.AsBytes(s_counts.AsSpan()).CopyTo(statistics);
        if (library is null)
        {
            return;
        }

        int living = library.Stacks.AssociationCount + library.Links.All.Sum(static link => link.Stack.AssociationCount);
        MemoryMarshal.Write(statistics[Established..], (uint)living);
        foreach (ConnLink link in library.Links.All)
        {
            AddDrops(statistics, link.Stack.Loop.Endpoint.Drops);
        }
    }

    /// <summary>An address is forgotten: what it has counted stays.</summary>
    public static void Keep(DropCounters drops)
    {
        lock (s_counts)
        {
            AddDrops(MemoryMarshal.AsBytes(s_counts.AsSpan()), drops);
        }
    }

    /// <summary>A packet has come, or goes out.</summary>
    public static void Count(ReadOnlySpan<byte> packet, bool isIncoming)
    {
        if (isIncoming)
        {
            Add(PacketsReceived);
            Add(DatagramsReceived);
        }

        if (packet.Length < PacketHeader.Length)
        {
            Add(ShorterThanHeader);
            return;
        }

        Add(isIncoming ? InPackets : PacketsSent);
        if (!isIncoming)
        {
            Add(OutPackets);
        }

        if (!PacketView.TryRead(packet, out PacketView view))
        {
            return;
        }

        bool hasData = false;
        ChunkReader chunks = view.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            hasData |= CountChunk(chunk, isIncoming);
        }

        if (isIncoming && hasData)
        {
            Add(PacketsWithData);
        }
    }

    // Whether it is user data.
    private static bool CountChunk(in ChunkView chunk, bool isIncoming)
    {
        if (chunk.Type is ChunkType.Data or ChunkType.IData)
        {
            bool isUnordered = (chunk.Flags & UnorderedFlag) != 0;
            Add(isIncoming ? DataReceived : DataSent);
            Add(isIncoming ? (isUnordered ? UnorderedReceived : OrderedReceived) : isUnordered ? UnorderedSent : OrderedSent);
            return true;
        }

        Add(isIncoming ? ControlReceived : ControlSent);
        switch (chunk.Type)
        {
            case ChunkType.Sack:
                Add(isIncoming ? SacksReceived : SacksSent);
                break;
            case ChunkType.Heartbeat when isIncoming:
                Add(HeartbeatsReceived);
                break;
            case ChunkType.Heartbeat:
                Add(HeartbeatsSent);
                break;
            case ChunkType.HeartbeatAck when isIncoming:
                Add(HeartbeatAcksReceived);
                break;
            case ChunkType.Abort:
                Add(Aborted);
                break;
            case ChunkType.CookieAck:
                Add(isIncoming ? SetUpByUs : SetUpByPeers);
                break;
            case ChunkType.ShutdownComplete:
                Add(ShutDown);
                break;
            case ChunkType.Auth:
                Add(isIncoming ? AuthReceived : AuthSent);
                break;
        }

        return false;
    }

    private static void AddDrops(Span<byte> statistics, DropCounters drops)
    {
        Add(statistics, OutOfTheBlue, drops[DropReason.OutOfTheBlue]);
        Add(statistics, ChecksumErrors, drops[DropReason.BadChecksum]);
        Add(statistics, BadChecksums, drops[DropReason.BadChecksum]);
        Add(statistics, BadTags, drops[DropReason.BadVerificationTag]);
    }

    private static void Add(Span<byte> statistics, int offset, long count) =>
        MemoryMarshal.Write(statistics[offset..], MemoryMarshal.Read<uint>(statistics[offset..]) + (uint)count);

    private static void Add(int offset) => Interlocked.Increment(ref s_counts[offset / sizeof(uint)]);
}
