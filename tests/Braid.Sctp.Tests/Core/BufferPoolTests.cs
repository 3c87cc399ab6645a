using System.Buffers;
using Braid.Core;

namespace Braid.Sctp.Tests.Core;

public sealed class BufferPoolTests
{
    [Theory]
    [InlineData(0, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 160)]
    [InlineData(160, 160)]
    [InlineData(161, 192)]
    [InlineData(256, 256)]
    [InlineData(1224, 1280)]
    [InlineData(1440, 1536)]
    [InlineData(1537, 1792)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, (1 << 20) + 1)]
    public void A_buffer_has_the_length_that_was_asked_for_and_the_capacity_of_its_class(int length, int capacity)
    {
        var pool = new BufferPool();
        using PooledBuffer buffer = pool.Rent(length);
        Assert.Equal(length, buffer.Length);
        Assert.Equal(capacity, buffer.Capacity);
        Assert.Equal(1, pool.Rented);
    }

    [Fact]
    public void Returning_a_buffer_twice_is_noticed()
    {
        PooledBuffer buffer = new BufferPool().Rent(10);
        buffer.Dispose();
        Assert.Throws<InvariantException>(buffer.Dispose);
    }

    [Fact]
    public void A_returned_buffer_is_rented_again_and_nothing_is_allocated()
    {
        var pool = new BufferPool();
        pool.Rent(1000).Dispose();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                pool.Rent(1000).Dispose();
            }
        }));
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public void Buffers_that_are_appended_are_one_sequence()
    {
        var pool = new BufferPool();
        PooledBuffer first = pool.RentCopy([1, 2, 3]);
        PooledBuffer second = pool.RentCopy([4, 5]);
        first.Append(second);
        Assert.Equal([1, 2, 3, 4, 5], new ReadOnlySequence<byte>(first, 0, second, second.Length).ToArray());
    }

    [Fact]
    public void A_budget_refuses_what_is_over_its_limit_and_notices_too_much_credit()
    {
        var budget = new MemoryBudget(100);
        Assert.True(budget.TryCharge(100));
        Assert.False(budget.TryCharge(1));
        budget.Credit(40);
        Assert.Equal(40, budget.Available);
        Assert.Throws<InvariantException>(() => budget.Credit(61));
    }
}
