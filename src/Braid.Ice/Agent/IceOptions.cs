using System;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>The numbers of an <see cref="IceAgent"/>; the defaults are those of the RFCs.</summary>
public sealed record IceOptions
{
    /// <summary>All defaults.</summary>
    public static IceOptions Default { get; } = new();

    /// <summary>Whether the agent only answers checks (RFC 8445 §2.5): for hosts with a public address.</summary>
    public bool IsLite { get; init; }

    /// <summary>Ta: time between the starts of two transactions; 50 ms (RFC 8445 §14.2), 5 ms at least.</summary>
    public TimeSpan Pacing { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Retransmission of checks (RFC 8445 §14.3).</summary>
    public StunTiming CheckTiming { get; init; } = StunTiming.Default;

    /// <summary>Retransmission of requests to STUN servers. Shorter than RFC 8489's: whoever waits for all candidates waits for a dead server.</summary>
    public StunTiming GatheringTiming { get; init; } = new() { MaximumTransmissions = 5, FinalWaitFactor = 8 };

    /// <summary>How many pairs are checked; 100 (RFC 8445 §6.1.2.5).</summary>
    public int MaximumPairs { get; init; } = 100;

    /// <summary>How many candidates of the peer are kept, those included that only its requests have shown; 64.</summary>
    public int MaximumRemoteCandidates { get; init; } = 64;

    /// <summary>Failure is not declared earlier (RFC 8863 §4); 39.5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(39.5);

    /// <summary>How long the controlling agent waits, after the first pair that works, for a better one; 200 ms.</summary>
    public TimeSpan NominationDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The same while only relayed pairs work; 1 s.</summary>
    public TimeSpan RelayedNominationDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The middle of the time between two consent checks; 5 s, of which each is 0.8 to 1.2 times as long (RFC 7675 §5.1).</summary>
    public TimeSpan ConsentInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Consent ends this long after the last answer; 30 s (RFC 7675 §5.1).</summary>
    public TimeSpan ConsentExpiry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without an answer for so long the agent is <see cref="IceState.Disconnected"/>; 12 s, two checks.</summary>
    public TimeSpan DisconnectedAfter { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Tr: how often the NATs on the way to a STUN server are kept open before a pair is chosen; 15 s (RFC 8445 §11).</summary>
    public TimeSpan KeepaliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Records of the log that are kept until they are taken; older ones go first.</summary>
    public int MaximumLogRecords { get; init; } = 1000;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Pacing, TimeSpan.FromMilliseconds(5), nameof(Pacing));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumPairs, 1, nameof(MaximumPairs));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumRemoteCandidates, 1, nameof(MaximumRemoteCandidates));
        ArgumentOutOfRangeException.ThrowIfLessThan(Patience, TimeSpan.Zero, nameof(Patience));
        ArgumentOutOfRangeException.ThrowIfLessThan(NominationDelay, TimeSpan.Zero, nameof(NominationDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(RelayedNominationDelay, TimeSpan.Zero, nameof(RelayedNominationDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(ConsentInterval, TimeSpan.FromSeconds(5), nameof(ConsentInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(ConsentExpiry, ConsentInterval, nameof(ConsentExpiry));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DisconnectedAfter, TimeSpan.Zero, nameof(DisconnectedAfter));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(KeepaliveInterval, TimeSpan.Zero, nameof(KeepaliveInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumLogRecords, 0, nameof(MaximumLogRecords));
        CheckTiming.Validate();
        GatheringTiming.Validate();
    }
}
