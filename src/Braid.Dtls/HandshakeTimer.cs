using System;
using Braid.Core;

namespace Braid.Dtls;

/// <summary>The time of a handshake: owns when it has begun, when it is given up, and when the next flight may be due again.</summary>
/// <param name="patience">How long it may take.</param>
internal sealed class HandshakeTimer(TimeSpan patience)
{
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(1);

    private Instant _startedAt = Instant.Never;
    private Instant _deadline = Instant.Never;

    /// <summary>When somebody has to look; <see cref="Instant.Never"/> when nothing is pending.</summary>
    public Instant Next { get; private set; } = Instant.Never;

    /// <summary>It begins.</summary>
    public void Start(Instant now)
    {
        _startedAt = now;
        Extend(now);
    }

    /// <summary>From now on it may take as long as if it began.</summary>
    public void Extend(Instant now) => _deadline = now + patience;

    /// <summary>Whether it has taken too long.</summary>
    public bool IsOver(Instant now) => now >= _deadline;

    /// <summary>How long it has taken; null when it was not begun.</summary>
    public TimeSpan? Since(Instant now) => _startedAt.IsNever ? null : now - _startedAt;

    /// <summary>It goes on.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="wait">Until a flight is to be sent again; null for none.</param>
    public void Await(Instant now, TimeSpan? wait)
    {
        Instant repeat = wait is { } time ? now + (time < s_shortestWait ? s_shortestWait : time) : Instant.Never;
        Next = Instant.Min(_deadline, repeat);
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Stop()
    {
        _deadline = Instant.Never;
        Next = Instant.Never;
    }
}
