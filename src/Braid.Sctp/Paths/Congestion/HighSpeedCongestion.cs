using System;

namespace Braid.Sctp;

/// <summary>
/// HighSpeed TCP (RFC 3649), with HyStart++ (RFC 9406) in place of the limited slow start of RFC 3742: Reno that grows by more and gives
/// less away the larger its window is.
/// </summary>
/// <param name="maximumChunk">PMDCS of the path, in bytes.</param>
/// <param name="window">What it begins with, in bytes.</param>
internal sealed class HighSpeedCongestion(int maximumChunk, long window) : WindowControl(maximumChunk, window)
{
    private readonly HyStart _start = new();
    private double _increase;                                // a(w), in packets
    private double _computedFor;                             // that window, in packets
    private double _remainder;                               // of bytes that the window grows by

    public override void OnAcknowledged(in AckSample sample)
    {
        if (sample.Acknowledged == 0)
        {
            return;
        }

        IsLimitedToOnePacket = false;
        if (sample.IsRecovering || !sample.IsWindowLimited)
        {
            return;
        }

        if (Window < SlowStartThreshold)
        {
            if (_start.OnAcknowledged(sample))
            {
                SlowStartThreshold = Window;
                return;
            }

            Window += _start.Growth(Math.Min(sample.Acknowledged, 8L * MaximumChunk));
            return;
        }

        // §5: w = w + a(w)/w for each packet that is acknowledged.
        _remainder += Increase() * MaximumChunk * sample.Acknowledged / Window;
        long grown = (long)_remainder;
        _remainder -= grown;
        Window += grown;
    }

    protected override void Reduce(in CongestionSample sample) =>
        SlowStartThreshold = Math.Max((long)(Window * (1 - HighSpeedResponse.Decrease(Window / (double)MaximumChunk))), Least);

    protected override void OnWindowLost() => _start.Restart();

    // Logarithms once for each hundredth of a window, not for each SACK.
    private double Increase()
    {
        double window = Window / (double)MaximumChunk;
        if (Math.Abs(window - _computedFor) > _computedFor / 100)
        {
            _computedFor = window;
            _increase = HighSpeedResponse.Increase(window);
        }

        return _increase;
    }
}
