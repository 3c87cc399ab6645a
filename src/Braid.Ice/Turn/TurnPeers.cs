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

    /// <summary>When it was wanted, or something was sent by it, last.</summary>
    public Instant UsedAt { get; set; }
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
    /// <summary>How many hosts may send at a time.</summary>
    public const int MostPermissions = 128;

    private const int MostChannels = 64;
    private static readonly TimeSpan s_permissionLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_channelLifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_shortestRetry = TimeSpan.FromSeconds(2);

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

    /// <summary>Whether a peer may send. One for whose host there is no room will never be allowed to.</summary>
    public RelayPermission StateOf(in NetworkAddress peer) =>
        FindPermission(peer)?.State ?? (_permissions.Count < MostPermissions ? RelayPermission.Pending : RelayPermission.Refused);

    /// <summary>Wants a permission. The one that was used least of late makes room, when it is as old as the server would forget it.</summary>
    public void Permit(Instant now, in NetworkAddress peer)
    {
        TurnPermission? permission = FindPermission(peer);
        if (permission is null && (_permissions.Count < MostPermissions || TryForget(now)))
        {
            permission = new TurnPermission(peer) { AskAt = now };
            _permissions.Add(permission);
        }

        if (permission is not null)
        {
            permission.UsedAt = now;
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

    /// <summary>The allocation is over: in the next one permissions have to be asked for again, and there are no channels.</summary>
    public void BeginAnew(Instant now)
    {
        _channels.Clear();
        foreach (TurnPermission permission in _permissions)
        {
            permission.State = RelayPermission.Pending;
            permission.AskAt = now;
        }
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

    /// <summary>When to ask again for what could not be renewed, while the server has not forgotten it yet; never when it is too late.</summary>
    public static Instant RetryAt(Instant now, Instant expiresAt) =>
        expiresAt - now >= s_shortestRetry ? now + ((expiresAt - now) / 2) : Instant.Never;

    /// <summary>A permission was not given, or not renewed: then it is as good as before until it expires.</summary>
    public static void OnRefused(TurnPermission permission, Instant now)
    {
        permission.AskAt = permission.State == RelayPermission.Granted ? RetryAt(now, permission.ExpiresAt) : Instant.Never;
        permission.State = permission.AskAt.IsNever ? RelayPermission.Refused : permission.State;
    }

    /// <summary>A channel was not bound, or not bound again: what is sent goes in indications once it has expired.</summary>
    public static void OnRefused(TurnChannel channel, Instant now)
    {
        channel.AskAt = channel.IsBound ? RetryAt(now, channel.ExpiresAt) : Instant.Never;
        channel.IsBound = !channel.AskAt.IsNever;
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

    private bool TryForget(Instant now)
    {
        TurnPermission oldest = _permissions[0];
        foreach (TurnPermission permission in _permissions)
        {
            oldest = permission.UsedAt < oldest.UsedAt ? permission : oldest;
        }

        return now - oldest.UsedAt >= s_permissionLifetime && _permissions.Remove(oldest);
    }
}
