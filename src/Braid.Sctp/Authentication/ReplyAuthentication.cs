using System.Security.Cryptography;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>How an answer is authenticated for which there is no association (RFC 4895 §6.2): a refused COOKIE ECHO has agreed on keys all the same.</summary>
/// <param name="Plan">What its sender wants authenticated; null for nothing.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Key">The association's key that follows from it.</param>
internal readonly record struct ReplyAuthentication(AuthenticationPlan? Plan, ushort KeyId, byte[]? Key)
{
    /// <summary>Bytes that it takes at most.</summary>
    public int Length => Plan?.ChunkLength ?? 0;

    /// <summary>Authenticates a packet that is complete. The key is gone then.</summary>
    public void Sign(in PacketWriter packet)
    {
        if (packet.AuthenticatedFrom > 0)
        {
            AuthenticationCode.Write(packet, Plan!, Key);
        }

        CryptographicOperations.ZeroMemory(Key);
    }
}
