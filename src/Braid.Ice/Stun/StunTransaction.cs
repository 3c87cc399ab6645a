using System;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>How often a request is sent, and how long its answer is waited for (RFC 8489 §6.2.1, §6.2.2).</summary>
public sealed record StunTiming
{
    /// <summary>The values of RFC 8489.</summary>
    public static StunTiming Default { get; } = new();

    /// <summary>Time before the first retransmission; doubled after each. 500 ms by default.</summary>
    public TimeSpan InitialTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Rc: how often a request is sent in all; 7 by default.</summary>
    public int MaximumTransmissions { get; init; } = 7;

    /// <summary>Rm: after the last transmission, this many initial timeouts are waited; 16 by default.</summary>
    public int FinalWaitFactor { get; init; } = 16;

    /// <summary>Ti: how long an answer is waited for over a reliable transport; 39.5 s by default.</summary>
    public TimeSpan ReliableTimeout { get; init; } = TimeSpan.FromSeconds(39.5);

    /// <exception cref="ArgumentOutOfRangeException">A value is zero or negative.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(InitialTimeout, TimeSpan.Zero, nameof(InitialTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumTransmissions, 1, nameof(MaximumTransmissions));
        ArgumentOutOfRangeException.ThrowIfLessThan(FinalWaitFactor, 1, nameof(FinalWaitFactor));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReliableTimeout, TimeSpan.Zero, nameof(ReliableTimeout));
    }
}

/// <summary>What the clock asks of a transaction.</summary>
public enum StunTransactionStep : byte
{
    /// <summary>To wait on.</summary>
    None,

    /// <summary>To send the same request again.</summary>
    Retransmit,

    /// <summary>To give up: no answer has come.</summary>
    TimedOut,
}

/// <summary>The timer of one request (RFC 8489 §6.2.1): owns when it was sent, how often, and what is next.</summary>
public sealed class StunTransaction
{
    private readonly StunTiming _timing;
    private readonly TimeSpan _initialTimeout;
    private readonly bool _isReliable;
    private TimeSpan _interval;

    /// <param name="timing">The numbers.</param>
    /// <param name="now">When the request is sent for the first time.</param>
    /// <param name="initialTimeout">A longer initial timeout than that of <paramref name="timing"/> (RFC 8445 §14.3), or zero.</param>
    /// <param name="isReliable">Over TCP or TLS there is nothing to be sent again (RFC 8489 §6.2.2).</param>
    public StunTransaction(StunTiming timing, Instant now, TimeSpan initialTimeout = default, bool isReliable = false)
    {
        ArgumentNullException.ThrowIfNull(timing);
        _timing = timing;
        _initialTimeout = initialTimeout > timing.InitialTimeout ? initialTimeout : timing.InitialTimeout;
        _isReliable = isReliable;
        _interval = _initialTimeout;
        StartedAt = now;
        Transmissions = 1;
        NextTimeout = now + Wait();
    }

    /// <summary>When the request was sent first. An answer after one transmission is a sample of the round trip (Karn).</summary>
    public Instant StartedAt { get; }

    /// <summary>How often it was sent.</summary>
    public int Transmissions { get; private set; }

    /// <summary>When <see cref="Advance"/> has something to say.</summary>
    public Instant NextTimeout { get; private set; }

    /// <summary>What is due now.</summary>
    public StunTransactionStep Advance(Instant now)
    {
        if (now < NextTimeout)
        {
            return StunTransactionStep.None;
        }

        if (_isReliable || Transmissions >= _timing.MaximumTransmissions)
        {
            NextTimeout = Instant.Never;
            return StunTransactionStep.TimedOut;
        }

        Transmissions++;
        _interval *= 2;
        NextTimeout = now + Wait();
        return StunTransactionStep.Retransmit;
    }

    private TimeSpan Wait() => _isReliable ? _timing.ReliableTimeout
        : Transmissions >= _timing.MaximumTransmissions ? _initialTimeout * _timing.FinalWaitFactor
        : _interval;
}
