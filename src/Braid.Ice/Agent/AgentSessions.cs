using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>
/// Which session is the present one, which one before it still carries data, and which one a restart may be taken back to
/// (RFC 8445 §9). Messages find their session here.
/// </summary>
internal sealed class AgentSessions(IceContext context, RoleState roles)
{
    private IceSession? _replaced;                           // by a restart that the peer has not answered

    public IceSession Present { get; private set; } = new(context, roles, IceCredentials.Draw(context.Random));

    /// <summary>Its pair carries data until the present one has chosen; null for none.</summary>
    public IceSession? Previous { get; private set; }

    /// <summary>The pair that data goes over; null for none.</summary>
    public CandidatePair? Selected => Present.Selected ?? Previous?.Selected;

    /// <summary>Whether the peer does not answer over it just now.</summary>
    public bool IsSilent => Present.Selected is not null ? Present.IsSilent : Previous is { IsSilent: true };

    public Instant NextTimeout => Instant.Min(Present.NextTimeout, Previous?.NextTimeout ?? Instant.Never);

    /// <summary>Whether the present one has chosen and no other is of any account.</summary>
    public bool IsSettled => Present.Selected is not null && Previous is null && _replaced is null;

    /// <summary>Begins another one.</summary>
    public void Restart(IceCredentials credentials)
    {
        context.Write(IceLogKind.Restart, detail: $"{Present.Local} becomes {credentials}");
        _replaced = Present.Remote is not null ? Present : _replaced;
        Previous = Present.Selected is not null ? Present : Previous;
        Present = new IceSession(context, roles, credentials);
    }

    /// <summary>Takes a restart back; false when there is none to be taken back, or the credentials before were others.</summary>
    public bool TryRollBack(IceCredentials credentials)
    {
        if (_replaced is null || _replaced.Local != credentials)
        {
            return false;
        }

        context.Write(IceLogKind.Restart, detail: $"taken back: {Present.Local} becomes {credentials}");
        Present = _replaced;
        Previous = Previous == Present ? null : Previous;
        _replaced = null;
        return true;
    }

    /// <summary>The peer has told its credentials.</summary>
    public void SetRemote(IceCredentials credentials, bool isLite)
    {
        _replaced = null;
        Present.SetRemote(credentials, isLite);
    }

    /// <summary>A request of the peer.</summary>
    public void OnRequest(in StunView request, in NetworkPath path, IceTransport transport)
    {
        if (!request.HasValidFingerprint)
        {
            context.Drops.Count(IceDropReason.BadFingerprint);
            return;
        }

        request.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> username);
        IceSession? session = IceMessages.IsFor(username, Present.Local) ? Present
            : Previous is not null && IceMessages.IsFor(username, Previous.Local) ? Previous
            : null;
        if (session is not null)
        {
            session.OnRequest(request, path, transport);
            return;
        }

        CheckResponder.RefuseStranger(context, request, !username.IsEmpty, path, transport);
    }

    /// <summary>An answer; false when it belongs to nothing here.</summary>
    public bool TryHandleResponse(in StunView response, in NetworkPath path) =>
        Present.TryHandleResponse(response, path) || Previous?.TryHandleResponse(response, path) == true;

    /// <summary>Runs what is due.</summary>
    /// <param name="isLocalComplete">Whether we have told all candidates.</param>
    public void Advance(bool isLocalComplete)
    {
        Present.Advance(isLocalComplete);
        Previous?.Advance(isLocalComplete: true);
    }

    /// <summary>Forgets what carries data no more.</summary>
    public void Settle()
    {
        if (context.Options.IsLite && Present.IsRemoteLite)
        {
            Present.SelectWithoutChecks();
        }

        if (Previous is not null && (Present.Selected is not null || Previous.EndReason != IceReason.None))
        {
            Previous = null;
        }
    }

    /// <summary>Ends all of them.</summary>
    public void End()
    {
        Present.End(IceReason.None);
        Previous = null;
        _replaced = null;
    }
}
