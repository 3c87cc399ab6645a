using System;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>The one place where time comes from.</summary>
internal sealed class MonotonicClock(TimeProvider provider)
{
    private readonly long _epoch = provider.GetTimestamp();

    /// <summary>Where timers come from.</summary>
    public TimeProvider Provider { get; } = provider;

    /// <summary>The current instant; one second at the start, so that "never happened" is a time of its own.</summary>
    public Instant Now => new(TimeSpan.TicksPerSecond + Provider.GetElapsedTime(_epoch).Ticks);
}
