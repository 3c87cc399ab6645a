namespace Braid.Ice;

/// <summary>What an agent is said to be, as a function of its sessions.</summary>
internal static class AgentState
{
    public static (IceState State, IceReason Reason) Of(IceSession session, IceSession? previous, IceState last, bool isClosed, bool isGathered)
    {
        if (isClosed)
        {
            return (IceState.Closed, IceReason.None);
        }

        if (session.EndReason != IceReason.None)
        {
            return (IceState.Failed, session.EndReason);
        }

        if (session.Selected is not null)
        {
            return session.IsSilent ? (IceState.Disconnected, IceReason.NoAnswer)
                : isGathered && session.IsRemoteComplete ? (IceState.Completed, IceReason.None)
                : (IceState.Connected, IceReason.None);
        }

        if (session.Remote is not null)
        {
            return (IceState.Checking, IceReason.None);
        }

        // A restart that the peer has not answered yet: the old pair goes on.
        return previous is null ? (IceState.New, last == IceState.New ? IceReason.None : IceReason.Restarted)
            : previous.IsSilent ? (IceState.Disconnected, IceReason.NoAnswer)
            : (last, IceReason.None);
    }
}
