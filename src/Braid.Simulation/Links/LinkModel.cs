using System;

namespace Braid.Simulation;

/// <summary>How the delay beyond <see cref="LinkModel.Delay"/> is spread.</summary>
public enum JitterShape : byte
{
    /// <summary>From zero to <see cref="LinkModel.Jitter"/>, all alike.</summary>
    Uniform,

    /// <summary>Around half of <see cref="LinkModel.Jitter"/> like a bell, never below zero.</summary>
    Normal,

    /// <summary>Mostly far below <see cref="LinkModel.Jitter"/>, seldom up to four times as much.</summary>
    HeavyTailed,
}

/// <summary>What a queue does before it is full.</summary>
public enum QueueDiscipline : byte
{
    /// <summary>Nothing: what comes on top is lost.</summary>
    DropTail,

    /// <summary>Controlled delay (RFC 8289): drops more and more often while packets wait too long.</summary>
    CoDel,
}

/// <summary>What one direction of a network does to datagrams. All chances are from 0 to 1 and drawn for each datagram.</summary>
public sealed record LinkModel
{
    /// <summary>A wire: no delay, no loss, no limit.</summary>
    public static LinkModel Perfect { get; } = new();

    /// <summary>Propagation delay.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Added to the delay, from zero up to this; does not change the order by itself where the rate is limited.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>How the jitter is spread.</summary>
    public JitterShape JitterShape { get; init; }

    /// <summary>Bits per second that leave the queue; 0 for no limit.</summary>
    public long RateBitsPerSecond { get; init; }

    /// <summary>Bytes that wait for the rate at most; what comes on top is lost. 0 for no limit.</summary>
    public int QueueBytes { get; init; }

    /// <summary>What the queue does before it is full.</summary>
    public QueueDiscipline Queue { get; init; }

    /// <summary>Whether CoDel marks what may be marked instead of dropping it (RFC 3168).</summary>
    public bool MarksEcn { get; init; }

    /// <summary>Largest datagram that gets through, in bytes; larger ones are lost, but for those that may be fragmented. 0 for no limit.</summary>
    public int MaximumDatagram { get; init; }

    /// <summary>Chance that a datagram is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Chance that the link goes bad with a datagram and loses all until it recovers (Gilbert and Elliott).</summary>
    public double BurstStart { get; init; }

    /// <summary>Chance that a bad link recovers with a datagram.</summary>
    public double BurstEnd { get; init; } = 1;

    /// <summary>Chance that a datagram arrives twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Chance that a datagram is held back by <see cref="ReorderDelay"/>, so that later ones overtake it.</summary>
    public double Reordering { get; init; }

    /// <summary>How long such a datagram is held back.</summary>
    public TimeSpan ReorderDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Chance that one bit of a datagram is flipped.</summary>
    public double Corruption { get; init; }

    /// <summary>The same link without its faults: delay, rate, queue and MTU stay.</summary>
    public LinkModel Healed() => this with
    {
        Loss = 0,
        BurstStart = 0,
        Duplication = 0,
        Reordering = 0,
        Corruption = 0,
    };
}
