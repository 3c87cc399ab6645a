using System;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>How long the messages of a stream of bytes are.</summary>
public sealed class ByteStreamSizeTests
{
    [Fact]
    public async Task A_stream_of_bytes_keeps_to_the_longest_message_that_may_be_sent()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync(SctpAssociationOptions.Default with { MaximumMessageSize = 10 });
        await loopback.Client.GetStream(0).AsPipe().Output.WriteAsync(new byte[25], loopback.Guard);
        foreach (int length in (int[])[10, 10, 5])
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            Assert.Equal(length, message.Length);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => loopback.Client.GetStream(0).AsStream(11));
    }
}
