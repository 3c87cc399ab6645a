using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>Decides whether a datagram is lost; for cases written by hand.</summary>
/// <param name="datagram">Its bytes.</param>
/// <returns>True to lose it.</returns>
public delegate bool DropFilter(ReadOnlySpan<byte> datagram);

/// <summary>
/// One direction of a network: datagrams go in at an instant and come out at later ones, or not at all. Everything that
/// chance decides comes out of one random source, so that a seed repeats it.
/// </summary>
/// <param name="model">What it does.</param>
/// <param name="random">Where chance comes from.</param>
public sealed class SimulatedLink(LinkModel model, IRandomSource random)
{
    private readonly PriorityQueue<(byte[] Bytes, NetworkPath Path, EcnCodepoint Ecn), (Instant Due, long Number)> _onTheWay = new();
    private readonly CoDel _coDel = new();
    private Instant _transmitterFree = Instant.Zero;
    private long _number;
    private bool _isBad;

    /// <summary>What it does from now on.</summary>
    public LinkModel Model { get; set; } = model;

    /// <summary>Whether it is cut: everything is lost.</summary>
    public bool IsDown { get; set; }

    /// <summary>Loses what it says; null for nothing.</summary>
    public DropFilter? Filter { get; set; }

    /// <summary>Datagrams that went in.</summary>
    public long Sent { get; private set; }

    /// <summary>Datagrams that were lost, for whatever reason.</summary>
    public long Lost { get; private set; }

    /// <summary>Datagrams that were marked instead of being dropped.</summary>
    public long Marked { get; private set; }

    /// <summary>Datagrams that were doubled.</summary>
    public long Duplicated { get; private set; }

    /// <summary>Datagrams that had a bit flipped.</summary>
    public long Corrupted { get; private set; }

    /// <summary>Datagrams that are on their way.</summary>
    public int Count => _onTheWay.Count;

    /// <summary>When the next one comes out; <see cref="Instant.Never"/> when none is on its way.</summary>
    public Instant NextArrival => _onTheWay.TryPeek(out _, out (Instant Due, long Number) priority) ? priority.Due : Instant.Never;

    /// <summary>Takes a datagram.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="path">From where to where.</param>
    /// <param name="datagram">Its bytes; copied.</param>
    /// <param name="mayBeFragmented">Whether it is fragmented, and not lost, where it is larger than the link carries.</param>
    /// <param name="ecn">What its IP header says.</param>
    /// <returns>False when it is lost.</returns>
    public bool Send(
        Instant now,
        in NetworkPath path,
        ReadOnlySpan<byte> datagram,
        bool mayBeFragmented = false,
        EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        Sent++;
        bool isTooLarge = Model.MaximumDatagram > 0 && datagram.Length > Model.MaximumDatagram && !mayBeFragmented;
        if (IsDown || isTooLarge || Filter?.Invoke(datagram) == true || !TryTransmit(now, datagram.Length, ref ecn, out Instant departure))
        {
            Lost++;
            return false;
        }

        byte[] bytes = datagram.ToArray();
        if (Chance(Model.Corruption))
        {
            Corrupted++;
            bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
        }

        Deliver(departure, path, bytes, ecn);
        if (Chance(Model.Duplication))
        {
            Duplicated++;
            Deliver(departure, path, bytes, ecn);
        }

        return true;
    }

    /// <summary>Takes a datagram that has arrived.</summary>
    public bool TryReceive(Instant now, out NetworkPath path, out ReadOnlyMemory<byte> datagram, out EcnCodepoint ecn)
    {
        ecn = default;
        if (NextArrival > now)
        {
            path = default;
            datagram = default;
            return false;
        }

        (byte[] bytes, path, ecn) = _onTheWay.Dequeue();
        datagram = bytes;
        return true;
    }

    /// <summary>Loses everything that is on its way.</summary>
    public void Clear()
    {
        Lost += _onTheWay.Count;
        _onTheWay.Clear();
    }

    private bool TryTransmit(Instant now, int length, ref EcnCodepoint ecn, out Instant departure)
    {
        departure = now;
        _isBad = _isBad ? !Chance(Model.BurstEnd) : Chance(Model.BurstStart);
        if (_isBad || Chance(Model.Loss))
        {
            return false;
        }

        if (Model.RateBitsPerSecond == 0)
        {
            return true;
        }

        Instant start = Instant.Max(now, _transmitterFree);
        double waitingBytes = (start - now).TotalSeconds * Model.RateBitsPerSecond / 8;
        if (Model.QueueBytes > 0 && waitingBytes + length > Model.QueueBytes)
        {
            return false;
        }

        if (Model.Queue == QueueDiscipline.CoDel && _coDel.MustDrop(start, start - now))
        {
            if (!Model.MarksEcn || ecn == EcnCodepoint.NotCapable)
            {
                return false;
            }

            Marked++;
            ecn = EcnCodepoint.CongestionExperienced;
        }

        departure = start + TimeSpan.FromSeconds(length * 8.0 / Model.RateBitsPerSecond);
        _transmitterFree = departure;
        return true;
    }

    private void Deliver(Instant departure, in NetworkPath path, byte[] bytes, EcnCodepoint ecn)
    {
        TimeSpan delay = Model.Delay;
        if (Model.Jitter > TimeSpan.Zero)
        {
            delay += NextJitter();
        }

        if (Chance(Model.Reordering))
        {
            delay += Model.ReorderDelay;
        }

        // Ties come out in the order in which they went in.
        _onTheWay.Enqueue((bytes, path, ecn), (departure + delay, _number++));
    }

    private TimeSpan NextJitter()
    {
        switch (Model.JitterShape)
        {
            case JitterShape.Normal:
                // Twelve dice are bell enough (Irwin and Hall), and the same on every machine.
                double sum = 0;
                for (int i = 0; i < 12; i++)
                {
                    sum += random.NextDouble();
                }

                return Model.Jitter * (sum / 12);
            case JitterShape.HeavyTailed:
                return Model.Jitter / 8 * (Math.Min(32, 1 / (1 - random.NextDouble())) - 1);
            default:
                return random.NextTimeSpan(Model.Jitter);
        }
    }

    private bool Chance(double probability) => probability > 0 && random.NextDouble() < probability;
}
