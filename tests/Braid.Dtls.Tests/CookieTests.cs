using System;
using Braid.Core;

namespace Braid.Dtls.Tests;

public sealed class CookieTests
{
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([192, 0, 2, 1], 4242);
    private static readonly Instant s_now = new(TimeSpan.TicksPerHour);

    private readonly DtlsCookieExchange _cookies = new(new SeededRandom(1));
    private readonly byte[] _answer = new byte[DtlsCookieExchange.AnswerLength];

    [Fact, Rfc(6347, "4.2.1")]
    public void A_server_begins_only_with_a_client_that_gets_what_is_sent_to_its_address()
    {
        using var pair = new SessionPair();
        byte[] hello = FirstHello(pair);
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello, s_peer, s_now, out int length));
        Assert.InRange(length, 1, hello.Length);             // nobody is sent more than he seems to have sent
        pair.Client.HandleDatagram(SessionPair.Now, _answer.AsSpan(0, length));
        byte[] second = NextDatagram(pair.Client);
        Assert.Equal(DtlsHelloVerdict.Verified, Examine(second, s_peer, s_now, out length));
        Assert.Equal(0, length);

        pair.Server.StartVerified(SessionPair.Now, second);
        pair.Exchange();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.Equal([1, 2], SessionPair.Send(pair.Server, pair.Client, [1, 2])!);
    }

    [Fact, Rfc(6347, "4.2.1")]
    public void A_cookie_is_good_for_one_address_and_one_hello()
    {
        byte[] hello = HelloWithCookie();
        Assert.Equal(DtlsHelloVerdict.Verified, Examine(hello, s_peer, s_now, out _));
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello, s_peer.WithPort(4243), s_now, out _));
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello, NetworkAddress.FromIPv4([192, 0, 2, 2], 4242), s_now, out _));
        byte[] other = [.. hello];
        other[13 + 12 + 2] ^= 1;                             // the random
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(other, s_peer, s_now, out _));
        Assert.Equal(DtlsHelloVerdict.Answered, new DtlsCookieExchange(new SeededRandom(2)).Examine(s_now, s_peer, hello, _answer, out _));
    }

    [Fact]
    public void A_cookie_lives_one_to_two_minutes()
    {
        byte[] hello = HelloWithCookie();
        Assert.Equal(DtlsHelloVerdict.Verified, Examine(hello, s_peer, s_now + TimeSpan.FromSeconds(59), out _));
        Assert.Equal(DtlsHelloVerdict.Verified, Examine(hello, s_peer, s_now + TimeSpan.FromSeconds(61), out _));
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello, s_peer, s_now + TimeSpan.FromSeconds(122), out _));
    }

    [Fact]
    public void Keys_that_nobody_has_used_for_long_are_no_good_any_more()
    {
        byte[] hello = HelloWithCookie();
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello, s_peer, s_now + TimeSpan.FromHours(1), out _));
    }

    [Fact]
    public void A_server_keeps_nothing_of_whom_it_has_answered()
    {
        using var pair = new SessionPair();
        byte[] hello = FirstHello(pair);
        var answer = new byte[DtlsCookieExchange.AnswerLength];
        _cookies.Examine(s_now, s_peer, hello, answer, out _);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                hello[13 + 12 + 2] = (byte)i;
                _cookies.Examine(s_now, s_peer.WithPort((ushort)i), hello, answer, out _);
            }
        }));
    }

    [Fact]
    public void What_is_no_whole_hello_is_nothing()
    {
        byte[] hello = HelloWithCookie();
        for (int length = 0; length < hello.Length; length++)
        {
            Assert.Equal(DtlsHelloVerdict.None, Examine(hello[..length], s_peer, s_now, out _));
        }

        foreach (int place in new[] { 0, 1, 3, 4, 13, 14, 19, 20, 21, 22, 23, 24 })
        {
            byte[] other = [.. hello];
            other[place] ^= 0x40;
            Assert.Equal(DtlsHelloVerdict.None, Examine(other, s_peer, s_now, out _));
        }
    }

    [Fact]
    public void A_hello_that_says_so_and_is_none_ends_the_session_with_a_reason()
    {
        using var pair = new SessionPair();
        byte[] hello = HelloWithCookie();
        hello[^1] ^= 0xFF;                                   // an extension
        pair.Server.StartVerified(SessionPair.Now, hello);
        pair.Server.HandleDatagram(SessionPair.Now, new byte[100]);
        Assert.Throws<InvalidOperationException>(() => pair.Server.StartVerified(SessionPair.Now, hello));
        Assert.Throws<InvalidOperationException>(() => pair.Client.StartVerified(SessionPair.Now, hello));
    }

    private DtlsHelloVerdict Examine(byte[] datagram, NetworkAddress peer, Instant now, out int length) =>
        _cookies.Examine(now, peer, datagram, _answer, out length);

    private byte[] HelloWithCookie()
    {
        using var pair = new SessionPair();
        Examine(FirstHello(pair), s_peer, s_now, out int length);
        pair.Client.HandleDatagram(SessionPair.Now, _answer.AsSpan(0, length));
        return NextDatagram(pair.Client);
    }

    private static byte[] FirstHello(SessionPair pair)
    {
        pair.Client.Start(SessionPair.Now);
        return NextDatagram(pair.Client);
    }

    private static byte[] NextDatagram(DtlsSession session)
    {
        var buffer = new byte[4096];
        Assert.True(session.TryGetDatagram(buffer, out int length));
        return buffer[..length];
    }
}
