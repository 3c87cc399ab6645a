using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Two peers whose keys change all the time, over links that lose, duplicate and reorder: nothing is lost, and nothing comes twice.</summary>
public sealed class KeyRolloverTests
{
    private const int Messages = 300;
    private const int Steps = 60_000;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);

    private static readonly ChunkType[] s_types = [ChunkType.Data, ChunkType.IData, ChunkType.Sack, ChunkType.Heartbeat, ChunkType.CookieAck, ChunkType.Shutdown];

    public static TheoryData<ulong> Seeds { get; } = [.. SeedsUpTo(40)];

    [Theory, MemberData(nameof(Seeds)), Rfc(4895, "6.2"), Rfc(4895, "6.3"), Rfc(6458, "8.1.18"), Rfc(6458, "8.3.4")]
    public void Everything_arrives_once_and_in_order_while_keys_roll_over_under_loss(ulong seed)
    {
        var world = new Rollover(seed);
        for (int step = 0; step < Steps && !world.IsDone; step++)
        {
            world.Step();
        }

        Assert.True(world.IsDone, world.ToString());
    }

    private static IEnumerable<ulong> SeedsUpTo(ulong end)
    {
        for (ulong seed = 0; seed < end; seed++)
        {
            yield return seed;
        }
    }

    private sealed class Rollover
    {
        private readonly SeededRandom _random;
        private readonly Pair _ends;
        private readonly List<(Instant Due, bool ToZ, byte[] Bytes)> _onTheWay = [];
        private readonly byte[] _room = new byte[65536];
        private readonly double _loss;
        private readonly Side _a = new();
        private readonly Side _z = new();
        private Instant _now = new(TimeSpan.TicksPerSecond);
        private ushort _newest = 1;

        public Rollover(ulong seed)
        {
            _random = new SeededRandom(seed);
            _loss = 0.15 * _random.NextDouble();
            _ends = new Pair(Options(), seed, Options(), interleaves: _random.NextDouble() < 0.5);
            _a.End = _ends.EndpointA;
            _z.End = _ends.EndpointZ;
            _a.Association = _a.End.Connect(_now, Pair.PortZ, new NetworkPath(Pair.FromZ.Local, Pair.FromZ.Remote));
        }

        public bool IsDone => _a.Received == Messages && _z.Received == Messages;

        public override string ToString() => $"A has {_a.Received}, Z has {_z.Received} of {Messages} messages after {_now}; the newest key is {_newest}";

        public void Step()
        {
            _now += s_step;
            _a.End.HandleTimeout(_now);
            _z.End.HandleTimeout(_now);
            Deliver();
            Act(_a);
            Act(_z);
            Collect(_a.End, toZ: true);
            Collect(_z.End, toZ: false);
            _z.Association ??= _z.End.TryAccept(out Association? accepted) ? accepted : null;
        }

        private AssociationOptions Options() => new()
        {
            RtoInitial = TimeSpan.FromMilliseconds(300),
            RtoMinimum = TimeSpan.FromMilliseconds(300),
            RtoMaximum = TimeSpan.FromSeconds(2),
            MaximumRetransmissions = 1000,
            MaximumPathRetransmissions = 1000,
            MaximumInitRetransmissions = 1000,
            Authentication = new AuthenticationOptions
            {
                RequiredChunks = Array.FindAll(s_types, type => type is ChunkType.Data or ChunkType.IData || _random.NextDouble() < 0.5),
                Keys = [new SharedKey(1, Secret(1))],
            },
        };

        // A key is known to both before either uses it, and stays until neither does.
        private void Act(Side side)
        {
            if (side.Association is not { State: AssociationState.Established } association)
            {
                return;
            }

            if (side == _a && _random.NextDouble() < 0.02 && _z.Association is not null)
            {
                _newest++;
                Assert.Equal(AuthenticationKeyStatus.Done, association.SetAuthenticationKey(_now, _newest, Secret(_newest)));
                Assert.Equal(AuthenticationKeyStatus.Done, _z.Association.SetAuthenticationKey(_now, _newest, Secret(_newest)));
            }

            if (_random.NextDouble() < 0.02 && association.ActiveAuthenticationKey is { } active && active < _newest)
            {
                ushort next = (ushort)(active + 1);
                Assert.Equal(AuthenticationKeyStatus.Done, association.ActivateAuthenticationKey(_now, next));
                Assert.Equal(AuthenticationKeyStatus.Done, association.DeactivateAuthenticationKey(_now, active));
            }

            while (side.Sent < Messages && _random.NextDouble() < 0.3)
            {
                var payload = new byte[4 + _random.NextInt32(3000)];
                BinaryPrimitives.WriteInt32BigEndian(payload, side.Sent);
                ushort current = association.ActiveAuthenticationKey!.Value;
                ushort? key = current < _newest && _random.NextDouble() < 0.3 ? (ushort)(current + 1) : null;
                if (association.Send(_now, payload, new SendOptions(KeyId: key)) == SendStatus.Ok)
                {
                    side.Sent++;
                }
            }

            while (association.TryReceive(out ReceivedMessage? message))
            {
                Assert.Equal(side.Received, BinaryPrimitives.ReadInt32BigEndian(message.Payload.ToArray()));
                side.Received++;
                message.Dispose();
            }

            while (association.TryGetEvent(out AssociationEvent? one))
            {
                if (one is AssociationEvent.Authentication { Indication: AuthenticationIndication.KeyFreed } freed)
                {
                    side.Free.Add(freed.KeyId);
                }
            }

            // What one side does not send with any more may still be on its way: it is forgotten by the other when that has no use for it either.
            Side other = side == _a ? _z : _a;
            foreach (ushort key in side.Free)
            {
                if (key + 3 < _newest && other.Free.Contains(key) && !side.Gone.Contains(key))
                {
                    Assert.Equal(AuthenticationKeyStatus.Done, association.DeleteAuthenticationKey(_now, key));
                    side.Gone.Add(key);
                }
            }
        }

        private void Collect(Endpoint from, bool toZ)
        {
            while (from.TryGetDatagram(_now, _room, out OutgoingDatagram datagram))
            {
                int copies = _random.NextDouble() < _loss ? 0 : _random.NextDouble() < 0.05 ? 2 : 1;
                for (int i = 0; i < copies; i++)
                {
                    _onTheWay.Add((_now + (s_step * (1 + _random.NextInt32(4))), toZ, _room[..datagram.Length]));
                }
            }
        }

        private void Deliver()
        {
            for (int i = 0; i < _onTheWay.Count; i++)
            {
                (Instant due, bool toZ, byte[] bytes) = _onTheWay[i];
                if (due <= _now)
                {
                    _onTheWay.RemoveAt(i--);
                    (toZ ? _z.End : _a.End).HandleDatagram(_now, toZ ? Pair.FromA : Pair.FromZ, bytes);
                }
            }
        }

        private static byte[] Secret(int key) => [(byte)key, (byte)(key >> 8), 7];
    }

    private sealed class Side
    {
        public Endpoint End { get; set; } = null!;

        public Association? Association { get; set; }

        public int Sent { get; set; }

        public int Received { get; set; }

        public HashSet<ushort> Free { get; } = [];

        public HashSet<ushort> Gone { get; } = [];
    }
}
