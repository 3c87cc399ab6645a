using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>What a request that was answered with success has said.</summary>
/// <param name="Priority">PRIORITY: what the peer's candidate has, if nobody has told of it.</param>
/// <param name="UseCandidate">Whether it nominates.</param>
/// <param name="HasSwitchedRole">Whether our role has changed.</param>
internal readonly record struct AcceptedCheck(uint Priority, bool UseCandidate, bool HasSwitchedRole);

/// <summary>The server's half of a check (RFC 8445 §7.3): whether a request is accepted, and the answer either way.</summary>
internal static class CheckResponder
{
    // An error is not longer than this: whoever forges an address has nobody sent more than he sends himself.
    private const int ShortestAnswered = 52;

    /// <summary>Answers a request that names none of our sessions, or nobody (RFC 8489 §9.1.3).</summary>
    public static void RefuseStranger(IceContext context, in StunView request, bool hasUser, in NetworkPath path, IceTransport transport)
    {
        if (context.Candidates.FindBase(path.Local, transport) is not { } own)
        {
            context.Drops.Count(IceDropReason.UnknownLocalAddress);
            return;
        }

        context.Drops.Count(IceDropReason.UnknownUser);
        var answer = new OutgoingMessage(OutgoingKind.Error, request.TransactionId, path, transport) { Relay = own.Relay };
        Refuse(context, request, answer with { ErrorCode = hasUser ? StunError.Unauthenticated : StunError.BadRequest });
    }

    /// <summary>Answers a request; true when the answer is a success.</summary>
    public static bool TryAccept(
        IceContext context,
        RoleState roles,
        IceCredentials local,
        LocalCandidate own,
        in StunView request,
        in NetworkPath path,
        IceTransport transport,
        bool isExpected,
        out AcceptedCheck accepted)
    {
        accepted = default;
        var answer = new OutgoingMessage(OutgoingKind.Error, request.TransactionId, path, transport) { Relay = own.Relay };
        StunIntegrity integrity = request.VerifyIntegrity(local.Key);
        if (integrity != StunIntegrity.Valid)
        {
            // RFC 8489 §9.1.3: nothing that we could sign.
            context.Drops.Count(IceDropReason.BadIntegrity);
            Refuse(context, request, answer with { ErrorCode = integrity == StunIntegrity.Absent ? StunError.BadRequest : StunError.Unauthenticated });
            return false;
        }

        answer = answer with { Local = local, Integrity = request.Integrity };
        Span<ushort> unknown = stackalloc ushort[1];
        if (request.FindUnknownRequired(unknown) > 0)
        {
            context.Drops.Count(IceDropReason.UnknownAttribute);
            context.Send(answer with { ErrorCode = StunError.UnknownAttribute, UnknownAttribute = unknown[0] });
            return false;
        }

        if (!request.TryReadUInt32(StunAttributeType.Priority, out uint priority))
        {
            context.Drops.Count(IceDropReason.Unexpected);
            context.Send(answer with { ErrorCode = StunError.BadRequest });
            return false;
        }

        RoleOutcome role = context.Options.IsLite ? RoleOutcome.NoConflict : CheckRole(roles, request);
        if (role == RoleOutcome.PeerMustSwitch)
        {
            context.Send(answer with { ErrorCode = StunError.RoleConflict });
            return false;
        }

        bool nominates = request.Has(StunAttributeType.UseCandidate);
        context.Send(answer with { Kind = OutgoingKind.Success });
        if (nominates || !isExpected)
        {
            context.Write(IceLogKind.CheckReceived, own.Candidate, detail: nominates ? $"from {path.Remote}, nominating" : $"from {path.Remote}");
        }

        accepted = new AcceptedCheck(priority, nominates, role == RoleOutcome.Switched);
        return true;
    }

    private static void Refuse(IceContext context, in StunView request, in OutgoingMessage answer)
    {
        if (request.Bytes.Length >= ShortestAnswered)
        {
            context.Send(answer);
        }
    }

    private static RoleOutcome CheckRole(RoleState roles, in StunView request) =>
        request.TryReadUInt64(StunAttributeType.IceControlling, out ulong controlling) ? roles.OnRequest(IceRole.Controlling, controlling)
        : request.TryReadUInt64(StunAttributeType.IceControlled, out ulong controlled) ? roles.OnRequest(IceRole.Controlled, controlled)
        : RoleOutcome.NoConflict;
}
