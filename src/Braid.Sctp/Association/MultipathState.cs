namespace Braid.Sctp;

/// <summary>
/// What is remembered only where data takes several paths at the same time: one reference, for there may be very many idle associations.
/// </summary>
internal sealed class MultipathState
{
    /// <summary>Fast recovery of each path.</summary>
    public PathRecoveries Recoveries { get; } = new();

    /// <summary>Where SACKs go.</summary>
    public AckPath AckPath { get; private set; } = new();

    /// <summary>A path is there no longer.</summary>
    /// <param name="path">That path.</param>
    /// <param name="index">What its index was.</param>
    public void RemovePath(Path path, int index)
    {
        Recoveries.RemovePath(index);
        AckPath.RemovePath(path, index);
    }

    /// <summary>Another association begins.</summary>
    public void Forget()
    {
        Recoveries.Clear();
        AckPath = new AckPath();
    }
}
