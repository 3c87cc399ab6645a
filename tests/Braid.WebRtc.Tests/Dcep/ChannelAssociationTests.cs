using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

/// <summary>The same rules, with SCTP underneath.</summary>
public sealed class ChannelAssociationTests
{
    [Theory, Rfc(8832, "6"), Rfc(8832, "8.1"), Rfc(8831, "6.1"), Rfc(8831, "6.7")]
    [InlineData(0)]
    [InlineData(10)]
    public void Channels_are_opened_used_and_closed_by_either_side(int loss)
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var pair = new ChannelPair(seed) { Loss = loss };
            Channel early = pair.A.Create(new ChannelOptions { Label = "early", Protocol = "p", Priority = 1024 });
            Channel a = pair.A.Create(new ChannelOptions { Label = "n", NegotiatedId = 7 });
            Channel z = pair.Z.Create(new ChannelOptions { Label = "n", NegotiatedId = 7 });
            pair.Until(() => early.State == RTCDataChannelState.Open && pair.Z.Remote.Count == 1 && z.State == RTCDataChannelState.Open);
            Channel theirs = pair.Z.Remote[0];
            Assert.Equal(early.Options, theirs.Options);
            Assert.Equal((early.Id, (ushort)1024), (theirs.Id, pair.Z.Association!.GetStreamSchedulerValue(theirs.Id!.Value)));

            Assert.True(pair.A.TrySend(early, "hällo"u8, isText: true));
            Assert.True(pair.A.TrySend(early, []));
            Assert.True(pair.Z.TrySend(theirs, new byte[50_000]));
            Assert.True(pair.Z.TrySend(theirs, [], isText: true));
            Assert.True(pair.A.TrySend(a, [1]));
            pair.Until(() => pair.Z.Received.Count == 3 && pair.A.Received.Count == 2);
            Assert.Equal(["hällo", ""], pair.Z.Received.Where(received => received.Channel == theirs).Select(received => Encoding.UTF8.GetString(received.Bytes)));
            Assert.Equal([(false, 50_000), (true, 0)], pair.A.Received.Select(received => (received.IsText, received.Bytes.Length)));

            // What was accepted before the close arrives before it.
            Assert.True(pair.A.TrySend(early, new byte[60_000]));
            pair.A.Negotiator.Close(early);
            pair.Z.Negotiator.Close(z);
            pair.Until(() => early.State == RTCDataChannelState.Closed && theirs.State == RTCDataChannelState.Closed
                && a.State == RTCDataChannelState.Closed && z.State == RTCDataChannelState.Closed);
            Assert.Equal(60_000, pair.Z.Received[^1].Bytes.Length);
            Assert.Equal((0, 0), (pair.A.Negotiator.Count, pair.Z.Negotiator.Count));
            Assert.Equal(
                ["announced early", "opened early", "bufferedamountlow early", "closing early", "closed early"],
                pair.Z.Events.Where(text => text.EndsWith(" early", StringComparison.Ordinal)));

            Channel again = pair.A.Create(new ChannelOptions { Label = "again" });
            Assert.Equal((ushort)0, again.Id);
            pair.Until(() => pair.Z.Remote.Count == 2);
            Assert.True(pair.A.TrySend(again, [1, 2, 3]));
            pair.Until(() => pair.Z.Received[^1].Bytes.Length == 3);
        }
    }

    [Fact, Rfc(8831, "6.7")]
    public void Both_sides_open_and_close_a_thousand_channels_again_and_again()
    {
        var pair = new ChannelPair { Loss = 2 };
        var random = new Random(1);
        var open = new List<Channel>();
        int created = 0;
        for (int round = 0; round < 12; round++)
        {
            ChannelPair.Side side = round % 2 == 0 ? pair.A : pair.Z;
            for (int i = 0; i < 100; i++)
            {
                open.Add(side.Create(new ChannelOptions { Label = $"{created++}", IsOrdered = i % 2 == 0 }));
            }

            pair.Until(() => pair.A.Remote.Count + pair.Z.Remote.Count == created);
            foreach (Channel channel in open.ToArray())
            {
                if (random.Next(2) == 0)
                {
                    // Now and then both close it at once.
                    bool isOfA = pair.A.Negotiator.Find(channel.Id!.Value) == channel;
                    ChannelPair.Side other = isOfA ? pair.Z : pair.A;
                    (isOfA ? pair.A : pair.Z).Negotiator.Close(channel);
                    if (random.Next(3) == 0 && other.Negotiator.Find(channel.Id!.Value) is { } theirs)
                    {
                        other.Negotiator.Close(theirs);
                    }

                    open.Remove(channel);
                }
            }
        }

        pair.Until(() => pair.A.Negotiator.Count == open.Count && pair.Z.Negotiator.Count == open.Count);
        Assert.All(open, channel => Assert.Equal(RTCDataChannelState.Open, channel.State));
        foreach (ChannelDropReason reason in Enum.GetValues<ChannelDropReason>())
        {
            Assert.Equal((0, 0), (pair.A.Negotiator.Counters[reason], pair.Z.Negotiator.Counters[reason]));
        }
    }

    [Fact, Rfc(8832, "6")]
    public void An_unordered_channel_is_there_before_its_first_message_whatever_is_lost()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var pair = new ChannelPair(seed);
            pair.Until(() => pair.Z.Association?.State == AssociationState.Established && pair.A.Association!.State == AssociationState.Established);
            pair.Loss = 30;
            Channel channel = pair.A.Create(new ChannelOptions { Label = "u", IsOrdered = false });
            pair.A.Work();
            for (int i = 0; i < 20; i++)
            {
                Assert.True(pair.A.TrySend(channel, [(byte)i]));
            }

            pair.Until(() => pair.Z.Received.Count == 20);
            Assert.Equal(0, pair.Z.Negotiator.Counters[ChannelDropReason.UnusedStream]);
            Assert.Equal(Enumerable.Range(0, 20), pair.Z.Received.Select(received => (int)received.Bytes[0]).Order());
        }
    }

    [Fact]
    public void The_buffered_amount_falls_as_the_network_takes_the_message()
    {
        var pair = new ChannelPair();
        Channel channel = pair.Z.Create(new ChannelOptions { Label = "b" });
        pair.Until(() => pair.A.Remote.Count == 1);
        Channel theirs = pair.A.Remote[0];
        Assert.True(pair.A.TrySend(theirs, new byte[60_000]));
        Assert.Equal(60_000, theirs.BufferedAmount);
        pair.Until(() => theirs.BufferedAmount == 0);
        pair.Until(() => pair.A.Events.Contains("bufferedamountlow b"));
        Assert.Equal(RTCDataChannelState.Open, channel.State);
    }

    [Fact, Rfc(8832, "5.1")]
    public void The_longest_names_cross()
    {
        var pair = new ChannelPair();
        var options = new ChannelOptions { Label = new string('l', 65535), Protocol = new string('p', 65535) };
        pair.A.Create(options);
        pair.Until(() => pair.Z.Remote.Count == 1);
        Assert.Equal(options, pair.Z.Remote[0].Options);
    }

    [Fact]
    public void An_abort_closes_every_channel_of_both_sides()
    {
        var pair = new ChannelPair();
        Channel channel = pair.A.Create(new ChannelOptions { Label = "c" });
        pair.Until(() => pair.Z.Remote.Count == 1);
        pair.A.Association!.Abort(pair.Now);
        pair.Until(() => channel.State == RTCDataChannelState.Closed && pair.Z.Remote[0].State == RTCDataChannelState.Closed);
        Assert.Equal(["announced c", "opened c", "closed c"], pair.Z.Events);
    }
}
