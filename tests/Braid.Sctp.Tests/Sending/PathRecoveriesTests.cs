using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>Recovery of each path, while paths go.</summary>
public sealed class PathRecoveriesTests
{
    [Fact, Rfc(5061, "5.3"), Rfc(9260, "7.2.4")]
    public void When_a_path_goes_the_others_keep_their_recovery()
    {
        var recoveries = new PathRecoveries();
        recoveries.Fast(1).Enter(Instant.Zero, new Tsn(11));
        recoveries.Fast(3).Enter(Instant.Zero, new Tsn(33));
        recoveries.Ecn(3).MustReduce(new Tsn(30), new Tsn(33), inRecovery: false);
        recoveries.RemovePath(1);
        Assert.Equal([false, false, true], [recoveries.Fast(0).IsActive, recoveries.Fast(1).IsActive, recoveries.Fast(2).IsActive]);
        Assert.Equal(new Tsn(33), recoveries.Fast(2).Exit);
        Assert.False(recoveries.Ecn(2).MustReduce(new Tsn(33), new Tsn(34), inRecovery: false));
        recoveries.RemovePath(7);                            // one that never lost anything
        recoveries.RemovePath(2);
        Assert.False(recoveries.IsAnyActive);
    }
}
