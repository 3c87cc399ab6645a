using System;
using System.Net;
using Braid.Core;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Network;

/// <summary>Names in .local, asked for and answered.</summary>
public sealed class MdnsTests
{
    private const string Name = "0f0e0d0c-0000-4000-8000-000102030405.local";

    private static readonly NetworkAddress s_address = Address("192.0.2.7", 0);
    private static readonly NetworkAddress s_listener = Address("192.0.2.8", MdnsNode.Port);
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    [Fact, Rfc(6762, "5.2")]
    public void A_question_is_repeated_with_growing_pauses_and_given_up()
    {
        var node = new MdnsNode(isOneShot: false);
        Assert.True(node.Resolve(s_start, Name));
        AssertAsks(node);
        Assert.False(node.TryGetOutput(out _));

        Assert.Equal(s_start + TimeSpan.FromSeconds(1), node.NextTimeout);
        node.HandleTimeout(node.NextTimeout);
        AssertAsks(node);
        Assert.Equal(s_start + TimeSpan.FromSeconds(3), node.NextTimeout);
        node.HandleTimeout(node.NextTimeout);
        AssertAsks(node);
        Assert.Equal(s_start + TimeSpan.FromSeconds(5), node.NextTimeout);
        node.HandleTimeout(node.NextTimeout);
        Assert.True(node.TryGetResolution(out MdnsResolution resolution));
        Assert.Equal(new MdnsResolution(Name, NetworkAddress.None), resolution);
        Assert.True(node.IsIdle);
    }

    [Fact, Rfc(6762, "6")]
    public void A_question_of_one_is_answered_by_the_other()
    {
        var asking = new MdnsNode(isOneShot: false);
        var answering = new MdnsNode(isOneShot: false);
        answering.Publish(Name, s_address);
        asking.Resolve(s_start, Name.ToUpperInvariant().Replace(".LOCAL", ".local", StringComparison.Ordinal));
        while (asking.TryGetOutput(out MdnsOutput question))
        {
            answering.HandleDatagram(s_start, s_listener, question.Bytes);
        }

        Assert.True(answering.TryGetOutput(out MdnsOutput answer));
        Assert.Equal(NetworkAddress.None, answer.To);        // the group
        asking.HandleDatagram(s_start, Address("192.0.2.7", 4000), answer.Bytes);
        Assert.False(asking.TryGetResolution(out _));        // §6: from another port
        asking.HandleDatagram(s_start, Address("192.0.2.7", MdnsNode.Port), answer.Bytes);
        Assert.True(asking.TryGetResolution(out MdnsResolution resolution));
        Assert.Equal(new MdnsResolution(Name, s_address), resolution);
    }

    [Fact, Rfc(6762, "6")]
    public void The_group_gets_an_address_once_in_a_second()
    {
        var node = new MdnsNode(isOneShot: false);
        node.Publish(Name, s_address);
        Assert.Equal(1, AnswersTo(node, s_start, DnsType.A));
        Assert.Equal(0, AnswersTo(node, s_start + TimeSpan.FromMilliseconds(900), DnsType.A));
        Assert.Equal(1, AnswersTo(node, s_start + TimeSpan.FromSeconds(1), DnsType.Any));
    }

    [Fact, Rfc(6762, "6.1")]
    public void A_family_that_there_is_not_is_denied()
    {
        var node = new MdnsNode(isOneShot: false);
        node.Publish(Name, s_address);
        byte[] question = new byte[MdnsMessage.LongestLength];
        node.HandleDatagram(s_start, s_listener, question.AsSpan(0, MdnsMessage.WriteQuery(question, Name, DnsType.Aaaa, 0)));
        Assert.True(node.TryGetOutput(out MdnsOutput answer));
        MdnsMessage message = MdnsMessage.TryRead(answer.Bytes)!;
        Assert.Empty(message.Addresses);
        Assert.Equal([0, 0, 0, 1, 0, 0, 0, 0], answer.Bytes[4..12]);     // one answer: NSEC
    }

