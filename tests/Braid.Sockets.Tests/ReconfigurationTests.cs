using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Streams that come to an end and begin anew (RFC 6525).</summary>
public sealed class ReconfigurationTests
{
    private static readonly SctpAssociationOptions s_allowing = new()
    {
        AllowedReconfiguration = ReconfigurationKinds.ResetStreams | ReconfigurationKinds.ResetAssociation | ReconfigurationKinds.AddStreams,
        OutgoingStreams = 10,
        Notifications = SctpNotificationKinds.All,
    };

    [Fact, Rfc(6525, "6.3.2")]
    public async Task Who_reads_a_stream_comes_to_its_end_when_its_writer_has_completed_it()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        SctpStream writer = pair.Client.GetStream(5);
        await writer.SendAsync("one"u8.ToArray(), pair.Guard);
        await writer.SendAsync("two"u8.ToArray(), pair.Guard);
        SctpStream reader = await pair.Server.AcceptStreamAsync(pair.Guard);
        await writer.CompleteWritesAsync(pair.Guard);
        Assert.Equal(["one", "two"], await ReadAsync(reader, pair));
        Assert.Equal(SctpError.StreamEnded, (await Assert.ThrowsAsync<SctpException>(async () => await reader.ReceiveAsync(pair.Guard))).Error);
        Assert.Equal(0, await reader.AsStream().ReadAsync(new byte[10], pair.Guard));

        // The other direction is as it was.
        await reader.SendAsync("answer"u8.ToArray(), pair.Guard);
        using (SctpMessage answer = await writer.ReceiveAsync(pair.Guard))
        {
            Assert.Equal("answer", Encoding.UTF8.GetString(answer.ToArray()));
        }

