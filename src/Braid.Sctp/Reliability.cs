using System;

namespace Braid.Sctp;

/// <summary>What decides whether a message is given up (RFC 3758 §4, RFC 7496 §3).</summary>
public enum ReliabilityPolicy : byte
{
    /// <summary>Nothing: it is sent until it is acknowledged.</summary>
    Reliable,

    /// <summary>It is older than its lifetime (RFC 3758 §4.1).</summary>
    Lifetime,

    /// <summary>One of its DATA chunks would be sent again once too often (RFC 7496 §3.1).</summary>
    Retransmissions,

    /// <summary>The send buffer is full, and a message that matters more wants its room (RFC 7496 §3.2).</summary>
    Priority,
}

/// <summary>
/// How long it is worth trying to deliver a message. The default is for ever. Anything else needs
/// <see cref="Extensions.PartialReliability"/> at both sides: to a peer without it, every message is sent reliably.
/// </summary>
public readonly record struct Reliability
{
    private Reliability(ReliabilityPolicy policy, long value) => (Policy, Value) = (policy, value);

    /// <summary>Sent until it is acknowledged: the default.</summary>
    public static Reliability Reliable => default;

    /// <summary>What decides.</summary>
    public ReliabilityPolicy Policy { get; }

    /// <summary>Ticks of 100 ns of the lifetime, the number of retransmissions, or the priority; 0 for a reliable message.</summary>
    public long Value { get; }

    /// <summary>
    /// Given up once more time has passed since the message was accepted (RFC 3758 §4.1). Looked at before each transmission,
    /// and while the message waits for its first one whenever anything happens to the association: a message is never sent late,
    /// but the news that it was given up may come later than its deadline.
    /// </summary>
    /// <param name="lifetime">From 0, for a message that is sent at once or not at all, to 4294967295 ms.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public static Reliability Lifetime(TimeSpan lifetime)
    {
        AssociationOptions.InRange(lifetime.Ticks, 0, uint.MaxValue * TimeSpan.TicksPerMillisecond, nameof(lifetime));
        return new Reliability(ReliabilityPolicy.Lifetime, lifetime.Ticks);
    }

    /// <summary>Given up when one of its DATA chunks would be sent again more often than that (RFC 7496 §3.1).</summary>
    /// <param name="count">From 0: every chunk is sent once.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static Reliability MaximumRetransmissions(int count)
    {
        AssociationOptions.InRange(count, 0, int.MaxValue, nameof(count));
        return new Reliability(ReliabilityPolicy.Retransmissions, count);
    }

    /// <summary>
    /// Given up when the send buffer is full and a message with a higher priority, or with another policy, is to be sent
    /// (RFC 7496 §3.2).
    /// </summary>
    /// <param name="priority">0 is the highest priority.</param>
    public static Reliability Priority(uint priority) => new(ReliabilityPolicy.Priority, priority);

    /// <inheritdoc/>
    public override string ToString() => Policy switch
    {
        ReliabilityPolicy.Lifetime => $"lifetime {TimeSpan.FromTicks(Value).TotalMilliseconds} ms",
        ReliabilityPolicy.Retransmissions => $"{Value} retransmissions",
        ReliabilityPolicy.Priority => $"priority {Value}",
        _ => "reliable",
    };

    /// <summary>Whether a message of this kind may take the room of one of another kind, and how much it would rather: 0 for not.</summary>
    /// <param name="other">Of the message that would be given up.</param>
    internal long GainOver(in Reliability other) =>
        other.Policy != ReliabilityPolicy.Priority ? 0
        : Policy != ReliabilityPolicy.Priority ? other.Value + 1       // §3.2: whatever has no priority matters more than all that has
        : Math.Max(0, other.Value - Value);
}
