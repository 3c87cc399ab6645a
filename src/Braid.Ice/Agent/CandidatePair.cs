using System;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Where a pair is (RFC 8445 §6.1.2.6).</summary>
internal enum PairState : byte
{
    /// <summary>Waits for another pair of its foundation.</summary>
    Frozen,

    /// <summary>To be checked.</summary>
    Waiting,

    /// <summary>Being checked.</summary>
    InProgress,

    /// <summary>A check was answered.</summary>
    Succeeded,

    /// <summary>None was.</summary>
    Failed,
}

/// <summary>
/// A local candidate from which packets can leave, and a remote one. The local candidate that the peer sees
/// (the "valid pair" of RFC 8445 §7.2.5.3.2) is a property of it: there is one for each base and remote candidate.
/// </summary>
internal sealed class CandidatePair(LocalCandidate local, RemoteCandidate remote, in NetworkPath path)
{
    public LocalCandidate Local { get; } = local;

    public RemoteCandidate Remote { get; } = remote;

    /// <summary>From where to where; another port than the candidate's on a TCP connection that we have opened.</summary>
    public NetworkPath Path { get; set; } = path;

    public IceTransport Transport => Local.Transport;

    public PairState State { get; set; }

    public ulong Priority { get; set; }

    /// <summary>Whether it is in the queue of triggered checks.</summary>
    public bool IsTriggered { get; set; }

    /// <summary>Whether the next check nominates (we are controlling).</summary>
    public bool IsToBeNominated { get; set; }

    /// <summary>Whether the peer has nominated it before our own check was answered (RFC 8445 §7.3.1.5).</summary>
    public bool IsNominatedByPeer { get; set; }

    /// <summary>Whether it is nominated.</summary>
    public bool IsNominated { get; set; }

    /// <summary>Our candidate as the peer sees it, once a check was answered.</summary>
    public LocalCandidate? ValidLocal { get; set; }

    /// <summary>The priority of the valid pair.</summary>
    public ulong ValidPriority { get; set; }

    /// <summary>Since when it is checked, however often that was begun anew; <see cref="Instant.Never"/> before the first check.</summary>
    public Instant TriedSince { get; set; } = Instant.Never;

    /// <summary>When a check was answered last.</summary>
    public Instant SucceededAt { get; set; }

    /// <summary>The last sample; zero before the first.</summary>
    public TimeSpan RoundTripTime { get; set; }

    /// <summary>Whether a TCP connection is there, or none is needed.</summary>
    public bool IsConnected { get; set; } = local.Transport == IceTransport.Udp;

    /// <summary>Whether a TCP connection is being opened.</summary>
    public bool IsConnecting { get; set; }

    /// <summary>Whether the TURN server lets the peer send; granted where there is none.</summary>
    public RelayPermission Permission => Local.Relay?.PermissionOf(Remote.Address) ?? RelayPermission.Granted;

    /// <summary>Whether a check can be sent just now.</summary>
    public bool IsReady => !IsConnecting && Permission == RelayPermission.Granted;

    public bool IsUnresolved => State is PairState.Frozen or PairState.Waiting or PairState.InProgress;

    public bool IsRelayed => Local.Relay is not null || Remote.Candidate.Type == IceCandidateType.Relayed;

    /// <summary>It works, and the peer sees us as this candidate.</summary>
    public void Succeed(LocalCandidate validLocal, IceRole role)
    {
        ValidLocal = validLocal;
        State = PairState.Succeeded;
        UpdatePriority(role);
    }

    /// <summary>It does not work, or not any more.</summary>
    public void Fail()
    {
        State = PairState.Failed;
        ValidLocal = null;
        IsToBeNominated = false;
        IsNominatedByPeer = false;
        IsNominated = false;
    }

    public bool HasFoundationOf(CandidatePair other) =>
        string.Equals(Local.Candidate.Foundation, other.Local.Candidate.Foundation, StringComparison.Ordinal)
        && string.Equals(Remote.Candidate.Foundation, other.Remote.Candidate.Foundation, StringComparison.Ordinal);

    /// <summary>What the owner is told of it.</summary>
    public IceSelectedPair Describe() =>
        new((ValidLocal ?? Local).Candidate, Remote.Candidate, Path, Transport, Local.Relay is not null);

    /// <summary>A check of it, without a transaction and without credentials.</summary>
    public OutgoingMessage MakeCheck(RoleState roles, bool nominates) => new(OutgoingKind.Check, default, Path, Transport)
    {
        Relay = Local.Relay,
        Priority = Local.PeerReflexivePriority,
        Role = roles.Role,
        TieBreaker = roles.TieBreaker,
        UseCandidate = nominates,
    };

    /// <summary>Computes both priorities anew: they depend on the role and on what the peer has told.</summary>
    public void UpdatePriority(IceRole role)
    {
        Priority = Compute(role, Local.Candidate.Priority);
        ValidPriority = ValidLocal is null ? 0 : Compute(role, ValidLocal.Candidate.Priority);
    }

    private ulong Compute(IceRole role, uint own) => role == IceRole.Controlling
        ? CandidatePriority.OfPair(own, Remote.Priority)
        : CandidatePriority.OfPair(Remote.Priority, own);
}
