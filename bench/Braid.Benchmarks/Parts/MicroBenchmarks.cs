using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Tests;
using Braid.Sctp.Wire;

namespace Braid.Benchmarks;

/// <summary>The hot spots, in memory: one thread, no socket. Each returns something of what it has done, lest it be left out.</summary>
[MemoryDiagnoser]
public class MicroBenchmarks
{
    private const int PacketLength = 1372;                   // of a path MTU of 1,400, in UDP
    private const int SmallChunks = 9;
    private const int Outstanding = 512;
    private const int Fragments = 48;                        // of a message of 63 KiB
    private const int FragmentLength = 1340;

    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);
    private static readonly TimeSpan s_trip = TimeSpan.FromMicroseconds(100);
    private static readonly GapAckBlock[] s_gaps = [new(2, 3), new(5, 9), new(11, 11), new(14, 20), new(22, 40), new(42, 42), new(44, 60), new(70, 80)];

    private readonly byte[] _packet = new byte[PacketLength];
    private readonly byte[] _chunks = new byte[PacketLength];
    private readonly byte[] _sack = new byte[PacketLength];
    private readonly byte[] _destination = new byte[PacketLength];
    private readonly byte[] _datagram = new byte[2048];
    private readonly byte[] _message = new byte[1200];
    private readonly byte[] _gap = [0, 2, 0, 3];
    private readonly byte[][] _data = new byte[Fragments][];
    private readonly byte[][] _interleaved = new byte[Fragments][];
    private readonly BufferPool _buffers = new();
    private readonly OutboundMessagePool _messages = new(Real.Context());
    private int _sackLength;
    private int _chunksLength;
    private Tsn _tsn = new(1);
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private ushort _ssn;
    private uint _mid;
    private OutstandingQueue _outstanding = null!;
    private ReassemblyQueue _reassembly = null!;
    private InterleavedQueue _interleaving = null!;
    private Endpoint _sender = null!;
    private Endpoint _receiver = null!;
    private Association _association = null!;

    /// <summary>Two endpoints, connected; chunks that are outstanding; packets to read.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var options = new AssociationOptions { PathMtu = 1400, MaximumPathMtu = 0 };
        _sender = new Endpoint(new EndpointOptions { LocalPort = 1, Association = options }, new SeededRandom(1));
        _receiver = new Endpoint(new EndpointOptions { LocalPort = 2, Association = options, AcceptsAssociations = true }, new SeededRandom(2));
        _association = _sender.Connect(_now, 2, new NetworkPath(s_a, s_z));
        Exchange();

        _outstanding = new OutstandingQueue(new Tsn(1), _messages);
        Add(Outstanding);
        AssociationContext context = Real.Context();
        _reassembly = new ReassemblyQueue(context, new ReceiveWindow(1 << 20, PacketLength, 1 << 20));
        _interleaving = new InterleavedQueue(context, new ReceiveWindow(1 << 20, PacketLength, 1 << 20));
        for (int i = 0; i < Fragments; i++)
        {
            DataFlags flags = (i == 0 ? DataFlags.Beginning : 0) | (i == Fragments - 1 ? DataFlags.Ending : 0);
            var data = new PacketWriter(_destination, 1, 2, default);
            DataChunk.Write(ref data, new DataHeader(default, 0, default, 0, flags), new byte[FragmentLength]);
            _data[i] = _destination[PacketHeader.Length..data.Length];
            var interleaved = new PacketWriter(_destination, 1, 2, default);
            InterleavedDataChunk.Write(ref interleaved, new InterleavedDataHeader(default, 0, default, 0, (uint)i, flags), new byte[FragmentLength]);
            _interleaved[i] = _destination[PacketHeader.Length..interleaved.Length];
        }

        var chunks = new PacketWriter(_chunks, 1, 2, default);
        for (int i = 0; i < SmallChunks; i++)
        {
            DataChunk.Write(ref chunks, new DataHeader(new Tsn((uint)i), 0, new Ssn((ushort)i), 0, DataFlags.Beginning | DataFlags.Ending), _message.AsSpan(0, 128));
        }

        _chunksLength = chunks.Length;
        _sackLength = WriteSack(_sack);
    }

    [Benchmark(Description = "CRC32c of 1,372 bytes")]
    public uint Checksum() => Crc32c.Compute(_packet);

    /// <summary>One instruction for 8 bytes: the floor of what needs no trick.</summary>
    [Benchmark(Description = "CRC32c of 1,372 bytes, by one instruction after the other")]
    public uint ChecksumSerial()
    {
        uint state = uint.MaxValue;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(_packet))
        {
            state = BitOperations.Crc32C(state, word);
        }

        return state;
    }

    [Benchmark(Description = "parse: a packet of 9 DATA chunks, without its checksum")]
    public uint ReadPacket()
    {
        PacketView.TryRead(_chunks.AsSpan(0, _chunksLength), out PacketView packet);
        uint sum = packet.Header.SourcePort;
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            sum += DataChunk.TryRead(chunk, out DataChunk data) ? data.Tsn.Value + (uint)data.Payload.Length : 0;
        }

        return sum;
    }

    [Benchmark(Description = "parse: a SACK of 8 gaps")]
    public uint ReadSack()
    {
        var chunks = new ChunkReader(_sack.AsSpan(PacketHeader.Length, _sackLength - PacketHeader.Length));
        chunks.TryRead(out ChunkView chunk);
        SackChunk.TryRead(chunk, out SackChunk sack);
        uint sum = sack.CumulativeAck.Value;
        for (int i = 0; i < sack.GapCount; i++)
        {
            sum += sack.Gap(i).End;
        }

        return sum;
    }

    [Benchmark(Description = "build: a full packet of one I-DATA chunk, with its checksum")]
    public uint WritePacket()
    {
        var packet = new PacketWriter(_destination, 1, 2, default);
        InterleavedDataChunk.Write(
            ref packet,
            new InterleavedDataHeader(_tsn, 0, default, 0, 0, DataFlags.Beginning | DataFlags.Ending),
            _packet.AsSpan(0, PacketLength - PacketHeader.Length - InterleavedDataChunk.HeaderLength));
        return (uint)packet.Finish();
    }

    [Benchmark(Description = "build: a SACK of 8 gaps, with its checksum")]
    public uint WriteSack() => (uint)WriteSack(_destination);

    [Benchmark(Description = "SACK: of 2 new chunks, 512 outstanding, the sending of them included")]
    public uint TakeSack()
    {
        Add(2);
        return (uint)_outstanding.Acknowledge(_now, new SackChunk(_outstanding.CumulativeAck + 2, 1 << 20, default, default), false, isTimed: true).ReleasedBytes;
    }

    [Benchmark(Description = "SACK: one with a gap and one that fills it, of 3 chunks, the sending of them included")]
    public uint TakeSackWithGap()
    {
        Add(3);
        var first = new SackChunk(_outstanding.CumulativeAck, 1 << 20, _gap, default);
        var second = new SackChunk(_outstanding.CumulativeAck + 3, 1 << 20, default, default);
        return (uint)(_outstanding.Acknowledge(_now, first, false, isTimed: true).ReleasedBytes + _outstanding.Acknowledge(_now, second, false, isTimed: true).ReleasedBytes);
    }

    [Benchmark(Description = "reassembly: one of the 48 DATA chunks of a message", OperationsPerInvoke = Fragments)]
    public uint Reassemble()
    {
        foreach (byte[] bytes in _data)
        {
            SetTsn(bytes);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), _ssn);
            DataChunk.TryRead(Chunk(bytes), out DataChunk data);
            _reassembly.Add(data);
        }

        _ssn++;
        return Take(_reassembly);
    }

    [Benchmark(Description = "reassembly: one of the 48 I-DATA chunks of a message", OperationsPerInvoke = Fragments)]
    public uint ReassembleInterleaved()
    {
        foreach (byte[] bytes in _interleaved)
        {
            SetTsn(bytes);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), _mid);
            InterleavedDataChunk.TryRead(Chunk(bytes), out InterleavedDataChunk data);
            _interleaving.Add(data);
        }

        _mid++;
        return Take(_interleaving);
    }

    [Benchmark(Description = "all of it: a message of 1,200 bytes through both endpoints, with its half of a SACK", OperationsPerInvoke = 2)]
    public uint TwoMessages()
    {
        _association.Send(_now, _message, default);
        _association.Send(_now, _message, default);
        return Exchange();
    }

    private static int WriteSack(Span<byte> destination)
    {
        var packet = new PacketWriter(destination, 1, 2, default);
        SackChunk.Write(ref packet, new Tsn(1000), 1 << 20, s_gaps, []);
        return packet.Finish();
    }

    private static ChunkView Chunk(byte[] bytes)
    {
        new ChunkReader(bytes).TryRead(out ChunkView chunk);
        return chunk;
    }

    private static uint Take(Reassembly queue)
    {
        bool isThere = queue.TryTake(out ReceivedMessage? message);
        Invariant.Check(isThere, "a message has all of its fragments");
        uint length = (uint)message!.Length;
        message.Dispose();
        return length;
    }

    private void SetTsn(byte[] chunk)
    {
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4), _tsn.Value);
        _tsn = _tsn.Next;
    }

    private void Add(int count)
    {
        for (int i = 0; i < count; i++)
        {
            OutboundMessage message = _messages.Rent(_buffers.Rent(FragmentLength), default);
            message.Cut = FragmentLength;
            message.FragmentsHeld = 1;
            _outstanding.Add(_now, new Fragment(message, 0, FragmentLength, DataFlags.Beginning | DataFlags.Ending), 0);
        }
    }

    private uint Exchange()
    {
        uint received = 0;
        while (Carry(_sender, _receiver, s_a, ref received) | Carry(_receiver, _sender, s_z, ref received))
        {
            _now += s_trip;
            _sender.HandleTimeout(_now);
            _receiver.HandleTimeout(_now);
        }

        return received;
    }

    private bool Carry(Endpoint from, Endpoint to, NetworkAddress source, ref uint received)
    {
        bool any = false;
        while (from.TryGetDatagram(_now, _datagram, out OutgoingDatagram datagram))
        {
            any = true;
            to.HandleDatagram(_now, new NetworkPath(datagram.Path.Remote, source), _datagram.AsSpan(0, datagram.Length));
        }

        while (from.TryTakeActive(out Association? association))
        {
            while (association.TryReceive(out ReceivedMessage? message))
            {
                received += (uint)message.Length;
                message.Dispose();
            }
        }

        return any;
    }
}
