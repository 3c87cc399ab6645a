using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>CUBIC (RFC 9438) with HyStart++ (RFC 9406): the window grows with time, and not with each round trip.</summary>
/// <param name="maximumChunk">PMDCS of the path, in bytes.</param>
/// <param name="window">What it begins with, in bytes.</param>
internal sealed class CubicCongestion(int maximumChunk, long window) : WindowControl(maximumChunk, window)
{
    private readonly HyStart _start = new();
    private CubicFunction _function;
    private Instant _limitedSince;                           // since when the window did not grow, for it was not used
    private double _remainder;                               // of bytes that the window grows by
    private Saved? _before;

    public override void OnAcknowledged(in AckSample sample)
    {
        if (sample.Acknowledged == 0)
        {
            return;
        }

        IsLimitedToOnePacket = false;
        if (sample.IsRecovering)
        {
            return;
        }

        if (!sample.IsWindowLimited)
        {
            // §5.8: neither grows what is not used, nor does the time count that passes so.
            _limitedSince = _limitedSince == Instant.Zero ? sample.Now : _limitedSince;
            return;
        }

        if (_limitedSince != Instant.Zero)
        {
            _function.Shift(sample.Now - _limitedSince);
            _limitedSince = Instant.Zero;
        }

        if (Window < SlowStartThreshold)
        {
            StartSlowly(sample);
        }
        else
        {
            AvoidCongestion(sample);
        }
    }

    public override void OnSpuriousRecovery()
    {
        // §4.9.2
        if (_before is { } before && before.Window > Window)
        {
            (Window, SlowStartThreshold, _function) = (before.Window, before.Threshold, before.Function);
            IsLimitedToOnePacket = false;
        }

        _before = null;
    }

    public override void OnRestart(in RestartSample sample)
    {
        base.OnRestart(sample);
        if (sample.Idle >= sample.Rto)
        {
            _function.End();
        }
    }

    protected override void Reduce(in CongestionSample sample)
    {
        _before = sample.IsMark ? null : new Saved(Window, SlowStartThreshold, _function);
        _function.OnCongestion(Packets(Window));
        SlowStartThreshold = Math.Max((long)(Window * CubicFunction.Beta), Least);         // §4.6
        _limitedSince = Instant.Zero;
    }

    protected override void OnWindowLost()
    {
        _function.Forget();                                  // §4.8
        _start.Restart();
    }

    private void StartSlowly(in AckSample sample)
    {
        if (_start.OnAcknowledged(sample))
        {
            SlowStartThreshold = Window;
            _function.Forget();                              // §4.10: no congestion was met
            return;
        }

        // RFC 9406 §4.2 with L = 8: a SACK that stands for more is a burst if nothing paces it.
        Window += _start.Growth(Math.Min(sample.Acknowledged, 8L * MaximumChunk));
    }

    private void AvoidCongestion(in AckSample sample)
    {
        double window = Packets(Window);
        if (!_function.HasBegun)
        {
            _function.Begin(sample.Now, window);
        }

        double share = sample.Acknowledged / (double)Window;
        _function.OnAcknowledged(share);
        double cubic = _function.At(sample.Now);
        double next;
        if (cubic < _function.RenoEstimate)
        {
            next = Math.Max(window, _function.RenoEstimate);         // §4.3: no less than Reno would have
        }
        else
        {
            // §4.4, §4.5: towards where the curve is a round trip from now, but by no more than half a window in one.
            double target = Math.Clamp(_function.At(sample.Now + sample.SmoothedRtt), window, 1.5 * window);
            next = window + ((target - window) * Math.Min(share, 1));
        }

        _remainder += (next - window) * MaximumChunk;
        long grown = (long)_remainder;
        _remainder -= grown;
        Window += grown;
    }

    private double Packets(long bytes) => bytes / (double)MaximumChunk;

    private readonly record struct Saved(long Window, long Threshold, CubicFunction Function);
}
