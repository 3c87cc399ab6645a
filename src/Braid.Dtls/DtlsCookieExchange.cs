using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Braid.Core;

namespace Braid.Dtls;

/// <summary>What a datagram of somebody unknown is to a server.</summary>
public enum DtlsHelloVerdict
{
    /// <summary>Nothing that begins a session: to be dropped.</summary>
    None,

    /// <summary>A ClientHello whose sender may have forged its address: there is an answer for it, and nothing to remember.</summary>
    Answered,

    /// <summary>A ClientHello whose sender gets what is sent to its address: <see cref="DtlsSession.StartVerified"/>.</summary>
    Verified,
}

/// <summary>
/// The cookie exchange of RFC 6347 §4.2.1: a server keeps nothing, and does no work worth mentioning, for a client that has not shown
/// that it gets what is sent to its address. One serves all clients of a server. It is not libssl's (<c>DTLSv1_listen</c>), which
/// needs a session for each datagram that it looks at. Not thread-safe.
/// </summary>
public sealed class DtlsCookieExchange
{
    /// <summary>Room for an answer, in bytes. No ClientHello is that short: nobody is sent more than he seems to have sent.</summary>
    public const int AnswerLength = 13 + 12 + 2 + 1 + CookieLength;

    private const int CookieLength = 32;                     // HMAC-SHA256
    private const int LongestHello = 4096;                   // of what the cookie is made of
    private static readonly TimeSpan s_keyLifetime = TimeSpan.FromSeconds(60);

    private readonly IRandomSource _random;
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _formerKey = new byte[32];
    private Instant _keyEnd;

    /// <param name="random">Where keys come from: the operating system's generator in production.</param>
    public DtlsCookieExchange(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        _random = random;
        random.Fill(_key);
        random.Fill(_formerKey);
    }

    /// <summary>Whether a datagram is a ClientHello that may begin a session: a whole one, or its first fragment.</summary>
    public static bool LooksLikeHello(ReadOnlySpan<byte> datagram) => ClientHelloView.TryRead(datagram, out _);

    /// <summary>Looks at a datagram from an address that has no session.</summary>
    /// <param name="now">The current instant. A cookie is good for one to two minutes.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="datagram">Its bytes.</param>
    /// <param name="answer">Where an answer goes; <see cref="AnswerLength"/> bytes.</param>
    /// <param name="length">Bytes of the answer; 0 for none.</param>
    public DtlsHelloVerdict Examine(Instant now, in NetworkAddress peer, ReadOnlySpan<byte> datagram, Span<byte> answer, out int length)
    {
        length = 0;
        if (!ClientHelloView.TryRead(datagram, out ClientHelloView hello) || hello.BeforeCookie.Length + hello.AfterCookie.Length > LongestHello)
        {
            return DtlsHelloVerdict.None;
        }

        RenewKeys(now);
        Span<byte> cookie = stackalloc byte[CookieLength];
        Compute(_key, peer, hello, cookie);
        if (hello.Cookie.Length == CookieLength)
        {
            if (CryptographicOperations.FixedTimeEquals(cookie, hello.Cookie))
            {
                return DtlsHelloVerdict.Verified;
            }

            Span<byte> former = stackalloc byte[CookieLength];
            Compute(_formerKey, peer, hello, former);
            if (CryptographicOperations.FixedTimeEquals(former, hello.Cookie))
            {
                return DtlsHelloVerdict.Verified;
            }
        }

        length = WriteAnswer(answer, hello, cookie);
        return DtlsHelloVerdict.Answered;
    }

    // HMAC(secret, address, parameters of the client): RFC 6347 §4.2.1.
    private static void Compute(byte[] key, in NetworkAddress peer, in ClientHelloView hello, Span<byte> cookie)
    {
        Span<byte> input = stackalloc byte[LongestHello + 18];
        int length = peer.WriteAddress(input);
        BinaryPrimitives.WriteUInt16BigEndian(input[length..], peer.Port);
        length += 2;
        hello.BeforeCookie.CopyTo(input[length..]);
        length += hello.BeforeCookie.Length;
        hello.AfterCookie.CopyTo(input[length..]);
        length += hello.AfterCookie.Length;
        HMACSHA256.HashData(key, input[..length], cookie);
    }

    // HelloVerifyRequest. Its version is that of DTLS 1.0, whatever will be negotiated.
    private static int WriteAnswer(Span<byte> answer, in ClientHelloView hello, ReadOnlySpan<byte> cookie)
    {
        const int Body = 2 + 1 + CookieLength;
        answer = answer[..AnswerLength];
        answer.Clear();
        answer[0] = 22;                                      // handshake
        answer[1] = 0xFE;
        answer[2] = 0xFF;
        hello.RecordSequence.CopyTo(answer[5..]);
        BinaryPrimitives.WriteUInt16BigEndian(answer[11..], 12 + Body);
        answer[13] = 3;                                      // hello_verify_request; message 0, in one fragment
        answer[16] = Body;
        answer[24] = Body;
        answer[25] = 0xFE;
        answer[26] = 0xFF;
        answer[27] = CookieLength;
        cookie.CopyTo(answer[28..]);
        return AnswerLength;
    }

    private void RenewKeys(Instant now)
    {
        if (now < _keyEnd)
        {
            return;
        }

        // After a long silence both are old.
        _key.CopyTo(_formerKey, 0);
        if (now >= _keyEnd + s_keyLifetime)
        {
            _random.Fill(_formerKey);
        }

        _random.Fill(_key);
        _keyEnd = now + s_keyLifetime;
    }
}
