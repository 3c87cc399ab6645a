using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Dtls.Tests;

/// <summary>ClientHellos that take more than a datagram, as those of browsers do that have a key share against quantum computers.</summary>
public sealed class LongHelloTests
{
    private static readonly NetworkAddress s_peer = NetworkAddress.FromIPv4([192, 0, 2, 1], 4242);

    private readonly DtlsCookieExchange _cookies = new(new SeededRandom(1));
    private readonly byte[] _answer = new byte[DtlsCookieExchange.AnswerLength];

    [Theory, Rfc(6347, "4.2.1"), Rfc(6347, "4.2.3")]
    [InlineData(120, false)]
    [InlineData(120, true)]
    [InlineData(100, false)]
    public void A_hello_in_fragments_gets_its_cookie_and_begins_a_session(int first, bool isRepeated)
    {
        using var pair = new SessionPair();
        pair.Client.Start(SessionPair.Now);
        byte[][] hello = Split(Next(pair.Client), first, number: 0);
        Assert.Equal(DtlsHelloVerdict.Answered, Examine(hello[0], out int length));
        Assert.InRange(length, 1, hello[0].Length);
        Assert.Equal(DtlsHelloVerdict.None, Examine(hello[1], out int none));
        Assert.Equal(0, none);

        pair.Client.HandleDatagram(SessionPair.Now, _answer.AsSpan(0, length));
        byte[] whole = Next(pair.Client);
        byte[][] second = Split(whole, first);
        Assert.Equal(DtlsHelloVerdict.None, Examine(second[1], out _));          // even with a good cookie before it, it says nothing
        Assert.Equal(DtlsHelloVerdict.Verified, Examine(second[0], out _));
        pair.Server.StartVerified(SessionPair.Now, second[0]);
        Assert.Equal(DtlsState.Handshaking, pair.Server.State);
        if (isRepeated)
        {
            // The second was dropped, since it came first: the client sends both again, as records of their own.
            byte[][] again = Split(whole, first, number: 42);
            pair.Server.HandleDatagram(SessionPair.Now, again[0]);
            pair.Server.HandleDatagram(SessionPair.Now, again[1]);
        }
        else
        {
            pair.Server.HandleDatagram(SessionPair.Now, second[1]);
        }

        pair.Exchange();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.Equal([1, 2], SessionPair.Send(pair.Client, pair.Server, [1, 2])!);
    }

    [Fact, Rfc(6347, "4.2.1")]
    public void A_fragment_that_ends_before_the_cookie_and_the_suites_is_nothing()
    {
        using var pair = new SessionPair();
        pair.Client.Start(SessionPair.Now);
        byte[] hello = Next(pair.Client);
        for (int length = 0; length < 40; length++)
        {
            Assert.Equal(DtlsHelloVerdict.None, Examine(Split(hello, length)[0], out _));
        }
    }

    private DtlsHelloVerdict Examine(byte[] datagram, out int length) => _cookies.Examine(SessionPair.Now, s_peer, datagram, _answer, out length);

    private static byte[] Next(DtlsSession session)
    {
        var buffer = new byte[4096];
        Assert.True(session.TryGetDatagram(buffer, out int length));
        return buffer[..length];
    }

    // One record with a whole message, as two with a fragment each (RFC 6347 §4.2.3). Their numbers must not be those of the client's next ones.
    private static byte[][] Split(byte[] datagram, int first, byte number = 40)
    {
        byte[] body = datagram[25..];
        return [Fragment(datagram, 0, body[..first], number), Fragment(datagram, first, body[first..], (byte)(number + 1))];
    }

    private static byte[] Fragment(byte[] datagram, int offset, byte[] part, byte number)
    {
        byte[] fragment = [.. datagram[..25], .. part];
        fragment[10] = number;
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(11), (ushort)(12 + part.Length));
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(20), (ushort)offset);
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(23), (ushort)part.Length);
        return fragment;
    }
}
