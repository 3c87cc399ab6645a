using System;

namespace Braid.Sctp;

/// <summary>
/// What congestion controls have in common that know a window and a threshold only: the time-out, the pause, and where a window
/// begins. How the window grows and by how much it becomes smaller, each of them decides.
/// </summary>
internal abstract class WindowControl(int maximumChunk, long window) : ICongestionControl
{
    /// <inheritdoc/>
    public long Window { get; protected set; } = window;

    /// <inheritdoc/>
    public long SlowStartThreshold { get; protected set; } = uint.MaxValue;

    /// <inheritdoc/>
    public bool IsLimitedToOnePacket { get; protected set; }

    /// <inheritdoc/>
    public double PacingRate => 0;

    /// <inheritdoc/>
    public bool IsRateBased => false;

    /// <inheritdoc/>
    public bool IsHoldingBack => false;

    /// <inheritdoc/>
    public double LossTolerance => 1;

    /// <summary>PMDCS, in bytes.</summary>
    protected int MaximumChunk { get; private set; } = maximumChunk;

    /// <summary>RFC 9260 §7.2.3: what no loss makes a window smaller than.</summary>
    protected long Least => 4L * MaximumChunk;

    /// <inheritdoc/>
    public abstract void OnAcknowledged(in AckSample sample);

    /// <inheritdoc/>
    public void OnLost(in LossSample sample)
    {
        // A window answers once for all losses of a round trip.
    }

    /// <inheritdoc/>
    public void OnCongestion(in CongestionSample sample)
    {
        Reduce(sample);
        Window = SlowStartThreshold;
    }

    /// <inheritdoc/>
    public void OnTimeout(in CongestionSample sample)
    {
        Reduce(sample);
        Window = MaximumChunk;                               // RFC 9260 §7.2.3
        IsLimitedToOnePacket = true;
        OnWindowLost();
    }

    /// <inheritdoc/>
    public virtual void OnRecovered()
    {
    }

    /// <inheritdoc/>
    public virtual void OnSpuriousRecovery()
    {
    }

    /// <inheritdoc/>
    public void OnMaximumChunkChanged(int maximumChunk) => MaximumChunk = maximumChunk;

    /// <inheritdoc/>
    public virtual void OnRestart(in RestartSample sample)
    {
        // RFC 9260 §7.2.1: once for each RTO without a transmission; the threshold remembers what the path carried before.
        if (sample.Idle >= sample.Rto && Window > Least)
        {
            SlowStartThreshold = Window;
        }

        for (TimeSpan passed = sample.Rto; passed <= sample.Idle && Window > Least; passed += sample.Rto)
        {
            Window = Math.Max(Window / 2, Least);
        }
    }

    /// <summary>Makes the threshold what the window shall become.</summary>
    protected abstract void Reduce(in CongestionSample sample);

    /// <summary>The window begins anew with one packet.</summary>
    protected virtual void OnWindowLost()
    {
    }
}
