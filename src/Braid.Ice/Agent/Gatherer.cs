using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>A question to a STUN server from one of our addresses.</summary>
internal sealed class GatheringRequest(LocalCandidate from, in NetworkAddress server)
{
    public LocalCandidate From { get; } = from;

    public NetworkPath Path { get; } = new(from.Base, server);

    public StunTransactionId Id { get; set; }

    public StunTransaction? Transaction { get; set; }

    /// <summary>Whether an answer, or none, has come.</summary>
    public bool IsSettled { get; set; }

    /// <summary>When the NATs on the way are to be reminded; never before an answer.</summary>
    public Instant NextKeepalive { get; set; } = Instant.Never;
}

/// <summary>
/// Finds server-reflexive candidates (RFC 8445 §5.1.1.2): owns the questions to STUN servers, one for each of our addresses and
/// each server of its family, and keeps the bindings open that they have made (§5.1.1.4).
/// </summary>
internal sealed class Gatherer(IceContext context)
{
    private const int MostRequests = 64;

    private readonly List<GatheringRequest> _requests = [];

    /// <summary>Whether nothing is outstanding.</summary>
    public bool IsSettled => !_requests.Exists(request => !request.IsSettled);

    /// <summary>Whether a question waits for its turn.</summary>
    public bool HasNext => _requests.Exists(request => request.Transaction is null && !request.IsSettled);

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (GatheringRequest request in _requests)
            {
                next = Instant.Min(next, request.NextKeepalive);
                if (!request.IsSettled && request.Transaction is { } transaction)
                {
                    next = Instant.Min(next, transaction.NextTimeout);
                }
            }

            return next;
        }
    }

    /// <summary>Asks a server from an address, when its turn comes.</summary>
    public void Add(LocalCandidate from, in NetworkAddress server)
    {
        bool fits = from.Candidate.Type == IceCandidateType.Host && from.Transport == IceTransport.Udp && from.Base.Family == server.Family
            && (from.Base.Scope == NetworkScope.Wide || from.Base.Scope == server.Scope);
        if (!fits || _requests.Count >= MostRequests)
        {
            return;
        }

        NetworkPath path = new(from.Base, server);
        if (!_requests.Exists(request => request.Path == path))
        {
            _requests.Add(new GatheringRequest(from, server));
        }
    }

    /// <summary>Asks everybody anew: NATs may have forgotten what they had, or the host sits behind others.</summary>
    public void AskAgain()
    {
        foreach (GatheringRequest request in _requests)
        {
            request.Transaction = null;
            request.IsSettled = false;
            request.NextKeepalive = Instant.Never;
        }
    }

    /// <summary>Sends the next question.</summary>
    public void StartNext()
    {
        GatheringRequest? request = _requests.Find(candidate => candidate.Transaction is null && !candidate.IsSettled);
        if (request is null)
        {
            return;
        }

        // RFC 8445 §14.3
        TimeSpan timeout = context.Options.Pacing * _requests.Count;
        request.Id = StunTransactionId.Draw(context.Random);
        request.Transaction = new StunTransaction(context.Options.GatheringTiming, context.Now, timeout);
        context.Write(IceLogKind.ServerAsked, request.From.Candidate, detail: $"STUN server {request.Path.Remote}");
        Send(request, OutgoingKind.Gathering);
    }

    /// <summary>Sends again what has to be, gives up what has to be given up, keeps bindings open.</summary>
    /// <param name="keepsAlive">Whether a pair is still to be chosen.</param>
    public void Advance(bool keepsAlive)
    {
        foreach (GatheringRequest request in _requests)
        {
            if (!request.IsSettled && request.Transaction is { } transaction)
            {
                switch (transaction.Advance(context.Now))
                {
                    case StunTransactionStep.Retransmit:
                        Send(request, OutgoingKind.Gathering);
                        break;
                    case StunTransactionStep.TimedOut:
                        request.IsSettled = true;
                        context.Write(IceLogKind.ServerFailed, request.From.Candidate, detail: $"STUN server {request.Path.Remote} does not answer");
                        break;
                }
            }

            if (context.Now >= request.NextKeepalive)
            {
                request.NextKeepalive = keepsAlive ? context.Now + context.Options.KeepaliveInterval : Instant.Never;
                if (keepsAlive)
                {
                    request.Id = StunTransactionId.Draw(context.Random);
                    Send(request, OutgoingKind.Keepalive);
                }
            }
        }
    }

    /// <summary>Takes in an answer; true when it belongs to a question.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="path">Where it came from.</param>
    /// <param name="found">A new candidate, or null.</param>
    public bool TryHandle(in StunView message, in NetworkPath path, out LocalCandidate? found)
    {
        found = null;
        StunTransactionId id = message.TransactionId;
        GatheringRequest? request = null;
        foreach (GatheringRequest candidate in _requests)
        {
            if (candidate.Id == id && candidate.Transaction is not null && !candidate.IsSettled)
            {
                request = candidate;
            }
        }

        if (request is null || request.Path.Remote != path.Remote || (message.HasFingerprint && !message.HasValidFingerprint))
        {
            return false;
        }

        request.IsSettled = true;
        NetworkAddress mapped = default;
        bool isAnswer = message.Class == StunClass.SuccessResponse && message.FindUnknownRequired(stackalloc ushort[1]) == 0
            && (message.TryReadAddress(StunAttributeType.XorMappedAddress, out mapped) || message.TryReadAddress(StunAttributeType.MappedAddress, out mapped))
            && mapped.Family == request.Path.Local.Family && mapped.IsUnicast && mapped.Port != 0;
        if (!isAnswer)
        {
            int code = message.TryReadError(out int error, out _) ? error : 0;
            context.Write(IceLogKind.ServerFailed, request.From.Candidate, detail: $"STUN server {path.Remote} gives no address ({code})");
            return true;
        }

        context.Write(IceLogKind.ServerAnswered, request.From.Candidate, detail: $"STUN server {path.Remote} sees {mapped}");
        request.NextKeepalive = context.Now + context.Options.KeepaliveInterval;
        if (request.From.Here(mapped) == request.From.Address)
        {
            return true;                                     // no NAT: the host candidate is the same (RFC 8445 §5.1.3)
        }

        NetworkAddress related = request.From.Candidate.HostName is null ? request.From.Base : Hidden(request.From.Base);
        found = context.Candidates.Add(
            IceCandidateType.ServerReflexive, IceTransport.Udp, mapped, request.From.Base, request.From.LocalPreference, path.Remote, related);
        return true;
    }

    // Whoever hides his address behind a name does not tell it as a related address either.
    internal static NetworkAddress Hidden(in NetworkAddress address)
    {
        Span<byte> zeros = stackalloc byte[16];
        zeros.Clear();
        return address.Family == NetworkFamily.IPv6 ? NetworkAddress.FromIPv6(zeros, 9) : NetworkAddress.FromIPv4(zeros, 9);
    }

    private void Send(GatheringRequest request, OutgoingKind kind) =>
        context.Send(new OutgoingMessage(kind, request.Id, request.Path, IceTransport.Udp));
}
