using System;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>The Binding method without credentials: what a STUN server is (RFC 8489 §12), and what a client asks it.</summary>
public static class StunBinding
{
    internal const int MaximumUnknown = 16;

    /// <summary>Writes a request for one's own address, with FINGERPRINT.</summary>
    /// <returns>Its length.</returns>
    public static int WriteRequest(Span<byte> destination, in StunTransactionId id)
    {
        var writer = new StunWriter(destination, StunClass.Request, StunMethod.Binding, id);
        writer.AddFingerprint();
        return writer.Finish();
    }

    /// <summary>Answers a request as a server does; keeps no state.</summary>
    /// <param name="request">What has arrived.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="destination">Where the answer goes.</param>
    /// <returns>Its length; 0 when there is nothing to answer.</returns>
    public static int Answer(in StunView request, in NetworkAddress source, Span<byte> destination)
    {
        if (request.Class != StunClass.Request || request.Method != StunMethod.Binding || (request.HasFingerprint && !request.HasValidFingerprint))
        {
            return 0;
        }

        Span<ushort> unknown = stackalloc ushort[MaximumUnknown];
        int count = request.FindUnknownRequired(unknown);
        StunClass answer = count > 0 ? StunClass.ErrorResponse : StunClass.SuccessResponse;
        var writer = new StunWriter(destination, answer, StunMethod.Binding, request.TransactionId);
        if (count > 0)
        {
            writer.AddError(StunError.UnknownAttribute);
            writer.AddUnknownAttributes(unknown[..count]);
        }
        else
        {
            writer.AddAddress(StunAttributeType.XorMappedAddress, source);
        }

        if (request.HasFingerprint)
        {
            writer.AddFingerprint();
        }

        return writer.Finish();
    }
}
