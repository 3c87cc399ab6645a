namespace Braid.Sctp.Tests.Receiving;

public sealed class InboundStreamTests
{
    /// <summary>Found by the simulator: unreliable, seeds 323 and 554.</summary>
    [Fact, Rfc(3758, "3.6"), Rfc(6525, "5.2.7")]
    public void What_was_skipped_after_a_reset_stays_skipped_when_the_news_of_the_reset_comes_later()
    {
        var stream = new InboundStream();
        stream.SkipTo(new Ssn(6), new Tsn(100));
        stream.OnLateSkip(new Ssn(1), new Tsn(120));
        Assert.Equal((new Ssn(7), new Tsn(100)), (stream.Next, stream.LastTsn));
        stream.Restart(new Tsn(110));
        Assert.Equal((new Ssn(2), new Tsn(120)), (stream.Next, stream.LastTsn));
    }

    [Fact, Rfc(3758, "3.6"), Rfc(6525, "5.2.7")]
    public void What_was_skipped_before_a_reset_means_nothing_after_it()
    {
        var stream = new InboundStream();
        stream.SkipTo(new Ssn(6), new Tsn(100));
        stream.OnLateSkip(new Ssn(1), new Tsn(105));
        stream.Restart(new Tsn(110));
        Assert.Equal(default, stream.Next);
        stream.OnLateSkip(new Ssn(1), new Tsn(120));
        stream.Restart(null);
        Assert.Equal(default, stream.Next);
    }
}
