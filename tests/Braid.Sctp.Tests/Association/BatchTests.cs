using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>Packets that come many at a time, and the acknowledgements of them, which the owner drains as <see cref="Endpoint.WantsDrain"/> says.</summary>
public sealed class BatchTests
{
    [Fact]
    public void Every_second_packet_of_a_batch_is_acknowledged_and_every_fourth_of_a_long_flow_that_nothing_disturbs()
    {
        var flow = new Flow(isThinned: true);
        Assert.InRange(flow.PacketsPerSack(5_000), 1.9, 2.1);
        flow.PacketsPerSack(15_000);
        Assert.InRange(flow.PacketsPerSack(5_000), 3.5, 4.1);

        flow.LoseOne();
        Assert.InRange(flow.PacketsPerSack(5_000), 1, 2.1);
        flow.PacketsPerSack(20_000);
        Assert.InRange(flow.PacketsPerSack(5_000), 3.5, 4.1);

        flow.Pause(TimeSpan.FromSeconds(1));
        Assert.InRange(flow.PacketsPerSack(5_000), 1.5, 2.1);
    }

    [Fact]
    public void What_is_not_the_next_data_of_a_steady_flow_is_answered_after_two_packets()
    {
        var flow = new Flow(isThinned: true);
        Assert.False(flow.Z.WantsDrain);
        flow.PacketsPerSack(20_000);
        byte[] noise = [1, 2, 3];
        flow.Z.HandleDatagram(flow.Now, default, noise);
        Assert.False(flow.Z.WantsDrain);
        flow.Z.HandleDatagram(flow.Now, default, noise);
        Assert.True(flow.Z.WantsDrain);
        Assert.False(flow.Z.TryGetDatagram(flow.Now, new byte[2000], out _));
        Assert.False(flow.Z.WantsDrain);
    }

    /// <summary>RFC 9260 §7.2.1: one packet for each SACK in slow start, one for each window after that. §6.1 D: four packets at a time.</summary>
    [Fact]
    public void The_window_of_a_sender_by_RFC_9260_grows_as_with_an_acknowledgement_for_every_second_packet()
    {
        var thinned = new Flow(isThinned: true);
        var plain = new Flow(isThinned: false);
        for (int i = 0; i < 12; i++)
        {
            thinned.RoundTrip();
            plain.RoundTrip();
            Assert.Equal(plain.Window, thinned.Window);
        }

        Assert.InRange(plain.Window, 200_000, long.MaxValue);
        thinned.LoseOne();
        plain.LoseOne();
        thinned.PacketsPerSack(20_000);
        plain.PacketsPerSack(20_000);
        Assert.InRange(thinned.PacketsPerSack(2_000) / plain.PacketsPerSack(2_000), 1.7, 2.1);
        (long fromThinned, long fromPlain) = (thinned.Window, plain.Window);
        for (int i = 0; i < 20; i++)
        {
            thinned.RoundTrip();
            plain.RoundTrip();
        }

        Assert.InRange(plain.Window - fromPlain, 15 * Flow.Packet, 25 * Flow.Packet);
        Assert.InRange(thinned.Window - fromThinned, 15 * Flow.Packet, 25 * Flow.Packet);
    }

    /// <summary>All that may leave leaves, and arrives together after 10 ms; so do the answers.</summary>
    private sealed class Flow
    {
        public const int Packet = 1240;

        private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
        private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);
        private static readonly byte[] s_message = new byte[1200];

        private readonly byte[] _buffer = new byte[2000];
        private readonly List<byte[]> _onTheWay = [];
        private readonly List<byte[]> _answers = [];
        private readonly bool _isThinned;
        private readonly Endpoint _a;
        private readonly Sctp.Association _association;
        private long _packets;
        private bool _loses;

        public Flow(bool isThinned)
        {
            _isThinned = isThinned;
            var options = new EndpointOptions { LocalPort = 1, Association = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, ReceiveBufferSize = 8 << 20, SendBufferSize = 8 << 20 } };
            _a = new Endpoint(options, new SeededRandom(1));
            Z = new Endpoint(options with { LocalPort = 2, AcceptsAssociations = true }, new SeededRandom(2));
            _association = _a.Connect(Now, 2, new NetworkPath(s_a, s_z));
            while (_association.State != AssociationState.Established)
            {
                RoundTrip();
            }
        }

        public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

        public Endpoint Z { get; }

        public long Window => _association.GetStatistics().CongestionWindow;

        public double PacketsPerSack(long packets)
        {
            (long before, long sacks) = (_packets, _association.GetStatistics().SacksReceived);
            while (_packets < before + packets)
            {
                RoundTrip();
            }

            return (double)(_packets - before) / (_association.GetStatistics().SacksReceived - sacks);
        }

        public void LoseOne()
        {
            _loses = true;
            RoundTrip();
        }

        public void Pause(TimeSpan time)
        {
            for (int i = 0; i < 3; i++)
            {
                RoundTrip(sends: false);
            }

            Now += time;
        }

        public void RoundTrip(bool sends = true)
        {
            while (sends && _association.State == AssociationState.Established && _association.Send(Now, s_message, default) == SendStatus.Ok)
            {
            }

            Collect(_a, _onTheWay);
            Now += TimeSpan.FromMilliseconds(5);
            Z.HandleTimeout(Now);
            Arrive();
            Now += TimeSpan.FromMilliseconds(5);
            _a.HandleTimeout(Now);
            foreach (byte[] answer in _answers)
            {
                _a.HandleDatagram(Now, new NetworkPath(s_a, s_z), answer);
                Collect(_a, _onTheWay);
            }

            _answers.Clear();
        }

        private void Arrive()
        {
            int taken = 0;
            foreach (byte[] datagram in _onTheWay)
            {
                _packets++;
                if (_loses && taken == 0)
                {
                    _loses = false;
                    continue;
                }

                Z.HandleDatagram(Now, new NetworkPath(s_z, s_a), datagram);
                if (_isThinned ? Z.WantsDrain : ++taken % 2 == 0)
                {
                    Collect(Z, _answers);
                }
            }

            _onTheWay.Clear();
            Collect(Z, _answers);
            while (Z.TryTakeActive(out Sctp.Association? association))
            {
                while (association.TryReceive(out ReceivedMessage? message))
                {
                    message.Dispose();
                }
            }

            Collect(Z, _answers);
        }

        private void Collect(Endpoint from, List<byte[]> to)
        {
            while (from.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
            {
                to.Add(_buffer.AsSpan(0, datagram.Length).ToArray());
            }
        }
    }
}
