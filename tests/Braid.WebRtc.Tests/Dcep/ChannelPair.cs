using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

/// <summary>Two negotiators over two real associations, in virtual time, with a link that may lose packets.</summary>
internal sealed class ChannelPair
{
    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([10, 0, 0, 26], 9899);

    private readonly byte[] _datagram = new byte[65536];
    private readonly SeededRandom _random;
    private readonly Endpoint _endpointA;
    private readonly Endpoint _endpointZ;

    public ChannelPair(ulong seed = 7, AssociationOptions? options = null)
    {
        options ??= AssociationOptions.Default with
        {
            OutgoingStreams = 65535,
            Scheduler = StreamScheduler.WeightedFairQueueing,
            AllowedReconfiguration = ReconfigurationKinds.ResetStreams,
            HeartbeatInterval = TimeSpan.Zero,
            MaximumPathMtu = 0,
        };
        _random = new SeededRandom(seed);
        _endpointA = new Endpoint(new EndpointOptions { LocalPort = 5000, Association = options }, _random.Fork());
        _endpointZ = new Endpoint(new EndpointOptions { LocalPort = 5000, Association = options, AcceptsAssociations = true }, _random.Fork());
        Association client = _endpointA.Connect(Now, 5000, new NetworkPath(s_a, s_z));
        A = new Side(this, client, isClient: true);
        Z = new Side(this, null, isClient: false);
    }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>The DTLS client.</summary>
    public Side A { get; }

    /// <summary>The DTLS server.</summary>
    public Side Z { get; }

    /// <summary>How many packets of a hundred are lost.</summary>
    public int Loss { get; set; }

    /// <summary>Lets time pass until something is so.</summary>
    public void Until(Func<bool> isSo)
    {
        for (int i = 0; i < 200_000; i++)
        {
            bool moved = A.Work() | Z.Work();
            moved |= Carry(_endpointA, _endpointZ, s_a) | Carry(_endpointZ, _endpointA, s_z);
            if (_endpointZ.TryAccept(out Association? accepted))
            {
                Z.Association = accepted;
                moved = true;
            }

            if (isSo())
            {
                return;
            }

            if (!moved)
            {
                Instant next = Instant.Min(_endpointA.NextTimeout, _endpointZ.NextTimeout);
                Assert.False(next.IsNever, "nothing happens any more");
                Now = next > Now ? next : Now + TimeSpan.FromTicks(1);
                _endpointA.HandleTimeout(Now);
                _endpointZ.HandleTimeout(Now);
            }
        }

        Assert.Fail("it takes too long");
    }

    private bool Carry(Endpoint from, Endpoint to, NetworkAddress source)
    {
        bool any = false;
        for (int i = 0; i < 20 && from.TryGetDatagram(Now, _datagram, out OutgoingDatagram datagram); i++)
        {
            any = true;
            if (_random.NextInt32(100) >= Loss)
            {
                to.HandleDatagram(Now, new NetworkPath(datagram.Path.Remote, source), _datagram.AsSpan(0, datagram.Length));
            }
        }

        while (from.TryTakeActive(out _))
        {
        }

        Now += TimeSpan.FromMicroseconds(100);
        return any;
    }

    /// <summary>What an owner does with a negotiator and its association.</summary>
    internal sealed class Side(ChannelPair pair, Association? association, bool isClient)
    {
        private readonly List<string> _events = [];

        public ChannelNegotiator Negotiator { get; } = new();

        public Association? Association { get; set; } = association;

        public List<Channel> Remote { get; } = [];

        public List<(Channel Channel, bool IsText, byte[] Bytes)> Received { get; } = [];

        public IReadOnlyList<string> Events => _events;

        public Channel Create(ChannelOptions options)
        {
            Assert.True(Negotiator.TryCreate(options, out Channel? channel, out RTCError error), error.Message);
            return channel;
        }

        public bool TrySend(Channel channel, ReadOnlySpan<byte> bytes, bool isText = false)
        {
            RTCError error = Negotiator.Prepare(channel, bytes.Length, isText, out ChannelSend send);
            if (!error.IsNone || Association!.Send(pair.Now, send.IsEmpty ? [0] : bytes, send.Options) != SendStatus.Ok)
            {
                return false;
            }

            ChannelNegotiator.OnAccepted(channel, bytes.Length);
            return true;
        }

        public bool Work()
        {
            if (Association is null)
            {
                return false;
            }

            bool any = TakeMessages();
            while (Association.TryGetEvent(out AssociationEvent? associationEvent))
            {
                any = true;
                OnEvent(associationEvent);
                TakeMessages();
            }

            any |= DoCommands();
            foreach (Channel channel in Remote.Concat(Received.Select(received => received.Channel)).Distinct())
            {
                if (channel.Id is { } id && channel.BufferedAmount > 0)
                {
                    Negotiator.OnWaiting(id, Association.BufferedBytesOn(id));
                }
            }

            while (Negotiator.TryGetEvent(out ChannelEvent? channelEvent))
            {
                any = true;
                _events.Add($"{channelEvent.GetType().Name.ToLowerInvariant()} {channelEvent.Channel.Options.Label}");
                if (channelEvent is ChannelEvent.Announced)
                {
                    Remote.Add(channelEvent.Channel);
                }
            }

            return any;
        }

        private bool TakeMessages()
        {
            bool any = false;
            while (Association!.TryReceive(out ReceivedMessage? message))
            {
                any = true;
                ChannelDelivery delivery = Negotiator.OnMessage(message.Stream, message.Ppid, message.Payload, message.BeginOfRecord, message.EndOfRecord);
                if (delivery.Channel is not null)
                {
                    Received.Add((delivery.Channel, delivery.IsText, delivery.IsEmpty ? [] : message.Payload.ToArray()));
                }

                message.Dispose();
            }

            return any;
        }

        private void OnEvent(AssociationEvent associationEvent)
        {
            switch (associationEvent)
            {
                case AssociationEvent.Established established:
                    Negotiator.OnRole(isClient);
                    Negotiator.OnUp(established.OutgoingStreams, established.IncomingStreams);
                    break;
                case AssociationEvent.StreamsReset reset:
                    Negotiator.OnStreamsReset(reset.IsIncoming, reset.Streams, reset.IsDone, reset.Context);
                    break;
                case AssociationEvent.Closed closed:
                    Negotiator.OnDown(closed.Reason == CloseReason.Shutdown ? RTCError.None : RTCError.Operation($"{closed.Reason}"));
                    break;
                default:
                    break;
            }
        }

        private bool DoCommands()
        {
            bool any = false;
            while (Negotiator.TryPeekCommand(out ChannelCommand? command))
            {
                switch (command)
                {
                    case ChannelCommand.SetWeight weight:
                        Association!.SetStreamSchedulerValue(weight.Stream, weight.Weight);
                        break;
                    case ChannelCommand.Send send:
                        if (Association!.Send(pair.Now, send.Payload.Span, send.Options) == SendStatus.QueueFull)
                        {
                            return any;
                        }

                        break;
                    case ChannelCommand.ResetStreams reset:
                        ReconfigurationStatus status = Association!.ResetStreams(pair.Now, [.. reset.Streams], ResetDirection.Outgoing, reset.Context);
                        if (status == ReconfigurationStatus.InProgress)
                        {
                            return any;
                        }

                        Assert.Equal(ReconfigurationStatus.Started, status);
                        break;
                    default:
                        break;
                }

                any = true;
                Negotiator.OnCommandDone();
            }

            return any;
        }
    }
}
