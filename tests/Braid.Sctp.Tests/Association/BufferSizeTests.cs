using System;
using System.Collections.Generic;

namespace Braid.Sctp.Tests;

/// <summary>Buffers that size themselves, over a path of 10 ms that is never the bottleneck.</summary>
public sealed class BufferSizeTests
{
    private const long First = 256 << 10;                   // receive buffer
    private const long FirstSend = 2 << 20;
    private const long KiB = 1024;
    private const long MiB = 1024 * KiB;

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(10);
    private static readonly byte[] s_message = new byte[1200];

    // Windows are what bounds the flow here, so that nothing waits for a pacer.
    private static readonly AssociationOptions s_options = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, InitialWindow = 100, MaximumBurst = 100_000 };

    [Fact]
    public void Buffers_grow_with_what_is_sent_and_read_up_to_their_maximum()
    {
        var pair = new DirectPair(s_options with { MaximumReceiveBufferSize = 4 * MiB, MaximumSendBufferSize = 5 * MiB });
        Assert.Equal((FirstSend, First), Sizes(pair));
        for (int i = 0; i < 100; i++)
        {
            RoundTrip(pair, pair.Client, read: long.MaxValue);
        }

        Assert.Equal(5 * MiB, pair.Client.SendBufferSize);
        Assert.InRange(pair.Server.ReceiveBufferSize, 3 * MiB, 4 * MiB);
        Assert.Equal(pair.Client.SendBufferSize - FirstSend, pair.A.BufferBudgetUsed);
        Assert.Equal(pair.Server.ReceiveBufferSize - First, pair.Z.BufferBudgetUsed);
        pair.Client.Abort(pair.Now);
        pair.Exchange();
        Assert.Equal((0, 0), (pair.A.BufferBudgetUsed, pair.Z.BufferBudgetUsed));
    }

    /// <summary>Their memory is many times their user data, and memory is what the window tells: else it would open by all that was ever promised.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(100)]
    public void A_slow_reader_of_small_messages_is_sent_no_more_than_it_has_room_for(int length)
    {
        var pair = new DirectPair(AssociationOptions.Default with { MaximumPathMtu = 0, ReceiveBufferSize = MiB, SendBufferSize = 64 * MiB });
        var message = new byte[length];
        for (int i = 0; i < 300; i++)
        {
            while (pair.Client.Send(pair.Now, message, default) == SendStatus.Ok)
            {
            }

            pair.Advance(s_roundTrip);
            for (int taken = 0; i > 100 && taken < 20 && pair.Server.TryReceive(out ReceivedMessage? received); taken++)
            {
                received.Dispose();
            }

            pair.Exchange();
        }

        Assert.InRange(pair.Z.Drops[DropReason.OutsideWindow], 0, 20);
    }

    /// <summary>What it reads in a round trip fits into the buffer several times, however much is sent, and however long.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(3000)]
    public void A_slow_reader_hardly_makes_its_buffer_grow(int roundTrips)
    {
        var pair = new DirectPair(s_options);
        for (int i = 0; i < roundTrips; i++)
        {
            RoundTrip(pair, pair.Client, read: First / 10);
        }

        Assert.InRange(pair.Server.ReceiveBufferSize, First, First * 3 / 2);
        Assert.InRange(pair.Server.GetStatistics().PayloadBytesReceived, roundTrips * First / 30, roundTrips * First / 7);
    }

    [Fact]
    public void Buffers_of_a_size_that_was_set_stay_as_they_are()
    {
        var pair = new DirectPair(s_options with { ReceiveBufferSize = 100_000, SendBufferSize = 90_000 });
        for (int i = 0; i < 100; i++)
        {
            RoundTrip(pair, pair.Client, read: long.MaxValue);
        }

        Assert.Equal((90_000, 100_000), Sizes(pair));
        Assert.Equal((0, 0), (pair.A.BufferBudgetUsed, pair.Z.BufferBudgetUsed));

        // Left to themselves from now on, they go on from there; and what they took is free again when they are set anew.
        pair.Server.Reconfigure(pair.Now, s_options);
        pair.Client.Reconfigure(pair.Now, s_options);
        for (int i = 0; i < 100; i++)
        {
            RoundTrip(pair, pair.Client, read: long.MaxValue);
        }

        Assert.InRange(pair.Server.ReceiveBufferSize, MiB, 32 * MiB);
        Assert.InRange(pair.Z.BufferBudgetUsed, MiB - First, 32 * MiB);
        pair.Server.Reconfigure(pair.Now, s_options with { ReceiveBufferSize = MiB });
        Assert.Equal((MiB, 0L), (pair.Server.ReceiveBufferSize, pair.Z.BufferBudgetUsed));
    }

    [Fact]
    public void A_hundred_associations_grow_by_no_more_than_their_budget()
    {
        const long Budget = 8 * MiB;
        var pair = new DirectPair(s_options, Budget);
        var all = new List<(Sctp.Association Client, Sctp.Association Server)> { (pair.Client, pair.Server) };
        for (int i = 1; i < 100; i++)
        {
            all.Add(pair.Connect((ushort)(10_000 + i)));
        }

        for (int i = 0; i < 30; i++)
        {
            foreach ((Sctp.Association client, _) in all)
            {
                Fill(pair, client);
            }

            pair.Advance(s_roundTrip);
            pair.Drain();
            pair.Exchange();
        }

        long send = 0;
        long receive = 0;
        foreach ((Sctp.Association client, Sctp.Association server) in all)
        {
            send += client.SendBufferSize - FirstSend;
            receive += server.ReceiveBufferSize - First;
            Assert.InRange(server.GetStatistics().PayloadBytesReceived, 2 * First, long.MaxValue);       // who cannot grow goes on
        }

        Assert.Equal((Budget, Budget), (send, receive));
        foreach ((Sctp.Association client, _) in all)
        {
            client.Abort(pair.Now);
        }

        pair.Exchange();
        Assert.Equal((0, 0), (pair.A.BufferBudgetUsed, pair.Z.BufferBudgetUsed));
    }

    /// <summary>Complete messages that nobody takes, as many as the peer likes to send.</summary>
    [Fact]
    public void A_peer_whose_messages_are_not_read_makes_nothing_grow()
    {
        var pair = new DirectPair(s_options);
        for (int i = 0; i < 100; i++)
        {
            RoundTrip(pair, pair.Client, read: 0);
        }

        Assert.Equal(First, pair.Server.ReceiveBufferSize);
        Assert.InRange(pair.Z.Buffers.Rented, 1, 3 * First / 1200);
    }

    /// <summary>A message that never ends: it may have as much as a message that is to come whole, and no more than that.</summary>
    [Theory]
    [InlineData(512 * MiB, 5 * MiB)]
    [InlineData(MiB, MiB + First)]
    [InlineData(0, First)]
    public void A_message_without_an_end_has_room_as_one_that_ends(long budget, long most)
    {
        var pair = new DirectPair(s_options, budget);
        byte[] part = new byte[100_000];
        for (int i = 0; i < 500; i++)
        {
            while (pair.Client.Send(pair.Now, part, new SendOptions(MoreFollows: true)) == SendStatus.Ok)
            {
            }

            pair.Advance(s_roundTrip);
        }

        Assert.InRange(pair.Server.ReceiveBufferSize, First, most);
        Assert.InRange(pair.Server.ReceiveBufferSize, most / 2, most);
    }

    [Fact]
    public void A_message_of_three_MiB_comes_whole()
    {
        var pair = new DirectPair(s_options);
        byte[] message = new byte[3 * MiB];
        Assert.Equal(SendStatus.Ok, pair.Client.Send(pair.Now, message, default));
        ReceivedMessage? received = null;
        for (int i = 0; i < 100 && !pair.Server.TryReceive(out received); i++)
        {
            pair.Advance(s_roundTrip);
        }

        Assert.Equal((true, message.Length), (received!.EndOfRecord, received.Length));
        received.Dispose();
    }

    private static (long Send, long Receive) Sizes(DirectPair pair) => (pair.Client.SendBufferSize, pair.Server.ReceiveBufferSize);

    private static void RoundTrip(DirectPair pair, Sctp.Association client, long read)
    {
        Fill(pair, client);
        pair.Advance(s_roundTrip);
        while (read > 0 && pair.Server.TryReceive(out ReceivedMessage? message))
        {
            read -= message.Charge;
            message.Dispose();
        }

        pair.Exchange();
    }

    private static void Fill(DirectPair pair, Sctp.Association client)
    {
        while (client.Send(pair.Now, s_message, default) == SendStatus.Ok)
        {
        }
    }
}
