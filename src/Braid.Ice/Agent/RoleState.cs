using Braid.Core;

namespace Braid.Ice;

/// <summary>What a request says about the roles.</summary>
internal enum RoleOutcome : byte
{
    /// <summary>They differ, as they should.</summary>
    NoConflict,

    /// <summary>They were the same; ours has changed.</summary>
    Switched,

    /// <summary>They are the same; the peer's has to change: 487.</summary>
    PeerMustSwitch,
}

/// <summary>Our role and the number that decides between two of a kind (RFC 8445 §7.3.1.1, §7.2.5.1).</summary>
internal sealed class RoleState(IRandomSource random, IceRole role)
{
    private bool _isSettled;

    public IceRole Role { get; set; } = role;

    public ulong TieBreaker { get; private set; } = random.NextUInt64();

    /// <summary>Takes the role that descriptions give. One that a conflict has settled stays (§6.1.1): the peer goes by it already.</summary>
    public void Determine(IceRole given) => Role = _isSettled ? Role : given;

    /// <summary>Takes in the role that a request tells.</summary>
    public RoleOutcome OnRequest(IceRole peerRole, ulong peerTieBreaker)
    {
        if (peerRole != Role)
        {
            return RoleOutcome.NoConflict;
        }

        _isSettled = true;
        bool weAreLarger = TieBreaker >= peerTieBreaker;
        if (weAreLarger == (Role == IceRole.Controlling))
        {
            return RoleOutcome.PeerMustSwitch;
        }

        Role = Opposite(Role);
        return RoleOutcome.Switched;
    }

    /// <summary>Takes in a 487; true when the role has changed.</summary>
    /// <param name="roleOfRequest">The role that the refused request told: another answer may have changed ours meanwhile.</param>
    public bool OnConflict(IceRole roleOfRequest)
    {
        if (roleOfRequest != Role)
        {
            return false;
        }

        _isSettled = true;
        Role = Opposite(Role);
        TieBreaker = random.NextUInt64();
        return true;
    }

    private static IceRole Opposite(IceRole role) => role == IceRole.Controlling ? IceRole.Controlled : IceRole.Controlling;
}
