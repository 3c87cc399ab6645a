using System;
using System.Security.Cryptography;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// What RFC 4895 says of the chunks that come before there is an association, or make it begin anew: INIT and COOKIE ECHO (§6.1, §6.3). Owns nothing: of
/// a peer that has no association yet there are only its cookie, and the keys in the options of the port.
/// </summary>
internal sealed class SetupAuthentication(AssociationFactory factory, StatelessReplies replies, DropCounters drops)
{
    /// <summary>Whether an INIT is refused, and told so, for what it says of authentication or does not say (§6.1).</summary>
    /// <param name="review">What it says.</param>
    /// <param name="ours">Options of the association or, before there is one, of the port.</param>
    /// <param name="association">The one that it is for; null when there is none.</param>
    /// <param name="to">Where it came from.</param>
    /// <param name="tag">Its Initiate Tag.</param>
    public bool Refuses(in InitReview review, AssociationOptions ours, Association? association, in ReplyAddress to, VerificationTag tag)
    {
        bool isWrong = ours.OfferedAuthentication is not null && review.Authentication.IsWrong;
        if (isWrong)
        {
            replies.AddAbort(to, tag, CauseCode.ProtocolViolation, AuthenticationRules.WrongRandomNumber);
        }
        else if (AuthenticationRules.Insists(ours, review.Authentication, review.Extensions)
            || (association?.Authentication?.Vectors is not null && !review.Authentication.IsComplete))        // a restart does not take away what was agreed on
        {
            replies.AddAbort(to, tag, CauseCode.MissingMandatoryParameter, AuthenticationRules.MissingParameters);
            return true;
        }

        return isWrong;
    }

    /// <summary>What the cookie for an INIT says of authentication; null for nothing.</summary>
    /// <param name="review">What the INIT says.</param>
    /// <param name="ours">Options of the association or, before there is one, of the port.</param>
    /// <param name="association">The one that it is for; null when there is none.</param>
    public KeyVectors? NewVectors(in InitReview review, AssociationOptions ours, Association? association) =>
        ours.OfferedAuthentication is not null && review.Authentication.IsComplete
            ? new KeyVectors(OpeningVector(association) ?? factory.NewVector(ours), review.Authentication.ToVector())
            : null;

    /// <summary>
    /// Whether a COOKIE ECHO whose cookie is ours is authenticated as it has to be (§6.3): by the keys of the association that exists; before
    /// there is one, by what the cookie says.
    /// </summary>
    /// <param name="packet">The packet that it came in.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="agreed">What the cookie says of authentication.</param>
    /// <param name="offered">What the port offers to those who have no association yet; null for nothing.</param>
    /// <param name="association">The one that it is for; null when there is none.</param>
    public bool IsAuthentic(in PacketView packet, in PacketShape shape, KeyVectors? agreed, AuthenticationOptions? offered, Association? association)
    {
        bool isNew = association is null or { IsBeingSetUp: true } or { State: AssociationState.Listening };
        KeyVectors? vectors = isNew ? agreed : association!.Authentication?.Vectors;
        if (!isNew && vectors is not null && agreed is null)
        {
            return Drop(DropReason.NotAuthenticated);        // made before there was an association
        }

        if (!shape.BeginsWithAuth)
        {
            return vectors is null || !KeyVectors.Required(vectors.Local).Contains(ChunkType.CookieEcho) || Drop(DropReason.NotAuthenticated);
        }

        ChunkReader chunks = packet.Chunks;
        ReadOnlySpan<byte> data = chunks.Rest;
        if (vectors is null || !chunks.TryRead(out ChunkView chunk) || !AuthChunk.TryRead(chunk, out AuthChunk auth))
        {
            return Drop(vectors is null ? DropReason.UnrecognizedChunk : DropReason.MalformedChunk);     // §5: with it goes what follows
        }

        AuthVerdict verdict = association?.Authentication is { } keys
            ? keys.Check(auth, data, vectors, factory.Buffers)
            : CheckStranger(auth, data, vectors, offered ?? AuthenticationOptions.Default);
        return verdict == AuthVerdict.Valid || Drop(DropReason.BadAuthentication);
    }

    /// <summary>How the answer to a COOKIE ECHO is authenticated that makes no association.</summary>
    /// <param name="type">What the answer is.</param>
    /// <param name="agreed">What its cookie says of authentication.</param>
    /// <param name="offered">What the port offers; null for nothing, and then we have no key any more.</param>
    public static ReplyAuthentication ForReply(ChunkType type, KeyVectors? agreed, AuthenticationOptions? offered)
    {
        if (offered is null || agreed?.MakePlan() is not { } plan || !plan.Types.Contains(type))
        {
            return default;
        }

        ushort id = offered.ActiveKey ?? (offered.Keys.Count > 0 ? offered.Keys[0].Id : (ushort)0);
        return new ReplyAuthentication(plan, id, Derive(offered, id, agreed, plan.Algorithm));
    }

    // The one secret that is named: who is nobody yet does not make us copy all that there are.
    private AuthVerdict CheckStranger(in AuthChunk auth, ReadOnlySpan<byte> data, KeyVectors vectors, AuthenticationOptions offered)
    {
        AuthVerdict verdict = AuthenticationCode.Inspect(auth, vectors);
        if (verdict != AuthVerdict.Valid)
        {
            return verdict;
        }

        if (Derive(offered, auth.KeyId, vectors, auth.Algorithm) is not { } key)
        {
            return AuthVerdict.UnknownKey;
        }

        bool isRight = AuthenticationCode.IsRight(auth, data, key, factory.Buffers);
        CryptographicOperations.ZeroMemory(key);
        return isRight ? AuthVerdict.Valid : AuthVerdict.Wrong;
    }

    private static byte[]? Derive(AuthenticationOptions offered, ushort id, KeyVectors vectors, HmacAlgorithm algorithm)
    {
        for (int i = 0; i < offered.Keys.Count; i++)
        {
            if (offered.Keys[i].Id == id)
            {
                return vectors.Derive(offered.Keys[i].Secret.Span, algorithm);
            }
        }

        return offered.Keys.Count == 0 && id == 0 ? vectors.Derive([], algorithm) : null;       // §6.1: the null key, where there is no other
    }

    // §6.1: the number follows the tag. Where our own INIT is on its way, that has said what we say (RFC 9260 §5.2.1).
    private static byte[]? OpeningVector(Association? association) => association is { IsBeingSetUp: true } ? association.OpeningVector : null;

    private bool Drop(DropReason reason)
    {
        drops.Count(reason);
        return false;
    }
}
