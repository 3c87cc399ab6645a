using System.Text;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>One-to-many sockets that keep the parts of a message together: what comes of others meanwhile waits.</summary>
public sealed class SocketPartsTests
{
    private static readonly SctpAssociationOptions s_small = SctpAssociationOptions.Default with { PartialDeliveryPoint = 1_000 };

    [Fact]
    public async Task Parts_of_a_message_are_kept_together_where_that_is_asked_for()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer(s_small, interleavesParts: false);
        SctpAssociation one = await pair.ConnectAsync();
        SctpAssociation other = await pair.ConnectAsync();
        await using SctpMessageStream writer = one.GetStream(0).OpenMessageWriter();
        await writer.WriteAsync(new byte[200_000], pair.Guard);
        using (SctpReceived begun = await server.ReceiveAsync(pair.Guard))
        {
            Assert.False(begun.Message.Info.EndOfRecord);
            await other.SendAsync("between"u8.ToArray(), pair.Guard);
            await ArrivalAsync(pair, other);

            await writer.CompleteAsync(pair.Guard);
            for (bool isEnd = false; !isEnd;)
            {
                using SctpReceived part = await server.ReceiveAsync(pair.Guard);
                Assert.Equal(begun.AssociationId, part.AssociationId);
                isEnd = part.Message.Info.EndOfRecord;
            }
        }

        using SctpReceived last = await server.ReceiveAsync(pair.Guard);
        Assert.Equal("between", Text(last));
    }

    [Fact]
    public async Task A_message_that_waited_and_whose_association_ended_meanwhile_holds_up_nobody()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer(s_small, interleavesParts: false);
        SctpAssociation one = await pair.ConnectAsync();
        SctpAssociation other = await pair.ConnectAsync();
        SctpAssociation third = await pair.ConnectAsync();
        await using SctpMessageStream writer = one.GetStream(0).OpenMessageWriter();
        await writer.WriteAsync(new byte[200_000], pair.Guard);
        SctpAssociationId first;
        using (SctpReceived begun = await server.ReceiveAsync(pair.Guard))
        {
            first = begun.AssociationId;
        }

        // Begun behind the first one, and never to be ended.
        await using SctpMessageStream cut = other.GetStream(0).OpenMessageWriter();
        await cut.WriteAsync(new byte[100_000], pair.Guard);
        await ArrivalAsync(pair, other);
        other.Abort();
        while (server.Associations.Count == 3)
        {
            await third.GetStatisticsAsync();
            pair.Guard.ThrowIfCancellationRequested();
        }

        await third.SendAsync("after"u8.ToArray(), pair.Guard);
        await ArrivalAsync(pair, third);
        await writer.CompleteAsync(pair.Guard);
        bool hasEnded = false;
        bool wasCut = false;
        while (true)
        {
            using SctpReceived part = await server.ReceiveAsync(pair.Guard);
            if (part.AssociationId == first)
            {
                hasEnded = part.Message.Info.EndOfRecord;
                continue;
            }

            Assert.True(hasEnded);
            if (part.Message.Info.EndOfRecord)
            {
                Assert.Equal("after", Text(part));
                break;
            }

            wasCut = true;
        }

        Assert.True(wasCut);
    }

    private static async Task ArrivalAsync(TwoStacks pair, SctpAssociation sender)
    {
        while (sender.BufferedAmount > 0)
        {
            await sender.GetStatisticsAsync();
            pair.Guard.ThrowIfCancellationRequested();
        }
    }

    private static string Text(in SctpReceived received) => Encoding.UTF8.GetString(received.Message.ToArray());
}
