using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>How an address is borrowed from a TURN server (RFC 8656).</summary>
public sealed record TurnOptions
{
    /// <summary>The user, as the server knows him.</summary>
    public required string Username { get; init; }

    /// <summary>His password.</summary>
    public required string Password { get; init; }

    /// <summary>Whether the server is reached over TCP or TLS: no retransmissions, ChannelData padded.</summary>
    public bool IsStream { get; init; }

    /// <summary>The family that is asked for; none to leave it to the server, which gives IPv4 (RFC 8656 §7.1).</summary>
    public NetworkFamily Family { get; init; }

    /// <summary>Whether an address of each family is asked for (ADDITIONAL-ADDRESS-FAMILY); then <see cref="Family"/> is none.</summary>
    public bool BothFamilies { get; init; }

    /// <summary>The lifetime that is asked for; 10 minutes, the least that servers give.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether a 300 without integrity is followed; not by default, since anybody on the way could send it (RFC 8489 §14.8).</summary>
    public bool FollowsUnsignedRedirects { get; init; }

    /// <summary>Retransmission of requests.</summary>
    public StunTiming Timing { get; init; } = new() { MaximumTransmissions = 5, FinalWaitFactor = 8, ReliableTimeout = TimeSpan.FromSeconds(15) };

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Username);
        ArgumentNullException.ThrowIfNull(Password);
        ArgumentOutOfRangeException.ThrowIfLessThan(Lifetime, TimeSpan.FromSeconds(1), nameof(Lifetime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Lifetime, TimeSpan.FromDays(1), nameof(Lifetime));
        Timing.Validate();
        if (BothFamilies && Family != NetworkFamily.None)
        {
            throw new ArgumentException("REQUESTED-ADDRESS-FAMILY and ADDITIONAL-ADDRESS-FAMILY exclude each other (RFC 8656 section 7.1).");
        }
    }
}
