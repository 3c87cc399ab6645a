using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Where a relay is.</summary>
public enum RelayState : byte
{
    /// <summary>The server is being asked.</summary>
    Allocating,

    /// <summary>There is a relayed address.</summary>
    Allocated,

    /// <summary>There is none, and will be none.</summary>
    Failed,
}

/// <summary>Whether a peer may send through a relay (RFC 8656 §9).</summary>
public enum RelayPermission : byte
{
    /// <summary>Nobody has asked, or the server has not answered yet.</summary>
    Pending,

    /// <summary>It may.</summary>
    Granted,

    /// <summary>The server does not allow it.</summary>
    Refused,
}

/// <summary>What a datagram from a relay's server was.</summary>
public enum RelayInput : byte
{
    /// <summary>Not for this relay.</summary>
    NotMine,

    /// <summary>For the relay itself, or nothing that could be used.</summary>
    Consumed,

    /// <summary>Data from a peer.</summary>
    Data,
}

/// <summary>
/// A way through a server that lends an address (TURN): its datagrams are drained and its timers run like those of every
/// machine. The agent makes relayed candidates of it.
/// </summary>
public interface IRelay : IDatagramMachine
{
    /// <summary>Where it is.</summary>
    RelayState State { get; }

    /// <summary>Why it has failed, in words; empty before.</summary>
    string FailureText { get; }

    /// <summary>From where to where the server is talked to.</summary>
    NetworkPath ServerPath { get; }

    /// <summary>Whether the server is reached over a stream (TCP, TLS); then each datagram out is one frame of it.</summary>
    bool IsStream { get; }

    /// <summary>The addresses lent, at most one of each family; empty before.</summary>
    IReadOnlyList<NetworkAddress> RelayedAddresses { get; }

    /// <summary>Our address as the server sees it; none before.</summary>
    NetworkAddress MappedAddress { get; }

    /// <summary>Begins; later calls do nothing.</summary>
    void Start(Instant now);

    /// <summary>
    /// Asks whether the addresses are still lent, and where they are not, or never were, for others: the server may see us at another
    /// address than before. Until it has answered the state is <see cref="RelayState.Allocating"/>; data goes on.
    /// </summary>
    void Renew(Instant now);

    /// <summary>Sees to it that a peer may send.</summary>
    void Permit(Instant now, in NetworkAddress peer);

    /// <summary>Sees to it that data to and from a peer is wrapped as tightly as it can be: data will go there.</summary>
    void Prefer(Instant now, in NetworkAddress peer);

    /// <summary>Whether a peer may send.</summary>
    RelayPermission PermissionOf(in NetworkAddress peer);

    /// <summary>Takes in a datagram from the server.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="path">Where it came from.</param>
    /// <param name="datagram">Its bytes.</param>
    /// <param name="peer">Who has sent the data.</param>
    /// <param name="data">The data, a slice of <paramref name="datagram"/>.</param>
    RelayInput TryUnwrap(Instant now, scoped in NetworkPath path, ReadOnlySpan<byte> datagram, out NetworkAddress peer, out ReadOnlySpan<byte> data);

    /// <summary>Wraps data for a peer.</summary>
    /// <returns>Its length in <paramref name="destination"/>; 0 when it does not fit or the peer may not be sent to.</returns>
    int Wrap(Instant now, in NetworkAddress peer, ReadOnlySpan<byte> data, Span<byte> destination);

    /// <summary>Gives the address back.</summary>
    void Release(Instant now);
}
