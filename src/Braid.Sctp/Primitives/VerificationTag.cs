using System.Globalization;

namespace Braid.Sctp;

/// <summary>
/// The tag by which an endpoint recognises packets of an association (RFC 9260 §8.5): chosen at random by the receiver of
/// the packets, never 0 but in a packet with an INIT chunk.
/// </summary>
/// <param name="Value">The number on the wire.</param>
public readonly record struct VerificationTag(uint Value)
{
    /// <summary>No tag: in the header of a packet with INIT, or a peer whose tag is not known yet.</summary>
    public static VerificationTag None => default;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x8", CultureInfo.InvariantCulture);
}
