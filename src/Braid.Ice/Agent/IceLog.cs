using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Braid.Core;

namespace Braid.Ice;

/// <summary>What a record of the log is about.</summary>
public enum IceLogKind : byte
{
    /// <summary>A candidate of ours.</summary>
    LocalCandidate,

    /// <summary>A candidate of the peer.</summary>
    RemoteCandidate,

    /// <summary>A candidate that is not used, and why.</summary>
    CandidateDropped,

    /// <summary>A STUN or TURN server was asked.</summary>
    ServerAsked,

    /// <summary>A STUN or TURN server has answered.</summary>
    ServerAnswered,

    /// <summary>A STUN or TURN server has not answered, or refused.</summary>
    ServerFailed,

    /// <summary>A pair was made.</summary>
    PairFormed,

    /// <summary>A pair was dropped to make room.</summary>
    PairDropped,

    /// <summary>A check was sent, or sent again.</summary>
    CheckSent,

    /// <summary>A check was answered: the pair works.</summary>
    CheckSucceeded,

    /// <summary>A check has failed.</summary>
    CheckFailed,

    /// <summary>A check of the peer has arrived.</summary>
    CheckReceived,

    /// <summary>A pair is nominated.</summary>
    Nominated,

    /// <summary>Data goes over another pair.</summary>
    Selected,

    /// <summary>The role has changed.</summary>
    Role,

    /// <summary>The state has changed.</summary>
    State,

    /// <summary>Consent: asked without an answer, expired, revoked.</summary>
    Consent,

    /// <summary>ICE begins anew with other credentials, or such a restart is taken back.</summary>
    Restart,
}

/// <summary>One thing that has happened while candidates were gathered or checked.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Local">Our candidate, where there is one.</param>
/// <param name="Remote">The peer's, where there is one.</param>
/// <param name="Detail">The rest, in words.</param>
public sealed record IceLogRecord(Instant At, IceLogKind Kind, IceCandidate? Local, IceCandidate? Remote, string Detail)
{
    /// <summary>A line for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(120);
        text.Append(CultureInfo.InvariantCulture, $"{At} {Kind}");
        if (Local is not null)
        {
            text.Append(' ').Append(Describe(Local));
        }

        if (Remote is not null)
        {
            text.Append(Local is null ? " " : " -> ").Append(Describe(Remote));
        }

        return Detail.Length == 0 ? text.ToString() : text.Append(": ").Append(Detail).ToString();
    }

    private static string Describe(IceCandidate candidate)
    {
        string transport = candidate.Transport == IceTransport.Tcp ? " tcp" : "";
        string where = candidate.HostName is { } name ? string.Create(CultureInfo.InvariantCulture, $"{name}:{candidate.Port}") : candidate.Address.ToString();
        return $"{IceCandidate.NameOf(candidate.Type)}{transport} {where}";
    }
}

/// <summary>The last records of an agent, until somebody takes them.</summary>
/// <param name="maximum">How many are kept; older ones go first.</param>
internal sealed class IceLog(int maximum)
{
    private readonly Queue<IceLogRecord> _records = new();

    public void Write(Instant at, IceLogKind kind, IceCandidate? local = null, IceCandidate? remote = null, string detail = "")
    {
        if (maximum == 0)
        {
            return;
        }

        if (_records.Count == maximum)
        {
            _records.Dequeue();
        }

        _records.Enqueue(new IceLogRecord(at, kind, local, remote, detail));
    }

    public bool TryTake(out IceLogRecord? record) => _records.TryDequeue(out record);
}
