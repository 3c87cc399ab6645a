using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Fuzz;

/// <summary>
/// Two real peers and a list of operations: commands of their applications, and what the network does to each packet. In the
/// end both are aborted, and nothing may be left.
/// </summary>
public sealed class PeersTarget : IFuzzTarget
{
    private const ushort Port = 5000;

    /// <inheritdoc/>
    public string Name => "peers";

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<byte> input)
    {
        var run = new Session();
        var script = new ByteScript(input);
        run.Begin(script.Byte());
        while (!script.IsAtEnd)
        {
            run.Step(ref script);
        }

        run.End();
    }

    /// <inheritdoc/>
    public byte[] Make(IRandomSource random)
    {
        var input = new byte[random.NextInt32(600)];
        random.Fill(input);
        return input;
    }

    private sealed class Session
    {
        private const int MostOnTheWay = 2000;

        private readonly byte[] _buffer = new byte[65536];
        private readonly Side[] _sides = new Side[2];
        private Instant _now = new(TimeSpan.TicksPerSecond);

        private sealed class Side(Endpoint endpoint, NetworkAddress address)
        {
            public Endpoint Endpoint { get; set; } = endpoint;

            public NetworkAddress Address { get; } = address;

            public Association? Association { get; set; }

            public List<byte[]> OnTheWay { get; } = [];

            public List<ReceivedMessage> Unread { get; } = [];
        }

        public void Begin(byte how)
        {
            for (int i = 0; i < 2; i++)
            {
                var options = new AssociationOptions
                {
                    ReceiveBufferSize = (how & 1) == 0 ? 8_000 : 200_000,
                    SendBufferSize = 100_000,
                    MaximumRetransmissions = 5,
                    MaximumInitRetransmissions = 3,
                    HeartbeatInterval = (how & 2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(3),
                    RtoMaximum = TimeSpan.FromSeconds(4),
                    ReportsFailedSends = (how & 8) != 0,
                    ReportsSenderDry = (how & 8) != 0,
                    AdaptationIndication = (how & 16) != 0 ? how : null,
                    Extensions = ((how & 16) != 0 ? AssociationOptions.Default.Extensions : AssociationOptions.Default.Extensions & ~Extensions.Interleaving)
                        | ((how & 8) != 0 ? Extensions.NonRenegableSack : Extensions.None),
                    AllowedReconfiguration = (ReconfigurationKinds)(how >> 5),
                    Authentication = (how & 8) != 0 ? new AuthenticationOptions { RequiredChunks = [ChunkType.Data, ChunkType.IData, ChunkType.Sack] } : null,
                };
                _sides[i] = new Side(NewEndpoint(options, (ulong)i), NetworkAddress.FromIPv4([10, 0, 0, (byte)(1 + i)], 9899));
            }

            Connect(0);
            if ((how & 4) != 0)
            {
                Connect(1);
            }
        }

        public void Step(ref ByteScript script)
        {
            byte what = script.Byte();
            int from = what & 1;
            Side side = _sides[from];
            switch ((what >> 1) % 16)
            {
                case 0 or 1 or 2 or 3 or 4 or 5:
                    Deliver(from, script.Byte(), keeps: false);
                    break;
                case 6:
                    Deliver(from, script.Byte(), keeps: true);
                    break;
                case 7 when side.OnTheWay.Count > 0:
                    side.OnTheWay.RemoveAt(script.Byte() % side.OnTheWay.Count);
                    break;
                case 8:
                    Corrupt(from, ref script);
                    break;
                case 9:
                    Advance(TimeSpan.FromMilliseconds(1 << script.Below(13)));
                    break;
                case 10 or 11:
                    Send(side, ref script);
                    break;
                case 12 when what >= 128:
                    Reconfigure(side, script.Byte());
                    break;
                case 12:
                    Read(side);
                    break;
                case 13 when script.Below(8) == 0:
                    side.Association?.Shutdown(_now);
                    break;
                case 14 when script.Below(16) == 0:
                    side.Association?.Abort(_now, "fuzz"u8);
                    break;
                case 15 when script.Below(8) == 0:
                    Restart(from);
                    break;
            }

            Drain();
        }

        public void End()
        {
            foreach (Side side in _sides)
            {
                side.Association?.Abort(_now);
            }

            Drain();
            foreach (Side side in _sides)
            {
                side.Unread.ForEach(message => message.Dispose());
                side.Unread.Clear();
                while (side.Endpoint.AssociationCount > 0 && !side.Endpoint.NextTimeout.IsNever && _now < new Instant(TimeSpan.TicksPerDay))
                {
                    Advance(side.Endpoint.NextTimeout - _now);           // one that its peer lost, and that nobody holds here
                    side.OnTheWay.Clear();
                    Drain();
                    side.Unread.ForEach(message => message.Dispose());
                    side.Unread.Clear();
                }

                if (side.Endpoint.AssociationCount != 0 || side.Endpoint.Buffers.Rented != 0)
                {
                    throw new FuzzException($"{side.Endpoint.AssociationCount} associations and {side.Endpoint.Buffers.Rented} buffers are left");
                }
            }
        }

        private static Endpoint NewEndpoint(AssociationOptions options, ulong seed) =>
            new(new EndpointOptions { LocalPort = Port, AcceptsAssociations = true, Association = options }, new SeededRandom(seed));

        private void Connect(int index)
        {
            Side side = _sides[index];
            if (side.Endpoint.AssociationCount == 0)
            {
                side.Association = side.Endpoint.Connect(_now, Port, new NetworkPath(side.Address, _sides[1 - index].Address));
            }

            Drain();
        }

        private void Restart(int index)
        {
            Side side = _sides[index];
            side.Unread.Clear();
            side.OnTheWay.Clear();
            side.Association = null;
            side.Endpoint = NewEndpoint(side.Endpoint.Options.Association, (ulong)_now.Ticks);
            Connect(index);
        }

        private void Send(Side side, ref ByteScript script)
        {
            int length = 1 + (script.Byte() * (script.Below(4) == 0 ? 97 : 3));
            byte how = script.Byte();
            side.Association?.Send(_now, new byte[length], new SendOptions(
                (ushort)(how & 7), Unordered: (how & 8) != 0, SackImmediately: (how & 16) != 0, MoreFollows: (how & 96) == 96));
        }

        private void Reconfigure(Side side, byte how)
        {
            switch (how & 3)
            {
                case 0:
                    side.Association?.ResetAssociation(_now);
                    break;
                case 1:
                    side.Association?.AddStreams(_now, (how >> 2) & 3, 1 + (how >> 6));
                    break;
                default:
                    side.Association?.ResetStreams(
                        _now, (how & 16) != 0 ? [] : [(ushort)(how >> 5)], (how & 12) == 0 ? ResetDirection.Both : (ResetDirection)((how >> 2) & 3));
                    break;
            }
        }

        private static void Read(Side side)
        {
            side.Unread.ForEach(message => message.Dispose());
            side.Unread.Clear();
        }

        private void Deliver(int from, byte which, bool keeps)
        {
            List<byte[]> packets = _sides[from].OnTheWay;
            if (packets.Count == 0)
            {
                return;
            }

            int index = which < 200 ? 0 : which % packets.Count; // mostly in order
            byte[] packet = packets[index];
            if (!keeps)
            {
                packets.RemoveAt(index);
            }

            Handle(1 - from, packet);
        }

        private void Corrupt(int from, ref ByteScript script)
        {
            int at = script.Byte();
            byte value = script.Byte();
            if (_sides[from].OnTheWay.Count == 0)
            {
                return;
            }

            // With the right checksum: what is tested lies behind it.
            byte[] packet = [.. _sides[from].OnTheWay[0]];
            packet[12 + (at % (packet.Length - 12))] ^= value;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), Braid.Sctp.Wire.Crc32c.Compute(packet));
            Handle(1 - from, packet);
        }

        private void Handle(int to, byte[] packet) =>
            _sides[to].Endpoint.HandleDatagram(_now, new NetworkPath(_sides[to].Address, _sides[1 - to].Address), packet);

        private void Advance(TimeSpan time)
        {
            _now += time;
            foreach (Side side in _sides)
            {
                side.Endpoint.HandleTimeout(_now);
            }
        }

        private void Drain()
        {
            foreach (Side side in _sides)
            {
                while (side.Endpoint.TryGetDatagram(_now, _buffer, out OutgoingDatagram datagram))
                {
                    side.OnTheWay.Add(_buffer[..datagram.Length]);
                    if (side.OnTheWay.Count > MostOnTheWay)
                    {
                        throw new FuzzException("packets without end");
                    }
                }

                while (side.Endpoint.TryAccept(out Association? accepted))
                {
                    side.Association = accepted;
                }

                while (side.Endpoint.TryTakeActive(out Association? active))
                {
                    while (active.TryReceive(out ReceivedMessage? message))
                    {
                        side.Unread.Add(message);
                    }

                    while (active.TryGetEvent(out AssociationEvent? next))
                    {
                        (next as AssociationEvent.SendFailed)?.Payload.Dispose();
                    }
                }
            }
        }
    }
}
