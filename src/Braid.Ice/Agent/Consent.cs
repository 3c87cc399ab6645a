using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>What has become of consent.</summary>
internal enum ConsentStep : byte
{
    /// <summary>Nothing new.</summary>
    None,

    /// <summary>The peer is to be asked again.</summary>
    Ask,

    /// <summary>It has not answered for a while.</summary>
    Silent,

    /// <summary>It has not answered for so long that nothing may be sent any more.</summary>
    Expired,
}

/// <summary>
/// Consent to send over one pair (RFC 7675 §5.1): owns when the peer was asked, when it has last answered, and the transactions
/// of which an answer counts. A lite agent asks nothing and goes by the peer's requests.
/// </summary>
internal sealed class Consent(IceOptions options, IRandomSource random, Instant now)
{
    private const int MostOutstanding = 8;                   // 30 s of them, at 4 s at least

    private readonly (StunTransactionId Id, Instant SentAt, IceRole Role)[] _outstanding = new (StunTransactionId, Instant, IceRole)[MostOutstanding];
    private int _next;
    private Instant _lastAnswer = now;
    private Instant _nextAsk = options.IsLite ? Instant.Never : now + Interval(options, random);

    /// <summary>Whether the peer is silent just now.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>The last sample; zero before the first.</summary>
    public TimeSpan RoundTripTime { get; private set; }

    public Instant NextTimeout =>
        Instant.Min(_nextAsk, _lastAnswer + (IsSilent ? options.ConsentExpiry : options.DisconnectedAfter));

    /// <summary>What is due.</summary>
    public ConsentStep Advance(Instant instant)
    {
        if (instant >= _lastAnswer + options.ConsentExpiry)
        {
            return ConsentStep.Expired;
        }

        if (instant >= _nextAsk)
        {
            return ConsentStep.Ask;
        }

        if (!IsSilent && instant >= _lastAnswer + options.DisconnectedAfter)
        {
            IsSilent = true;
            return ConsentStep.Silent;
        }

        return ConsentStep.None;
    }

    /// <summary>Notes a request that goes out: each has a transaction of its own and is sent once.</summary>
    public StunTransactionId Ask(Instant instant, IceRole role)
    {
        StunTransactionId id = StunTransactionId.Draw(random);
        _outstanding[_next] = (id, instant, role);
        _next = (_next + 1) % MostOutstanding;
        _nextAsk = instant + Interval(options, random);
        return id;
    }

    /// <summary>Whether an answer belongs to one of the requests.</summary>
    public bool Owns(in StunTransactionId id) => IndexOf(id) >= 0;

    /// <summary>Takes a request that was refused; null when it is none of these, or was answered before.</summary>
    /// <returns>The role that it told.</returns>
    public IceRole? TakeRefused(in StunTransactionId id)
    {
        int index = IndexOf(id);
        if (index < 0)
        {
            return null;
        }

        IceRole role = _outstanding[index].Role;
        _outstanding[index] = default;
        return role;
    }

    /// <summary>Takes in an authentic answer; true when the peer was silent before.</summary>
    public bool OnAnswer(Instant instant, in StunTransactionId id)
    {
        int index = IndexOf(id);
        if (index >= 0)
        {
            RoundTripTime = instant - _outstanding[index].SentAt;
            _outstanding[index] = default;
        }

        return OnAlive(instant);
    }

    /// <summary>The peer has shown in another way that it wants to be sent to; true when it was silent before.</summary>
    public bool OnAlive(Instant instant)
    {
        bool wasSilent = IsSilent;
        IsSilent = false;
        _lastAnswer = Instant.Max(_lastAnswer, instant);
        return wasSilent;
    }

    private int IndexOf(in StunTransactionId id)
    {
        for (int index = 0; index < MostOutstanding; index++)
        {
            if (_outstanding[index].Id == id && id != default)
            {
                return index;
            }
        }

        return -1;
    }

    private static TimeSpan Interval(IceOptions options, IRandomSource random) =>
        (options.ConsentInterval * 0.8) + random.NextTimeSpan(options.ConsentInterval * 0.4);
}