    [Fact, Rfc(6762, "6.7")]
    public void A_plain_resolver_is_answered_alone_with_its_question_and_id()
    {
        var node = new MdnsNode(isOneShot: false);
        node.Publish(Name, s_address);
        byte[] question = new byte[MdnsMessage.LongestLength];
        NetworkAddress resolver = Address("192.0.2.9", 40000);
        node.HandleDatagram(s_start, resolver, question.AsSpan(0, MdnsMessage.WriteQuery(question, Name, DnsType.A, 77)));
        Assert.True(node.TryGetOutput(out MdnsOutput answer));
        Assert.Equal(resolver, answer.To);
        MdnsMessage message = MdnsMessage.TryRead(answer.Bytes)!;
        Assert.Equal(77, message.Id);
        Assert.Equal(new MdnsQuestion(Name, DnsType.A, false), Assert.Single(message.Questions));
        Assert.Equal(new MdnsAddress(Name, s_address, 10), Assert.Single(message.Addresses));
    }

    [Fact, Rfc(6762, "10.1")]
    public void Who_leaves_says_goodbye_and_goodbyes_are_no_answers()
    {
        var node = new MdnsNode(isOneShot: false);
        node.Publish(Name, s_address);
        node.Withdraw(Name);
        Assert.True(node.TryGetOutput(out MdnsOutput goodbye));
        Assert.Equal(0u, Assert.Single(MdnsMessage.TryRead(goodbye.Bytes)!.Addresses).TimeToLive);
        var asking = new MdnsNode(isOneShot: false);
        asking.Resolve(s_start, Name);
        asking.HandleDatagram(s_start, s_listener, goodbye.Bytes);
        Assert.False(asking.TryGetResolution(out _));
        Assert.Equal(0, AnswersTo(node, s_start, DnsType.A));
    }

    [Fact]
    public void Messages_that_are_cut_off_or_made_up_do_no_harm()
    {
        byte[] bytes = new byte[MdnsMessage.LongestLength];
        byte[] whole = bytes[..MdnsMessage.WriteAnswer(bytes, Name, s_address, 120, DnsType.A)];
        Assert.NotNull(MdnsMessage.TryRead(whole));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(MdnsMessage.TryRead(whole.AsSpan(0, length)));
        }

        var random = new SeededRandom(7);
        byte[] noise = new byte[whole.Length];
        for (int i = 0; i < 20_000; i++)
        {
            random.Fill(noise);
            whole.CopyTo(bytes, 0);
            bytes[noise[0] % whole.Length] ^= noise[1];
            bytes[noise[2] % whole.Length] = (byte)(0xC0 | noise[3]);        // pointers
            MdnsMessage.TryRead(bytes.AsSpan(0, whole.Length));
            noise[2] = 0;
            noise[3] = 0;
            MdnsMessage.TryRead(noise);
        }
    }

    [Theory]
    [InlineData("a.local", true)]
    [InlineData("A.LOCAL", true)]
    [InlineData(".local", false)]
    [InlineData("local", false)]
    [InlineData("a..local", false)]
    [InlineData("a.b.local", false)]
    [InlineData("a.example", false)]
    [InlineData("a.local.", false)]
    [InlineData("\u00e4.local", false)]
    public void Only_names_in_local_are_asked_for(string name, bool isLocal) => Assert.Equal(isLocal, DnsName.IsLocal(name));

    private static NetworkAddress Address(string text, int port) => new IPEndPoint(IPAddress.Parse(text), port).ToNetworkAddress();

    private static int AnswersTo(MdnsNode node, Instant now, DnsType type)
    {
        byte[] question = new byte[MdnsMessage.LongestLength];
        node.HandleDatagram(now, s_listener, question.AsSpan(0, MdnsMessage.WriteQuery(question, Name, type, 0)));
        int count = 0;
        while (node.TryGetOutput(out _))
        {
            count++;
        }

        return count;
    }

    private static void AssertAsks(MdnsNode node)
    {
        foreach (DnsType type in (DnsType[])[DnsType.A, DnsType.Aaaa])
        {
            Assert.True(node.TryGetOutput(out MdnsOutput output));
            MdnsMessage message = MdnsMessage.TryRead(output.Bytes)!;
            Assert.False(message.IsResponse);
            Assert.Equal(new MdnsQuestion(Name, type, false), Assert.Single(message.Questions));
        }
    }
}
