using System;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

internal static class PairAssert
{
    public static async Task<SctpException> EndsAsync(SctpError error, Func<Task> call)
    {
        SctpException exception = await Assert.ThrowsAsync<SctpException>(call);
        Assert.Equal(error, exception.Error);
        return exception;
    }
}