        // And this one begins anew.
        await writer.SendAsync("three"u8.ToArray(), pair.Guard);
        SctpStream again = await pair.Server.AcceptStreamAsync(pair.Guard);
        Assert.NotSame(reader, again);
        Assert.Equal((5, again), (again.Id, pair.Server.GetStream(5)));
        using SctpMessage third = await again.ReceiveAsync(pair.Guard);
        Assert.Equal(("three", 0), (Encoding.UTF8.GetString(third.ToArray()), third.Info.Ssn));
    }

    [Fact]
    public async Task What_nobody_has_read_before_the_reset_does_not_mix_with_what_comes_after_it()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        SctpStream writer = pair.Client.GetStream(5);
        for (int run = 0; run < 3; run++)
        {
            await writer.SendAsync(Encoding.UTF8.GetBytes($"run {run}"), pair.Guard);
            await writer.CompleteWritesAsync(pair.Guard);
        }

        await writer.SendAsync("last"u8.ToArray(), pair.Guard);
        await pair.UntilAsync(() => pair.Client.BufferedAmount == 0);
        for (int run = 0; run < 3; run++)
        {
            SctpStream reader = await pair.Server.AcceptStreamAsync(pair.Guard);
            Assert.Equal([$"run {run}"], await ReadAsync(reader, pair));
        }

        using SctpMessage last = await (await pair.Server.AcceptStreamAsync(pair.Guard)).ReceiveAsync(pair.Guard);
        Assert.Equal("last", Encoding.UTF8.GetString(last.ToArray()));
    }

    [Fact, Rfc(6525, "6.1"), Rfc(6525, "6.1.1"), Rfc(6525, "6.2"), Rfc(6525, "6.3.2")]
    public async Task Both_directions_are_reset_at_the_request_of_one_side_and_both_hear_of_it()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        SctpStream here = pair.Client.GetStream(2);
        await here.SendAsync(new byte[1], pair.Guard);
        SctpStream there = await pair.Server.AcceptStreamAsync(pair.Guard);
        await there.SendAsync(new byte[2], pair.Guard);
        ValueTask<List<string>> atClient = ReadAsync(here, pair);
        ValueTask<List<string>> atServer = ReadAsync(there, pair);
        await pair.UntilAsync(() => pair.Client.BufferedAmount + pair.Server.BufferedAmount == 0);
        await pair.Client.ResetStreamsAsync(new ushort[] { 2 }, ResetDirection.Both, pair.Guard);
        Assert.Equal((1, 1), ((await atClient).Count, (await atServer).Count));
        Assert.NotSame(here, pair.Client.GetStream(2));
        Assert.NotSame(there, pair.Server.GetStream(2));
        Assert.Equal([false, true], Notifications<SctpNotification.StreamReset>(pair.Client).Select(reset => reset.IsIncoming).Order());
        await pair.UntilAsync(() => pair.Server.GetStream(2) is not null);
        Assert.All(Notifications<SctpNotification.StreamReset>(pair.Server), reset => Assert.Equal((2, false, false), (reset.Streams.Single(), reset.Denied, reset.Failed)));
    }

    [Fact, Rfc(6525, "6.1.2"), Rfc(6525, "6.3.3")]
    public async Task The_association_begins_anew_and_can_do_so_again_later_only()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        await pair.Client.GetStream(1).SendAsync(new byte[3], pair.Guard);
        await pair.Client.ResetAssociationAsync(pair.Guard);
        Assert.False(Notifications<SctpNotification.AssociationReset>(pair.Client).Single().Denied);
        await pair.Client.GetStream(1).SendAsync(new byte[4], pair.Guard);
        using SctpMessage before = await pair.Server.ReceiveAsync(pair.Guard);
        using SctpMessage after = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal((3, 0, 4, 0), (before.Length, before.Info.Ssn, after.Length, after.Info.Ssn));
        Assert.Equal(SctpError.InProgress, (await Assert.ThrowsAsync<SctpException>(async () => await pair.Client.ResetAssociationAsync(pair.Guard))).Error);
    }

    [Fact, Rfc(6525, "6.1.3"), Rfc(6525, "6.3.4")]
    public async Task Streams_are_added()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.SendAsync(new byte[1], new SctpSendInfo(11), pair.Guard));
        await pair.Client.AddStreamsAsync(2, 3, pair.Guard);
        Assert.Equal((12, 13), pair.Client.StreamCounts);
        await pair.Client.SendAsync(new byte[1], new SctpSendInfo(11), pair.Guard);
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal((13, 12), pair.Server.StreamCounts);
        Assert.Equal(12, Notifications<SctpNotification.StreamChange>(pair.Client)[^1].OutgoingStreams);
    }

    [Fact, Rfc(6525, "6.1.1"), Rfc(6525, "6.3.1")]
    public async Task What_is_not_allowed_or_not_known_fails_and_says_so()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, new SctpAssociationOptions());
        async Task<SctpError> Fails(Func<ValueTask> call) => (await Assert.ThrowsAsync<SctpException>(async () => await call())).Error;
        Assert.Equal(SctpError.Denied, await Fails(() => pair.Client.GetStream(1).CompleteWritesAsync(pair.Guard)));
        Assert.Equal(SctpError.Denied, await Fails(() => pair.Client.ResetAssociationAsync(pair.Guard)));
        Assert.Equal(SctpError.Denied, await Fails(() => pair.Client.AddStreamsAsync(1, 0, pair.Guard)));
        Assert.True(Notifications<SctpNotification.StreamReset>(pair.Client).Single().Denied);
        await Assert.ThrowsAsync<ArgumentException>(async () => await pair.Client.ResetStreamsAsync(new ushort[] { 60_000 }, ResetDirection.Outgoing, pair.Guard));
        pair.Server.SetOption(SctpOptions.EnableStreamReset, ReconfigurationKinds.ResetStreams);
        await pair.Server.GetStatisticsAsync();
        await pair.Client.GetStream(1).CompleteWritesAsync(pair.Guard);

        SctpAssociation without = await pair.ConnectAsync(new SctpAssociationOptions { Extensions = Extensions.None });
        Assert.Equal(SctpError.NotSupported, await Fails(() => without.ResetStreamsAsync(default, ResetDirection.Both, pair.Guard)));
    }

    [Fact]
    public async Task A_message_in_pieces_is_completed_before_streams_are_reset()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        await using SctpMessageStream writer = pair.Client.GetStream(1).OpenMessageWriter();
        await writer.WriteAsync(new byte[10], pair.Guard);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.GetStream(2).CompleteWritesAsync(pair.Guard));
        await writer.CompleteAsync(pair.Guard);
        await pair.Client.GetStream(1).CompleteWritesAsync(pair.Guard);
    }

    [Fact]
    public async Task Many_streams_are_completed_at_once()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing with { OutgoingStreams = 500 }, s_allowing);
        Task[] completed = [.. Enumerable.Range(0, 500).Select(async i =>
        {
            SctpStream stream = pair.Client.GetStream((ushort)i);
            await stream.SendAsync(new byte[100], pair.Guard);
            await stream.CompleteWritesAsync(pair.Guard);
        })];
        for (int i = 0; i < 500; i++)
        {
            Assert.Single(await ReadAsync(await pair.Server.AcceptStreamAsync(pair.Guard), pair));
        }

        await Task.WhenAll(completed);
    }

    [Fact]
    public async Task A_one_to_many_socket_resets_and_adds_streams_of_an_association()
    {
        await using MemoryPair pair = MemoryPair.Listen(s_allowing);
        await using var socket = new SctpSocket(new SctpSocketOptions { Stack = pair.ClientStack, Association = s_allowing });
        SctpAssociationId id = await socket.ConnectAsync(pair.ServerStack.LocalEndPoints, MemoryPair.Port, pair.Guard);
        SctpAssociation server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        await socket.SendAsync(id, new byte[1], new SctpSendInfo(3), pair.Guard);
        SctpStream reader = await server.AcceptStreamAsync(pair.Guard);
        await socket.ResetStreamsAsync(id, new ushort[] { 3 }, ResetDirection.Outgoing, pair.Guard);
        Assert.Single(await ReadAsync(reader, pair));
        await socket.AddStreamsAsync(id, 1, 0, pair.Guard);
        Assert.Equal(11, server.StreamCounts.Incoming);
        await socket.ResetAssociationAsync(id, pair.Guard);
    }

    [Fact]
    public async Task The_end_of_the_association_is_the_end_of_every_call()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_allowing, s_allowing);
        pair.Network.Drop = (_, _, _) => true;
        Task reset = pair.Client.GetStream(1).CompleteWritesAsync(pair.Guard).AsTask();
        pair.Client.Abort();
        Assert.Equal(SctpError.OperationAborted, (await Assert.ThrowsAsync<SctpException>(() => reset)).Error);
        Assert.Equal(
            SctpError.OperationAborted,
            (await Assert.ThrowsAsync<SctpException>(async () => await pair.Client.GetStream(1).CompleteWritesAsync(pair.Guard))).Error);
    }

    private static async ValueTask<List<string>> ReadAsync(SctpStream stream, MemoryPair pair)
    {
        var texts = new List<string>();
        await foreach (SctpMessage message in stream.ReadAllAsync(pair.Guard))
        {
            texts.Add(Encoding.UTF8.GetString(message.ToArray()));
            message.Dispose();
        }

        return texts;
    }

    private static List<T> Notifications<T>(SctpAssociation association)
        where T : SctpNotification
    {
        var found = new List<T>();
        while (association.TryReadNotification(out SctpNotification? notification))
        {
            if (notification is T one)
            {
                found.Add(one);
            }
        }

        return found;
    }
}
