namespace Braid.Sctp.Tests.Sending;

public sealed class SpuriousRecoveryTests
{
    [Fact]
    public void A_recovery_was_for_nothing_when_all_that_was_sent_again_has_arrived_twice()
    {
        var recovery = default(SpuriousRecovery);
        recovery.OnSentAgain();
        Assert.Null(recovery.OnDuplicates(1));               // there was no recovery
        recovery.Begin(path: 3);
        Assert.Null(recovery.OnDuplicates(1));               // the network doubles packets
        recovery.OnSentAgain();
        recovery.OnSentAgain();
        Assert.Null(recovery.OnDuplicates(1));
        Assert.Equal(3, recovery.OnDuplicates(1));
        Assert.Null(recovery.OnDuplicates(5));               // once
    }
}
