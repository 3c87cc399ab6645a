using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>What an outgoing message is made of when it is written.</summary>
internal enum OutgoingKind : byte
{
    /// <summary>A check, or a consent check.</summary>
    Check,

    /// <summary>The answer to a check that was accepted.</summary>
    Success,

    /// <summary>The answer to one that was not.</summary>
    Error,

    /// <summary>A request to a STUN server.</summary>
    Gathering,

    /// <summary>An indication to a STUN server, so that NATs keep their bindings.</summary>
    Keepalive,
}

/// <summary>A message that is to go out: written when the owner has room for it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its transaction.</param>
/// <param name="Path">From where to where.</param>
/// <param name="Transport">UDP or TCP.</param>
internal readonly record struct OutgoingMessage(OutgoingKind Kind, StunTransactionId Id, NetworkPath Path, IceTransport Transport)
{
    /// <summary>What it goes through; null for our own socket.</summary>
    public IRelay? Relay { get; init; }

    /// <summary>Whose user name and password are used.</summary>
    public IceCredentials? Local { get; init; }

    /// <summary>Whose user name and password are used.</summary>
    public IceCredentials? Remote { get; init; }

    /// <summary>Which HMAC; none for an answer to somebody whom we do not know.</summary>
    public StunIntegrityAlgorithm Integrity { get; init; }

    /// <summary>The code of an error.</summary>
    public int ErrorCode { get; init; }

    /// <summary>An attribute that was not understood; 0 for none.</summary>
    public ushort UnknownAttribute { get; init; }

    /// <summary>PRIORITY of a check.</summary>
    public uint Priority { get; init; }

    /// <summary>The role that a check tells.</summary>
    public IceRole Role { get; init; }

    /// <summary>The tie-breaker that a check tells.</summary>
    public ulong TieBreaker { get; init; }

    /// <summary>Whether a check nominates.</summary>
    public bool UseCandidate { get; init; }
}

/// <summary>What the parts of an agent share: the instant, the options, chance, and what goes out.</summary>
internal sealed class IceContext(IceOptions options, IRandomSource random)
{
    private const int MostAnswers = 64;

    private readonly Queue<OutgoingMessage> _outgoing = new();
    private readonly Queue<IceEvent> _events = new();

    /// <summary>Constant during one call from outside.</summary>
    public Instant Now { get; set; }

    public IceOptions Options { get; } = options;

    public IRandomSource Random { get; } = random;

    public IceLog Log { get; } = new(options.MaximumLogRecords);

    public IceDropCounters Drops { get; } = new();

    public LocalCandidates Candidates { get; } = new();

    public bool HasOutgoing => _outgoing.Count > 0;

    public void Send(in OutgoingMessage message)
    {
        // Requests of ours are paced; what a peer makes us answer is bounded here.
        if (message.Kind is OutgoingKind.Success or OutgoingKind.Error && _outgoing.Count >= MostAnswers)
        {
            Drops.Count(IceDropReason.TooManyRequests);
            return;
        }

        _outgoing.Enqueue(message);
    }

    public bool TryTakeOutgoing(out OutgoingMessage message) => _outgoing.TryDequeue(out message);

    public void Raise(IceEvent raised) => _events.Enqueue(raised);

    public bool TryTakeEvent(out IceEvent? raised) => _events.TryDequeue(out raised);

    public void Write(IceLogKind kind, IceCandidate? local = null, IceCandidate? remote = null, string detail = "") =>
        Log.Write(Now, kind, local, remote, detail);

    public void DiscardOutgoing() => _outgoing.Clear();
}
