using System;

namespace Braid.Sctp;

/// <summary>What an INIT or INIT ACK is refused for (RFC 4895 §6.1, RFC 9260 §3.3.10.2).</summary>
internal static class AuthenticationRules
{
    /// <summary>Why an ABORT is sent for a number of another length.</summary>
    public static ReadOnlySpan<byte> WrongRandomNumber => "the random number does not have 32 bytes"u8;

    /// <summary>What is missing where authentication is (RFC 9260 §3.3.10.2): RANDOM and HMAC-ALGO.</summary>
    public static ReadOnlySpan<byte> MissingParameters => [0, 0, 0, 2, 0x80, 2, 0x80, 4];

    /// <summary>Whether options let nobody in who has said no more than that.</summary>
    public static bool Insists(AssociationOptions options, in KeyVectorReader said) =>
        options.OfferedAuthentication is { RequiredChunks.Count: > 0, AcceptsOtherPeers: false } && !said.IsComplete;
}
