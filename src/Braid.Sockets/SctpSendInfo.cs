using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>How a message is sent (RFC 6458 §5.3.4, §5.3.7).</summary>
/// <param name="StreamId">The outgoing stream, below the number that was negotiated.</param>
/// <param name="Ppid">Payload protocol identifier, passed through to the peer's application; <see cref="SctpPpid"/> names the registered ones.</param>
/// <param name="Unordered">Delivered as soon as it is complete, whatever else is missing on its stream.</param>
/// <param name="SackImmediately">Asks the peer to acknowledge it without delay (RFC 7053).</param>
/// <param name="Context">A number of your own, handed back when the message could not be delivered.</param>
/// <param name="Reliability">
/// When it is given up instead of sent again (RFC 3758, RFC 7496); by default never. To a peer without
/// <see cref="Extensions.PartialReliability"/> every message is sent reliably. A lifetime begins when the association takes the
/// message from the call.
/// </param>
/// <param name="KeyId">
/// The shared key to authenticate the message with, where the peer wants that (SCTP_AUTHINFO, RFC 6458 §5.3.8); null, the default, for the
/// active one. A message whose key is not there, or was deactivated, fails (<see cref="SctpNotification.SendFailed"/>).
/// </param>
public readonly record struct SctpSendInfo(
    ushort StreamId = 0, uint Ppid = 0, bool Unordered = false, bool SackImmediately = false, uint Context = 0,
    Reliability Reliability = default, ushort? KeyId = null)
{
    internal SendOptions ToSendOptions(bool moreFollows = false) =>
        new(StreamId, Ppid, Unordered, SackImmediately, Context, moreFollows, Reliability, KeyId: KeyId);

    internal static SctpSendInfo From(in SendOptions options) =>
        new(options.Stream.Value, options.Ppid.Value, options.Unordered, options.SackImmediately, options.Context, options.Reliability, options.KeyId);
}
