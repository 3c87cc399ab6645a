using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Usrsctp;

/// <summary>usrsctp_get_stat: struct sctpstat. What packets show, whoever moves them.</summary>
[C("sctpstat")]
internal static class Statistics
{
    /// <summary>Bytes of struct sctpstat.</summary>
    public const int Size = 664;

    // Where its fields are.
    [C("sctps_currestab")] private const int Established = 8;
    [C("sctps_activeestab")] private const int SetUpByUs = 12;
    [C("sctps_passiveestab")] private const int SetUpByPeers = 24;
    [C("sctps_aborted")] private const int Aborted = 28;
    [C("sctps_shutdown")] private const int ShutDown = 32;
    [C("sctps_outoftheblue")] private const int OutOfTheBlue = 36;
    [C("sctps_checksumerrors")] private const int ChecksumErrors = 40;
    [C("sctps_outcontrolchunks")] private const int ControlSent = 44;
    [C("sctps_outorderchunks")] private const int OrderedSent = 48;
    [C("sctps_outunorderchunks")] private const int UnorderedSent = 52;
    [C("sctps_incontrolchunks")] private const int ControlReceived = 56;
    [C("sctps_inorderchunks")] private const int OrderedReceived = 60;
    [C("sctps_inunorderchunks")] private const int UnorderedReceived = 64;
    [C("sctps_outpackets")] private const int OutPackets = 76;
    [C("sctps_inpackets")] private const int InPackets = 80;
    [C("sctps_recvpackets")] private const int PacketsReceived = 84;
    [C("sctps_recvdatagrams")] private const int DatagramsReceived = 88;
    [C("sctps_recvpktwithdata")] private const int PacketsWithData = 92;
    [C("sctps_recvsacks")] private const int SacksReceived = 96;
    [C("sctps_recvdata")] private const int DataReceived = 100;
    [C("sctps_recvheartbeat")] private const int HeartbeatsReceived = 108;
    [C("sctps_recvheartbeatack")] private const int HeartbeatAcksReceived = 112;
    [C("sctps_recvauth")] private const int AuthReceived = 120;
    [C("sctps_sendpackets")] private const int PacketsSent = 160;
    [C("sctps_sendsacks")] private const int SacksSent = 164;
    [C("sctps_senddata")] private const int DataSent = 168;
    [C("sctps_sendheartbeat")] private const int HeartbeatsSent = 184;
    [C("sctps_sendauth")] private const int AuthSent = 192;
    [C("sctps_hdrops")] private const int ShorterThanHeader = 388;
    [C("sctps_badsum")] private const int BadChecksums = 392;
    [C("sctps_badvtag")] private const int BadTags = 400;

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

        foreach (DropCounters drops in library.Stacks.Drops)
        {
            AddDrops(statistics, drops);
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
