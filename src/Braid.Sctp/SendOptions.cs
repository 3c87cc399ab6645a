namespace Braid.Sctp;

/// <summary>How one message is sent.</summary>
/// <param name="Stream">The outgoing stream.</param>
/// <param name="Ppid">Payload protocol identifier, passed through to the peer's application.</param>
/// <param name="Unordered">Delivered as soon as it is complete, whatever else is missing on its stream (RFC 9260 §6.6).</param>
/// <param name="SackImmediately">Asks the peer to acknowledge the message without delay: the I bit (RFC 7053).</param>
/// <param name="Context">A number of the application's own, handed back with notifications about this message.</param>
/// <param name="MoreFollows">
/// The record is not complete: the next <c>Send</c> on its stream continues it, until one without this ends it (RFC 6458
/// §8.1.26). A record may be longer than <see cref="AssociationOptions.MaximumMessageSize"/> and than the send buffer; each of
/// its parts may not. PPID and order are those of its first part. Where messages are not interleaved
/// (<see cref="Extensions.Interleaving"/>), its fragments have consecutive TSNs (RFC 9260 §6.9): once it was begun, nothing is sent
/// on any other stream before its end, and what waits there does not count against the send buffer for it. A shutdown while a record is open aborts the association
/// (<see cref="CloseReason.UnfinishedRecord"/>). Default false.
/// </param>
/// <param name="Reliability">
/// When the message is given up, to a peer that can be told so (<see cref="Extensions.PartialReliability"/>). A record in parts
/// is as its first part says, and its lifetime began with it: it is given up as a whole, with all parts that were accepted, and
/// further ones are answered <see cref="SendStatus.RecordLost"/> up to its end. Default <see cref="Reliability.Reliable"/>.
/// </param>
/// <param name="Receipt">
/// A number of the owner's to be told by what became of the message, or of the part of one (<see cref="AssociationEvent.SendSettled"/>);
/// 0, the default, not to be told.
/// </param>
/// <param name="KeyId">
/// The shared key to authenticate the message with, where the peer wants that (RFC 6458 §5.3.8); null, the default, for the one that is
/// active when the message is accepted.
/// </param>
public readonly record struct SendOptions(
    StreamId Stream = default,
    Ppid Ppid = default,
    bool Unordered = false,
    bool SackImmediately = false,
    uint Context = 0,
    bool MoreFollows = false,
    Reliability Reliability = default,
    ulong Receipt = 0,
    ushort? KeyId = null);
