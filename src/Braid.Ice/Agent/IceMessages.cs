using System;
using System.Text;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>Writes what an agent sends (RFC 8445 §7.1, §7.2.2, §7.3).</summary>
internal static class IceMessages
{
    /// <summary>Longer than every message of an agent: user names are its longest part.</summary>
    public const int LongestLength = 1024;

    /// <returns>Its length; 0 when it does not fit.</returns>
    public static int Write(in OutgoingMessage message, Span<byte> destination)
    {
        switch (message.Kind)
        {
            case OutgoingKind.Check:
                return WriteCheck(message, destination);
            case OutgoingKind.Success:
            case OutgoingKind.Error:
                return WriteAnswer(message, destination);
            case OutgoingKind.Gathering:
                return StunBinding.WriteRequest(destination, message.Id);
            default:
                var keepalive = new StunWriter(destination, StunClass.Indication, StunMethod.Binding, message.Id);
                keepalive.AddFingerprint();
                return keepalive.Finish();
        }
    }

    /// <summary>Whether a USERNAME names somebody as the one who is asked: what stands before the colon (RFC 8445 §7.3).</summary>
    public static bool IsFor(ReadOnlySpan<byte> username, IceCredentials local)
    {
        int colon = username.IndexOf((byte)':');
        return colon > 0 && Ascii.Equals(username[..colon], local.UsernameFragment);
    }

    private static int WriteCheck(in OutgoingMessage message, Span<byte> destination)
    {
        var writer = new StunWriter(destination, StunClass.Request, StunMethod.Binding, message.Id);
        Span<byte> username = stackalloc byte[513];
        int length = Encoding.ASCII.GetBytes(message.Remote!.UsernameFragment, username);
        username[length++] = (byte)':';
        length += Encoding.ASCII.GetBytes(message.Local!.UsernameFragment, username[length..]);
        writer.Add(StunAttributeType.Username, username[..length]);
        writer.AddUInt32(StunAttributeType.Priority, message.Priority);
        writer.AddUInt64(
            message.Role == IceRole.Controlling ? StunAttributeType.IceControlling : StunAttributeType.IceControlled, message.TieBreaker);
        if (message.UseCandidate)
        {
            writer.Add(StunAttributeType.UseCandidate);
        }

        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, message.Remote.Key);
        writer.AddFingerprint();
        return writer.Finish();
    }

    private static int WriteAnswer(in OutgoingMessage message, Span<byte> destination)
    {
        bool isSuccess = message.Kind == OutgoingKind.Success;
        var writer = new StunWriter(
            destination, isSuccess ? StunClass.SuccessResponse : StunClass.ErrorResponse, StunMethod.Binding, message.Id);
        if (isSuccess)
        {
            writer.AddAddress(StunAttributeType.XorMappedAddress, message.Path.Remote);
        }
        else
        {
            writer.AddError(message.ErrorCode);
            if (message.UnknownAttribute != 0)
            {
                writer.AddUnknownAttributes([message.UnknownAttribute]);
            }
        }

        if (message.Local is not null)
        {
            writer.AddIntegrity(message.Integrity, message.Local.Key);
        }

        writer.AddFingerprint();
        return writer.Finish();
    }
}
