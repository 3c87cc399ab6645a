using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Short messages beside long ones, over one association: 100 bytes each 10 ms on one stream, 1 MB after 1 MB on another, and a
/// path of 10 Mbit/s and 40 ms. What counts is how long the short ones take (RFC 8260 §1.1).
/// </summary>
public sealed class InterleavingExperiment
{
    private const ushort Port = 5001;
    private const ushort BulkStream = 1;
    private const ushort ShortStream = 2;
    private const int ShortLength = 100;
    private const int BulkLength = 1_000_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);

    private readonly World _world = new(1);
    private readonly Endpoint _sender;
    private readonly Endpoint _receiver;
    private readonly Queue<Instant> _sent = new();
    private readonly List<TimeSpan> _delays = [];
    private readonly byte[] _bulk = new byte[BulkLength];
    private readonly Association _association;
    private Instant _measuredFrom;

    private InterleavingExperiment(AssociationOptions options)
    {
        var link = new LinkModel { Delay = TimeSpan.FromMilliseconds(20), RateBitsPerSecond = 10_000_000, QueueBytes = 50_000 };
        NetworkAddress from = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
        NetworkAddress to = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);
        _sender = new Endpoint(new EndpointOptions { LocalPort = Port, Association = options }, _world.NewRandom());
        _receiver = new Endpoint(new EndpointOptions { LocalPort = Port, Association = options, AcceptsAssociations = true }, _world.NewRandom());
        SimulatedNode source = _world.Add("A", from, _sender, link);
        SimulatedNode sink = _world.Add("Z", to, _receiver, new LinkModel { Delay = TimeSpan.FromMilliseconds(20) });
        source.Application = SendBulk;
        sink.Application = Read;
        _association = _sender.Connect(_world.Now, Port, new NetworkPath(from, to));
    }

    /// <summary>Runs it.</summary>
    /// <param name="isInterleaved">With I-DATA, or with DATA.</param>
    /// <param name="scheduler">Which stream goes next. By priority the short messages go first; by weight they have the half.</param>
    /// <param name="duration">How long is measured.</param>
    public static InterleavingResult Run(bool isInterleaved, StreamScheduler scheduler, TimeSpan duration)
    {
        var experiment = new InterleavingExperiment(AssociationOptions.Rfc9260 with
        {
            Extensions = isInterleaved ? Extensions.Interleaving : Extensions.None,
            Scheduler = scheduler,
            SendBufferSize = 4 << 20,
            ReceiveBufferSize = 5 << 20,
            MaximumPathMtu = 0,
        });
        return experiment.Run(duration);
    }

    private InterleavingResult Run(TimeSpan duration)
    {
        _measuredFrom = _world.Now + s_warmUp;
        _association.SetStreamSchedulerValue(BulkStream, 1);
        _association.SetStreamSchedulerValue(ShortStream, _association.Options.Scheduler == StreamScheduler.Priority ? (ushort)0 : (ushort)1);
        SendShort();
        _world.Advance(s_warmUp);
        long before = BulkBytes;
        _world.Advance(duration);

        // What has not arrived has taken as long as it has waited, at least.
        _delays.AddRange(_sent.Where(sent => sent >= _measuredFrom).Select(sent => _world.Now - sent));
        List<TimeSpan> sorted = [.. _delays.Order()];
        return new InterleavingResult(sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100], sorted.Count, (BulkBytes - before) / duration.TotalSeconds);
    }

    private long BulkBytes { get; set; }

    private void SendShort()
    {
        if (_association.State == AssociationState.Established
            && _association.Send(_world.Now, new byte[ShortLength], new SendOptions(ShortStream)) == SendStatus.Ok)
        {
            _sent.Enqueue(_world.Now);
        }

        _world.Plan(_world.Now + s_interval, SendShort);
    }

    private void SendBulk(Instant now)
    {
        while (_sender.TryTakeActive(out _))
        {
        }

        // Always the next one behind the one that is being sent.
        while (_association.State == AssociationState.Established && _association.BufferedBytesOn(BulkStream) < BulkLength
            && _association.Send(now, _bulk, new SendOptions(BulkStream)) == SendStatus.Ok)
        {
        }
    }

    private void Read(Instant now)
    {
        while (_receiver.TryAccept(out _))
        {
        }

        while (_receiver.TryTakeActive(out Association? association))
        {
            while (association.TryReceive(out ReceivedMessage? message))
            {
                if (message.Stream == BulkStream)
                {
                    BulkBytes += message.Length;
                }
                else
                {
                    Instant sent = _sent.Dequeue();
                    if (sent >= _measuredFrom)
                    {
                        _delays.Add(now - sent);
                    }
                }

                message.Dispose();
            }
        }
    }
}

/// <summary>How long the short messages took, from <c>Send</c> to the receiver's application.</summary>
/// <param name="Median">Half of them took less.</param>
/// <param name="Percentile99">99 of 100 took less.</param>
/// <param name="Count">How many were measured.</param>
/// <param name="BulkBytesPerSecond">What was left for the long ones.</param>
public readonly record struct InterleavingResult(TimeSpan Median, TimeSpan Percentile99, int Count, double BulkBytesPerSecond);
