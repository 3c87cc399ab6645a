using System;

namespace Braid.Sctp;

/// <summary>What both sides must know of before either may use it (RFC 5061 §4.2.7).</summary>
[Flags]
public enum Extensions : ushort
{
    /// <summary>RFC 9260 alone.</summary>
    None = 0,

    /// <summary>
    /// Messages that are given up, and FORWARD-TSN (RFC 3758); together with <see cref="Interleaving"/>, I-FORWARD-TSN (RFC 8260 §2.3.1):
    /// a peer that knows only I-DATA and FORWARD-TSN has every message sent reliably.
    /// </summary>
    PartialReliability = 1,

    /// <summary>RE-CONFIG: streams are reset and added while the association lives (RFC 6525).</summary>
    StreamReconfiguration = 2,

    /// <summary>
    /// I-DATA: a long message does not hold up those of other streams (RFC 8260). Who reads must be prepared for parts of several
    /// messages at once, one of each stream (§2.2.1), where messages are longer than <see cref="AssociationOptions.PartialDeliveryPoint"/>.
    /// </summary>
    Interleaving = 4,

    /// <summary>
    /// The checksum is left out where something else finds broken packets (RFC 9653): only over a transport with
    /// <see cref="EndpointOptions.ErrorDetection"/>.
    /// </summary>
    ZeroChecksum = 8,

    /// <summary>
    /// Routers mark packets instead of dropping them (RFC 3168, RFC 2960 Appendix A): only over a transport that
    /// <see cref="EndpointOptions.CarriesEcn"/>.
    /// </summary>
    Ecn = 16,

    /// <summary>
    /// NR-SACK in the place of SACK: what has arrived behind a loss, and is never taken back, leaves the sender's buffer before the
    /// loss is repaired (draft-natarajan-tsvwg-sctp-nrsack, an expired draft). Not on by default.
    /// </summary>
    NonRenegableSack = 32,

    /// <summary>
    /// AUTH: chunks that come from the peer and nobody else (RFC 4895). Not on by default, but wherever there is
    /// <see cref="AssociationOptions.Authentication"/>.
    /// </summary>
    Authentication = 64,

    /// <summary>
    /// ASCONF: addresses are added and removed while the association lives, and either side says which one it prefers (RFC 5061). It offers
    /// <see cref="Authentication"/> as well, for both chunks of it are authenticated. Not on by default.
    /// </summary>
    AddressReconfiguration = 128,
}
