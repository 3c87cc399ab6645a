using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary><see cref="SctpAssociation.SendWithReceiptAsync"/>.</summary>
public sealed class ReceiptTests
{
    private static readonly SctpSendInfo s_info = new(3);

    [Fact]
    public async Task A_receipt_says_that_the_peer_has_the_message()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default);
        SctpDeliveryResult result = await pair.Client.SendWithReceiptAsync("hello"u8.ToArray(), s_info, pair.Guard);
        Assert.Equal(SctpDeliveryStatus.Delivered, result.Status);
        Assert.InRange(result.Delay, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal("hello"u8.ToArray(), message.ToArray());

        SctpStream stream = pair.Client.GetStream(5);
        Assert.Equal(SctpDeliveryStatus.Delivered, (await stream.SendWithReceiptAsync("again"u8.ToArray(), pair.Guard)).Status);
    }

    [Fact]
    public async Task A_message_that_is_given_up_has_expired()
    {
        SctpAssociationOptions fast = SctpAssociationOptions.Default with
        {
            RtoInitial = TimeSpan.FromMilliseconds(10),
            RtoMinimum = TimeSpan.FromMilliseconds(10),
            RtoMaximum = TimeSpan.FromMilliseconds(20),
        };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(fast);
        pair.Network.Drop = (_, _, packet) => packet[12] is 0 or 64;             // what begins with DATA or I-DATA
        SctpDeliveryResult result = await pair.Client.SendWithReceiptAsync(
            "lost"u8.ToArray(), s_info with { Reliability = Reliability.MaximumRetransmissions(0) }, pair.Guard);
        Assert.Equal(SctpDeliveryStatus.Expired, result.Status);
    }

    [Fact]
    public async Task When_the_association_ends_first_nothing_is_known_of_what_was_sent_and_nothing_more_is_sent()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default);
        pair.Network.Drop = (_, _, packet) => packet[12] is 0 or 64;
        Task<SctpDeliveryResult> receipt = pair.Client.SendWithReceiptAsync("lost"u8.ToArray(), s_info, pair.Guard).AsTask();
        pair.Client.Abort("enough");
        Assert.Equal(SctpDeliveryStatus.Unknown, (await receipt).Status);
        await Assert.ThrowsAsync<SctpException>(async () => await pair.Client.SendWithReceiptAsync("late"u8.ToArray(), s_info, pair.Guard));
    }

    [Fact]
    public async Task Who_no_longer_waits_for_a_receipt_has_sent_the_message_all_the_same()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default);
        pair.Network.Drop = (_, _, packet) => packet[12] == 3;                 // SACK alone
        using var cancellation = new CancellationTokenSource();
        Task<SctpDeliveryResult> receipt = pair.Client.SendWithReceiptAsync("hello"u8.ToArray(), s_info, cancellation.Token).AsTask();
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receipt);
        pair.Network.Drop = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await pair.Client.SendWithReceiptAsync("never"u8.ToArray(), s_info, cancellation.Token));
    }
}
