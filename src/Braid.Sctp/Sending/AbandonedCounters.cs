namespace Braid.Sctp;

/// <summary>How many messages were given up, by policy (RFC 7496 §4.3), of one stream.</summary>
internal sealed class AbandonedCounters
{
    private readonly long[] _unsent = new long[(int)ReliabilityPolicy.Priority + 1];
    private readonly long[] _sent = new long[(int)ReliabilityPolicy.Priority + 1];

    public void Count(ReliabilityPolicy policy, bool wasSent) => (wasSent ? _sent : _unsent)[(int)policy]++;

    /// <summary>Those of one policy; null for all of them.</summary>
    public AbandonedMessages Get(ReliabilityPolicy? policy)
    {
        if (policy is { } one)
        {
            return new AbandonedMessages(_unsent[(int)one], _sent[(int)one]);
        }

        var sum = default(AbandonedMessages);
        for (int i = 0; i < _sent.Length; i++)
        {
            sum = new AbandonedMessages(sum.Unsent + _unsent[i], sum.Sent + _sent[i]);
        }

        return sum;
    }
}
