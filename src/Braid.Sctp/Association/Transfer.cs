namespace Braid.Sctp;

/// <summary>
/// What exists only once both tags are known (the TCB of RFC 9260 §14.2): the sending half and the receiving half.
/// </summary>
internal sealed class Transfer(Negotiated negotiated, Sender sender, Receiver receiver)
{
    /// <summary>What the handshake agreed on.</summary>
    public Negotiated Negotiated { get; } = negotiated;

    /// <summary>Whether packets go without a checksum: all but those with INIT or COOKIE ECHO (RFC 9653 §5.2).</summary>
    public bool OmitsChecksum => (Negotiated.Extensions & Extensions.ZeroChecksum) != 0;

    /// <summary>Whether routers may mark our packets (RFC 3168).</summary>
    public bool UsesEcn => (Negotiated.Extensions & Extensions.Ecn) != 0;

    public Sender Sender { get; } = sender;

    public Receiver Receiver { get; } = receiver;

    /// <summary>The path that the last DATA chunk came on: where its SACK goes (§6.4).</summary>
    public Path? LastDataPath { get; set; }
}
