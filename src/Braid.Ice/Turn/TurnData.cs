using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>
/// Data on its way through a TURN server: in a channel where one is bound, else in Send and Data indications (RFC 8656 §11, §12). Owns
/// the count of what could not be used.
/// </summary>
/// <param name="peers">Permissions and channels.</param>
/// <param name="random">Where transactions of indications come from.</param>
/// <param name="isStream">Whether ChannelData is padded (RFC 8656 §12.5).</param>
internal sealed class TurnData(TurnPeers peers, IRandomSource random, bool isStream)
{
    /// <summary>Messages from the server that could not be used.</summary>
    public long Dropped { get; private set; }

    /// <summary>Wraps data for a peer.</summary>
    /// <returns>Its length; 0 when it does not fit, or the peer may not be sent to.</returns>
    public int Wrap(Instant now, in NetworkAddress peer, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (peers.FindPermission(peer) is not { State: RelayPermission.Granted } permission)
        {
            return 0;
        }

        permission.UsedAt = now;
        if (peers.FindChannel(peer) is { IsBound: true } channel && now < channel.ExpiresAt)
        {
            return ChannelData.Write(destination, channel.Number, data, isStream);
        }

        var writer = new StunWriter(destination, StunClass.Indication, StunMethod.Send, StunTransactionId.Draw(random));
        writer.AddAddress(StunAttributeType.XorPeerAddress, peer);
        writer.Add(StunAttributeType.Data, data);
        return writer.Finish();
    }

    /// <summary>Takes the data out of a ChannelData message.</summary>
    public RelayInput OnChannelData(ReadOnlySpan<byte> datagram, out NetworkAddress peer, out ReadOnlySpan<byte> data)
    {
        peer = default;
        if (!ChannelData.TryRead(datagram, out ushort number, out data) || peers.FindChannel(number) is not { } channel)
        {
            data = default;
            return Drop();
        }

        peer = channel.Peer;
        return RelayInput.Data;
    }

    /// <summary>Takes the data out of a Data indication.</summary>
    public RelayInput OnIndication(StunView message, out NetworkAddress peer, out ReadOnlySpan<byte> data)
    {
        data = default;
        bool isUsable = message.TryReadAddress(StunAttributeType.XorPeerAddress, out peer)
            && message.TryFind(StunAttributeType.Data, out data)                   // with ICMP in its place there is none (§11.6)
            && message.FindUnknownRequired(stackalloc ushort[1]) == 0
            && peers.FindPermission(peer) is not null;                             // §11.4
        return isUsable ? RelayInput.Data : Drop();
    }

    /// <summary>Counts what could not be used.</summary>
    public RelayInput Drop()
    {
        Dropped++;
        return RelayInput.Consumed;
    }
}
