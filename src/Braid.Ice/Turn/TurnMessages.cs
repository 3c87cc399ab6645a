using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>Writes requests to a TURN server (RFC 8656 §7.1, §8.1, §10.1, §12.1).</summary>
internal static class TurnMessages
{
    private const byte Udp = 17;                             // the protocol number in REQUESTED-TRANSPORT

    /// <returns>Its length; 0 when it does not fit.</returns>
    public static int Write(TurnRequest request, TurnOptions options, LongTermCredentials credentials, Span<byte> destination)
    {
        var writer = new StunWriter(destination, StunClass.Request, request.Method, request.Id);
        switch (request.Method)
        {
            case StunMethod.Allocate:
                writer.AddUInt32(StunAttributeType.RequestedTransport, Udp << 24);
                writer.AddUInt32(StunAttributeType.Lifetime, (uint)options.Lifetime.TotalSeconds);
                if (options.BothFamilies)
                {
                    writer.AddUInt32(StunAttributeType.AdditionalAddressFamily, (uint)StunAddress.FamilyCode(NetworkFamily.IPv6) << 24);
                }
                else if (options.Family != NetworkFamily.None)
                {
                    writer.AddUInt32(StunAttributeType.RequestedAddressFamily, (uint)StunAddress.FamilyCode(options.Family) << 24);
                }

                break;
            case StunMethod.Refresh:
                writer.AddUInt32(StunAttributeType.Lifetime, request.IsDelete ? 0 : (uint)options.Lifetime.TotalSeconds);
                break;
            case StunMethod.CreatePermission:
                writer.AddAddress(StunAttributeType.XorPeerAddress, request.Permission!.Host);
                break;
            default:
                writer.AddUInt32(StunAttributeType.ChannelNumber, (uint)request.Channel!.Number << 16);
                writer.AddAddress(StunAttributeType.XorPeerAddress, request.Channel.Peer);
                break;
        }

        if (request.IsSigned)
        {
            credentials.AddTo(ref writer);
        }

        return writer.Finish();
    }
}
