using System;

namespace Braid.Ice;

/// <summary>
/// A TURN server that is reached over a stream (TCP, TLS). Each time that candidates are gathered the agent wants a connection of its own to
/// it, by <see cref="IceEvent.RelayWanted"/>: one from before may be lost, or belong to an address that the host has no more.
/// </summary>
public sealed class RelayServer
{
    /// <param name="name">What the owner calls it.</param>
    /// <param name="localPreference">0 to 65,535: of its candidates, among relayed ones.</param>
    public RelayServer(string name, int localPreference = ushort.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)localPreference, ushort.MaxValue, nameof(localPreference));
        Name = name;
        LocalPreference = localPreference;
    }

    /// <summary>What the owner calls it.</summary>
    public string Name { get; }

    /// <summary>Which of several relayed candidates is preferred.</summary>
    public int LocalPreference { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
