using System;

namespace Braid.Sctp.Tests.Paths;

[Rfc(9260, "6.3.1")]
public sealed class RtoEstimatorTests
{
    private static readonly AssociationOptions s_options = AssociationOptions.Default with { RtoMinimum = TimeSpan.FromMilliseconds(10) };

    [Fact]
    public void C1_before_any_measurement_it_is_RTO_Initial() =>
        Assert.Equal(TimeSpan.FromSeconds(1), new RtoEstimator(Real.Context(s_options)).Current);

    [Fact]
    public void C2_the_first_measurement_sets_SRTT_and_half_of_it_as_RTTVAR()
    {
        var rto = new RtoEstimator(Real.Context(s_options));
        rto.Observe(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), rto.Smoothed);
        Assert.Equal(TimeSpan.FromMilliseconds(100 + (4 * 50)), rto.Current);
    }

    [Fact]
    public void C3_later_ones_move_RTTVAR_by_a_quarter_and_SRTT_by_an_eighth()
    {
        var rto = new RtoEstimator(Real.Context(s_options));
        rto.Observe(TimeSpan.FromMilliseconds(100));
        rto.Observe(TimeSpan.FromMilliseconds(180));

        // RTTVAR = 3/4 * 50 + 1/4 * |100 - 180| = 57.5 (with the old SRTT); SRTT = 7/8 * 100 + 1/8 * 180 = 110.
        Assert.Equal(TimeSpan.FromMilliseconds(110), rto.Smoothed);
        Assert.Equal(TimeSpan.FromMilliseconds(110 + (4 * 57.5)), rto.Current);
    }

    [Fact]
    public void C6_C7_it_stays_between_RTO_Min_and_RTO_Max()
    {
        var rto = new RtoEstimator(Real.Context());
        rto.Observe(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), rto.Current);
        for (int i = 0; i < 20; i++)
        {
            rto.BackOff();
        }

        Assert.Equal(TimeSpan.FromSeconds(60), rto.Current);
    }

    [Fact]
    public void E2_doubles_it_and_a_new_measurement_brings_it_down_again()
    {
        var rto = new RtoEstimator(Real.Context(s_options));
        rto.Observe(TimeSpan.FromMilliseconds(100));
        rto.BackOff();
        Assert.Equal(TimeSpan.FromMilliseconds(600), rto.Current);
        rto.Observe(TimeSpan.FromMilliseconds(100));
        Assert.True(rto.Current < TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void G1_a_path_of_constant_delay_does_not_bring_RTTVAR_to_zero()
    {
        var rto = new RtoEstimator(Real.Context(s_options));
        for (int i = 0; i < 100; i++)
        {
            rto.Observe(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(104), rto.Current);
    }
}
