using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp.Tests.Core;

public sealed class SeededRandomTests
{
    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        byte[] first = Draw(new SeededRandom(7), 100);
        Assert.Equal(first, Draw(new SeededRandom(7), 100));
        Assert.NotEqual(first, Draw(new SeededRandom(8), 100));
    }

    [Fact]
    public void What_one_fork_draws_does_not_change_another()
    {
        var source = new SeededRandom(7);
        IRandomSource left = source.Fork();
        byte[] undisturbed = Draw(source.Fork(), 32);

        var again = new SeededRandom(7);
        Draw(again.Fork(), 10_000);
        Assert.Equal(undisturbed, Draw(again.Fork(), 32));
        Assert.NotEqual(undisturbed, Draw(left, 32));
    }

    [Fact]
    public void Numbers_stay_below_their_maximum_and_reach_every_value()
    {
        var source = new SeededRandom(3);
        var seen = new HashSet<int>();
        for (int i = 0; i < 1000; i++)
        {
            seen.Add(source.NextInt32(10));
            Assert.InRange(source.NextDouble(), 0, 0.999_999_999_999_999_9);
        }

        Assert.Equal(10, seen.Count);
        Assert.True(seen.IsSubsetOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    }

    private static byte[] Draw(IRandomSource source, int count)
    {
        var bytes = new byte[count];
        source.Fill(bytes);
        return bytes;
    }
}
