using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Core;

public sealed class InstantTests
{
    [Fact]
    public void Adding_saturates_at_never_and_never_stays_never()
    {
        Assert.Equal(Instant.Never, Instant.Never + TimeSpan.FromSeconds(-1));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 5) + TimeSpan.FromTicks(10));
        Assert.Equal(new Instant(15), new Instant(5) + TimeSpan.FromTicks(10));
    }

    [Fact]
    public void Differences_and_order_are_those_of_the_ticks()
    {
        var early = new Instant(100);
        var late = new Instant(350);
        Assert.Equal(TimeSpan.FromTicks(250), late - early);
        Assert.True(early < late && late > early && early <= late && late >= early);
        Assert.Equal(early, Instant.Min(early, late));
        Assert.Equal(late, Instant.Max(early, late));
    }
}
