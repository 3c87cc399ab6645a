using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What an INIT or INIT ACK is refused for (RFC 4895 §6.1, RFC 9260 §3.3.10.2).</summary>
internal static class AuthenticationRules
{
    /// <summary>Why an ABORT is sent for a number of another length.</summary>
    public static ReadOnlySpan<byte> WrongRandomNumber => "the random number does not have 32 bytes"u8;

    /// <summary>What is missing where authentication is (RFC 9260 §3.3.10.2): RANDOM and HMAC-ALGO.</summary>
    public static ReadOnlySpan<byte> MissingParameters => [0, 0, 0, 2, 0x80, 2, 0x80, 4];

    /// <summary>
    /// Whether options let nobody in who has said no more than that. Who knows ASCONF and lacks authentication is never let in (RFC 5061 §6).
    /// </summary>
    public static bool Insists(AssociationOptions options, in KeyVectorReader said, Extensions known) => !said.IsComplete
        && (options.OfferedAuthentication is { RequiredChunks.Count: > 0, AcceptsOtherPeers: false }
            || (options.OffersAddressReconfiguration && (known & Extensions.AddressReconfiguration) != 0));

    /// <summary>
    /// Whether what a cookie has agreed on is enough for the options of now: those may have begun to insist since it was made, or it was made for an
    /// association with others.
    /// </summary>
    public static bool IsEnough(AssociationOptions options, KeyVectors? agreed)
    {
        if (options.OfferedAuthentication is not { } wanted)
        {
            return true;
        }

        if (agreed is null)
        {
            return wanted.RequiredChunks.Count == 0 || wanted.AcceptsOtherPeers;
        }

        ChunkTypeSet required = KeyVectors.Required(agreed.Local);
        foreach (ChunkType type in wanted.RequiredChunks)
        {
            if (!required.Contains(type))
            {
                return false;
            }
        }

        return true;
    }
}
