using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Fuzz;

/// <summary>
/// Packets against one endpoint in any state. The input says which state, and then for each packet: which tag, how much time
/// passes before it, and its chunks. Header and checksum are made here, so that what is tested is behind them; in one half of the inputs chunks have
/// to be authenticated (RFC 4895), and the peer of these can do it.
/// </summary>
public sealed class PacketTarget : IFuzzTarget
{
    private const ushort OurPort = 5000;
    private const ushort PeerPort = 6000;
    private const uint PeerTag = 0x01020304;
    private const uint FirstTsn = 1000;
    private const int ReceiveBuffer = 64 * 1024;
    private const int States = 11;
    private const int Interleaving = 10;                     // the state in which both sides have agreed on I-DATA

    // What one packet may make us send when we know its sender: the answers to all of its chunks, and what its SACKs set free.
    private const int MostAnswers = 400;

    private static readonly NetworkAddress s_ours = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);

    /// <inheritdoc/>
    public string Name => "packet";

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        var script = new ByteScript(input);
        int state = script.Below(2 * States);
        var run = new Session(state >= States ? new Authenticator() : null);
        run.Enter(state % States);
        while (!script.IsAtEnd)
        {
            byte how = script.Byte();
            run.Feed(how, script.Block());
        }

        run.End();
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        int state = random.NextInt32(2 * States);
        var input = new List<byte> { (byte)state };
        for (int i = 1 + random.NextInt32(12); i > 0; i--)
        {
            byte[] chunks = ChunkMaker.Make(random);
            if (state % States == Interleaving && chunks.Length > 0 && chunks[0] == (byte)ChunkType.Data)
            {
                chunks[0] = (byte)ChunkType.IData;           // DATA would end it at once
            }

            input.Add((byte)random.NextInt32(256));
            input.AddRange([(byte)(chunks.Length >> 8), (byte)chunks.Length]);
            input.AddRange(chunks);
        }

        return [.. input];
    }

    private sealed class Session(Authenticator? authenticator)
    {
        private readonly byte[] _buffer = new byte[65536];
        private readonly Endpoint _endpoint = new(
            new EndpointOptions
            {
                LocalPort = OurPort,
                AcceptsAssociations = true,
                MaximumAssociations = 4,
                Association = new AssociationOptions
                {
                    Extensions = AssociationOptions.Default.Extensions | Extensions.NonRenegableSack
                        | (authenticator is null ? Extensions.None : Extensions.AddressReconfiguration),
                    ReceiveBufferSize = ReceiveBuffer,
                    HeartbeatInterval = TimeSpan.FromSeconds(5),
                    AllowedReconfiguration = (ReconfigurationKinds)7,
                    Authentication = authenticator is null ? null : new AuthenticationOptions
                    {
                        RequiredChunks = [ChunkType.Data, ChunkType.IData, ChunkType.Sack, ChunkType.Abort, ChunkType.CookieEcho, ChunkType.ReConfig],
                        AcceptsOtherPeers = true,
                    },
                },
            },
            new SeededRandom(1));

        private Instant _now = new(TimeSpan.TicksPerSecond);
        private Association? _association;
        private uint _ourTag;
        private uint _ourTsn;
        private byte[] _cookie = [];

        /// <summary>Brings the endpoint into a state by an ordinary conversation.</summary>
        public void Enter(int state)
        {
            if (state == 0)
            {
                return;
            }

            if (state == 8)
            {
                Exchange(0, Chunk(1, Init()));               // a stranger with a cookie
                return;
            }

            _association = _endpoint.Connect(_now, PeerPort, new NetworkPath(s_ours, s_peer));
            Drain();
            if (state == 1)
            {
                return;
            }

            for (int i = 0; i < 10 && state == 9; i++)
            {
                _association.Send(_now, new byte[i == 9 ? 5000 : 60], new SendOptions((ushort)i));     // goes along with COOKIE ECHO, as far as it fits
            }

            byte[] extensions = state == Interleaving ? [0x80, 8, 0, 8, (byte)ChunkType.IData, (byte)ChunkType.ReConfig, (byte)ChunkType.IForwardTsn, (byte)ChunkType.NrSack]
                : state % 2 == 0 ? [0x80, 8, 0, 5, (byte)ChunkType.NrSack, 0, 0, 0]
                : [];
            Exchange(_ourTag, Chunk(2, [.. Init(), 0, 7, 0, 8, 1, 2, 3, 4, .. extensions]));
            if (state is 2 or 9)
            {
                return;
            }

            Exchange(_ourTag, Chunk(11, []));
            for (int i = 0; i < 5 && state >= 4; i++)
            {
                _association.Send(_now, new byte[500], new SendOptions((ushort)i));
            }

            Drain();
            switch (state)
            {
                case 5:
                    _association.Shutdown(_now);
                    break;
                case 6:
                    Exchange(_ourTag, Chunk(3, [.. U32(_ourTsn + 4), .. U32(100_000), 0, 0, 0, 0]));
                    _association.Shutdown(_now);
                    break;
                case 7:
                    Exchange(_ourTag, Chunk(7, U32(_ourTsn + 4)));
                    break;
            }

            Drain();
        }

        /// <summary>One packet.</summary>
        public void Feed(byte how, ReadOnlySpan<byte> chunks)
        {
            if ((how & 0x30) == 0x30)
            {
                _now += TimeSpan.FromMilliseconds(1 << (how >> 6 << 2));
                _endpoint.HandleTimeout(_now);
                Drain();
            }

            uint tag = (how & 7) switch
            {
                < 6 when chunks.Length > 0 && chunks[0] == (byte)ChunkType.Init => 0,
                6 => PeerTag,
                7 => 0xDEADBEEF,
                _ => _ourTag,
            };
            NetworkAddress source = (how & 0xE8) == 0x88 ? NetworkAddress.FromIPv4([10, 0, 0, 3], 9899) : s_peer;
            bool isStranger = _endpoint.AssociationCount == 0;
            byte[] patched = Patch(chunks.ToArray());
            bool isSigned = authenticator is not null && (how & 8) == 0 && (chunks.Length == 0 || chunks[0] != (byte)ChunkType.Init);
            byte[] packet = Packet(tag, isSigned ? authenticator!.Sign(patched) : patched);
            _endpoint.HandleDatagram(_now, new NetworkPath(s_ours, source), packet);
            (int count, int bytes) = Drain();
            if (isStranger && _endpoint.AssociationCount == 0 && bytes > 3 * packet.Length)
            {
                throw new FuzzException($"{bytes} bytes answer {packet.Length} bytes of a stranger");
            }

            if (count > MostAnswers)
            {
                throw new FuzzException($"one packet makes us send {count}");
            }

            // Every rented buffer holds at least the smallest class; twice the receive buffer is the limit for data.
            int mostBuffers = (4 * 2 * ReceiveBuffer / 128) + 1000;
            if (_endpoint.Buffers.Rented > mostBuffers)
            {
                throw new FuzzException($"{_endpoint.Buffers.Rented} buffers are held");
            }
        }

        /// <summary>When all is aborted, nothing is left.</summary>
        public void End()
        {
            while (_endpoint.TryAccept(out Association? accepted))
            {
                accepted.Abort(_now);
                Read(accepted);
            }

            _association?.Abort(_now);
            Drain();
            if (_association is not null)
            {
                Read(_association);
            }

            if (_endpoint.AssociationCount != 0 || _endpoint.Buffers.Rented != 0 || !_endpoint.NextTimeout.IsNever)
            {
                throw new FuzzException($"{_endpoint.AssociationCount} associations and {_endpoint.Buffers.Rented} buffers are left");
            }
        }

        private static void Read(Association association)
        {
            bool again = true;
            while (again)
            {
                again = false;
                while (association.TryReceive(out ReceivedMessage? message))
                {
                    message.Dispose();
                }

                while (association.TryGetEvent(out _))
                {
                    again = true;
                }
            }
        }

        private void Exchange(uint tag, byte[] chunk)
        {
            bool isSigned = authenticator is not null && chunk[0] is not (1 or 2);
            _endpoint.HandleDatagram(_now, new NetworkPath(s_ours, s_peer), Packet(tag, isSigned ? authenticator!.Sign(chunk) : chunk));
            Drain();
        }

        private (int Count, int Bytes) Drain()
        {
            int count = 0;
            int bytes = 0;
            while (_endpoint.TryGetDatagram(_now, _buffer, out OutgoingDatagram datagram))
            {
                count++;
                bytes += datagram.Length;
                Learn(_buffer.AsSpan(0, datagram.Length));
            }

            return (count, bytes);
        }

        // Our INIT or INIT ACK: what a peer would learn from it.
        private void Learn(ReadOnlySpan<byte> packet)
        {
            if (packet.Length >= 32 && packet[12] is 1 or 2)
            {
                authenticator?.Learn(packet);
            }

            if (packet.Length >= 32 && packet[12] is 1 or 2 && _ourTag == 0)
            {
                _ourTag = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]);
                _ourTsn = BinaryPrimitives.ReadUInt32BigEndian(packet[28..]);
            }

            if (packet.Length > 36 && packet[12] == 2)
            {
                _ourTag = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]);
                int length = BinaryPrimitives.ReadUInt16BigEndian(packet[34..]);
                _cookie = packet.Slice(36, Math.Min(length - 4, packet.Length - 36)).ToArray();
            }
        }

        /// <summary>TSNs in the input are relative to what really is, and a cookie of zeros stands for the real one.</summary>
        private byte[] Patch(byte[] chunks)
        {
            int offset = 0;
            while (offset + 8 <= chunks.Length)
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(chunks.AsSpan(offset + 2));
                Span<byte> number = chunks.AsSpan(offset + 4, 4);
                switch ((ChunkType)chunks[offset])
                {
                    case ChunkType.Data or ChunkType.IData or ChunkType.IForwardTsn:
                        BinaryPrimitives.WriteUInt32BigEndian(number, BinaryPrimitives.ReadUInt32BigEndian(number) + FirstTsn);
                        break;
                    case ChunkType.Sack or ChunkType.NrSack or ChunkType.Shutdown:
                        BinaryPrimitives.WriteUInt32BigEndian(number, BinaryPrimitives.ReadUInt32BigEndian(number) + _ourTsn);
                        break;
                    case ChunkType.ReConfig:
                        PatchReConfig(chunks.AsSpan(offset + 4, Math.Clamp(length - 4, 0, chunks.Length - offset - 4)));
                        break;
                    case ChunkType.CookieEcho when _cookie.Length > 0 && chunks[offset + 4] == 0:
                        return [.. chunks.AsSpan(0, offset), .. Chunk(10, _cookie), .. chunks.AsSpan(Math.Min(chunks.Length, offset + Math.Max(4, (length + 3) & ~3)))];
                }

                offset += Math.Max(4, (length + 3) & ~3);
            }

            return chunks;
        }

        // The numbers of requests begin like the TSNs (RFC 6525 §4.1).
        private void PatchReConfig(Span<byte> parameters)
        {
            for (int offset = 0; offset + 8 <= parameters.Length;)
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(parameters[(offset + 2)..]);
                var type = (ParameterType)BinaryPrimitives.ReadUInt16BigEndian(parameters[offset..]);
                Add(parameters[(offset + 4)..], type == ParameterType.ReconfigurationResponse ? _ourTsn : FirstTsn);
                if (type == ParameterType.OutgoingResetRequest && offset + 16 <= parameters.Length)
                {
                    Add(parameters[(offset + 8)..], _ourTsn);
                    Add(parameters[(offset + 12)..], FirstTsn);
                }

                offset += Math.Max(4, (length + 3) & ~3);
            }
        }

        private static void Add(Span<byte> number, uint what) =>
            BinaryPrimitives.WriteUInt32BigEndian(number, BinaryPrimitives.ReadUInt32BigEndian(number) + what);

        // With Supported Extensions: RE-CONFIG, and ASCONF where it can be authenticated.
        private byte[] Init() =>
        [
            .. U32(PeerTag), .. U32(100_000), 0, 10, 0, 10, .. U32(FirstTsn), 0x80, 8, 0, (byte)(authenticator is null ? 5 : 7), (byte)ChunkType.ReConfig,
            .. authenticator is null ? [0, 0, 0] : (byte[])[(byte)ChunkType.Asconf, (byte)ChunkType.AsconfAck, 0, .. Authenticator.Parameters],
        ];

        private static byte[] Chunk(byte type, byte[] value)
        {
            int length = 4 + value.Length;
            return [type, 0, (byte)(length >> 8), (byte)length, .. value, .. new byte[-length & 3]];
        }

        private static byte[] Packet(uint tag, byte[] chunks)
        {
            byte[] packet = [OurPeerPorts(0), OurPeerPorts(1), OurPeerPorts(2), OurPeerPorts(3), .. U32(tag), 0, 0, 0, 0, .. chunks];
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), Crc32c.Compute(packet));
            return packet;
        }

        private static byte OurPeerPorts(int index) => (byte)((((uint)PeerPort << 16) | OurPort) >> (24 - (8 * index)));

        private static byte[] U32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
    }
}
