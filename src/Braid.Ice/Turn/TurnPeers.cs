using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice.Turn;

/// <summary>A host that may send to us through the server (RFC 8656 §9).</summary>
internal sealed class TurnPermission(in NetworkAddress host)
{
    /// <summary>The peer's host; its port does not matter, and is one of those that were asked for.</summary>
    public NetworkAddress Host { get; } = host;

    public RelayPermission State { get; set; }

    /// <summary>When it is asked for, or renewed.</summary>
    public Instant AskAt { get; set; }

    /// <summary>When the server forgets it.</summary>
    public Instant ExpiresAt { get; set; }
}

/// <summary>A short name for a peer (RFC 8656 §12).</summary>
internal sealed class TurnChannel(in NetworkAddress peer, ushort number)
{
    public NetworkAddress Peer { get; } = peer;

    public ushort Number { get; } = number;

    public bool IsBound { get; set; }

    public Instant AskAt { get; set; }

    public Instant ExpiresAt { get; set; }
}

/// <summary>Permissions and channels of an allocation: owns which there are, and when each is renewed (RFC 8656 §9, §12).</summary>
internal sealed class TurnPeers
{
    private const int MostPermissions = 128;
    private const int MostChannels = 64;
    private static readonly TimeSpan s_permissionLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_channelLifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private readonly List<TurnPermission> _permissions = [];
    private readonly List<TurnChannel> _channels = [];
    private ushort _nextChannel = ChannelData.FirstChannel;

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (TurnPermission permission in _permissions)
            {
                next = Instant.Min(next, permission.AskAt);
            }

            foreach (TurnChannel channel in _channels)
            {
                next = Instant.Min(next, channel.AskAt);
            }

            return next;
        }
    }

    /// <summary>Wants a permission.</summary>
    public void Permit(Instant now, in NetworkAddress peer)
    {
        if (FindPermission(peer) is null && _permissions.Count < MostPermissions)
        {
            _permissions.Add(new TurnPermission(peer) { AskAt = now });
        }
    }

    /// <summary>Wants a channel.</summary>
    public void Bind(Instant now, in NetworkAddress peer)
    {
        if (FindChannel(peer) is null && _channels.Count < MostChannels)
        {
            _channels.Add(new TurnChannel(peer, _nextChannel++) { AskAt = now });
        }
    }

    public TurnPermission? FindPermission(in NetworkAddress peer)
    {
        foreach (TurnPermission permission in _permissions)
        {
            if (permission.Host.IsSameHost(peer))
            {
                return permission;
            }
        }

        return null;
    }

    public TurnChannel? FindChannel(in NetworkAddress peer)
    {
        foreach (TurnChannel channel in _channels)
        {
            if (channel.Peer == peer)
            {
                return channel;
            }
        }

        return null;
    }

    public TurnChannel? FindChannel(ushort number)
    {
        foreach (TurnChannel channel in _channels)
        {
            if (channel.Number == number)
            {
                return channel;
            }
        }

        return null;
    }

    /// <summary>Takes a permission that has to be asked for now; it is not due again until the answer has come.</summary>
    public TurnPermission? TakeDuePermission(Instant now)
    {
        foreach (TurnPermission permission in _permissions)
        {
            if (now >= permission.AskAt)
            {
                permission.AskAt = Instant.Never;
                return permission;
            }
        }

        return null;
    }

    /// <summary>Takes a channel that has to be bound, or bound again, now.</summary>
    public TurnChannel? TakeDueChannel(Instant now)
    {
        foreach (TurnChannel channel in _channels)
        {
            if (now >= channel.AskAt)
            {
                channel.AskAt = Instant.Never;
                return channel;
            }
        }

        return null;
    }

    public static void OnGranted(TurnPermission permission, Instant now)
    {
        permission.State = RelayPermission.Granted;
        permission.ExpiresAt = now + s_permissionLifetime;
        permission.AskAt = now + (s_permissionLifetime - s_margin);
    }

    public void OnBound(TurnChannel channel, Instant now)
    {
        channel.IsBound = true;
        channel.ExpiresAt = now + s_channelLifetime;
        channel.AskAt = now + (s_channelLifetime - s_margin);

        // §12: binding a channel renews the permission.
        if (FindPermission(channel.Peer) is { } permission)
        {
            OnGranted(permission, now);
        }
    }
}
