using System;
using System.Security.Cryptography;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>The code of an AUTH chunk and what it vouches for (RFC 4895 §6.2, §6.3), with a key that is known.</summary>
internal static class AuthenticationCode
{
    /// <summary>What needs no key to be seen: the algorithm is none of those that were asked for, or its code has another length. Else valid as far as that goes.</summary>
    /// <param name="auth">The chunk.</param>
    /// <param name="vectors">What the handshake has agreed on, or will have.</param>
    public static AuthVerdict Inspect(in AuthChunk auth, KeyVectors vectors)
    {
        int length = Hmac.LengthOf(auth.Algorithm);
        return length == 0 || !KeyVectors.Requests(vectors.Local, auth.Algorithm) ? AuthVerdict.UnsupportedAlgorithm
            : auth.Code.Length != length ? AuthVerdict.Wrong
            : AuthVerdict.Valid;
    }

    /// <summary>Whether a code is the one that a key makes; of an algorithm that is known, and with its length.</summary>
    /// <param name="auth">The chunk.</param>
    /// <param name="data">It and all that is behind it in its packet.</param>
    /// <param name="key">The association's key.</param>
    /// <param name="buffers">Where scratch memory comes from.</param>
    public static bool IsRight(in AuthChunk auth, ReadOnlySpan<byte> data, ReadOnlySpan<byte> key, BufferPool buffers)
    {
        using PooledBuffer copy = buffers.RentCopy(data);
        copy.Span.Slice(AuthChunk.HeaderLength, auth.Code.Length).Clear();       // Figure 6
        Span<byte> room = stackalloc byte[Hmac.LongestCode];
        Span<byte> code = room[..auth.Code.Length];
        Hmac.Compute(auth.Algorithm, key, copy.Span, code);
        return CryptographicOperations.FixedTimeEquals(code, auth.Code);
    }

    /// <summary>Puts the code into the AUTH chunk of a packet that is complete.</summary>
    /// <param name="packet">The packet; it has such a chunk.</param>
    /// <param name="plan">What it is computed with.</param>
    /// <param name="key">The association's key.</param>
    public static void Write(in PacketWriter packet, AuthenticationPlan plan, ReadOnlySpan<byte> key)
    {
        Span<byte> data = packet.Authenticated;
        Span<byte> code = stackalloc byte[Hmac.LongestCode];
        Hmac.Compute(plan.Algorithm, key, data, code[..plan.CodeLength]);
        code[..plan.CodeLength].CopyTo(data[AuthChunk.HeaderLength..]);
    }
}
