using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Re-configuration Response parameter (RFC 6525 §4.4).</summary>
/// <param name="Number">Re-configuration Response Sequence Number: the request that it answers.</param>
/// <param name="Result">What became of that.</param>
/// <param name="SenderNext">The TSN that the sender of the response will use next; only for an SSN/TSN reset.</param>
/// <param name="ReceiverNext">The TSN that its receiver must use next; there exactly when <paramref name="SenderNext"/> is.</param>
public readonly record struct ReconfigurationResponseParameter(
    uint Number, ReconfigurationResult Result, Tsn? SenderNext = null, Tsn? ReceiverNext = null)
{
    private const int ShortLength = 8;
    private const int LongLength = 16;

    /// <summary>Bytes of the longer form, header included.</summary>
    internal const int LongestOnWire = Tlv.HeaderLength + LongLength;

    /// <summary>Reads a parameter; false when its length is neither 12 nor 20 bytes.</summary>
    public static bool TryRead(in ParameterView parameter, out ReconfigurationResponseParameter value)
    {
        var reader = new WireReader(parameter.Value);
        value = default;
        if (!reader.TryReadUInt32(out uint number) || !reader.TryReadUInt32(out uint result))
        {
            return false;
        }

        value = new ReconfigurationResponseParameter(number, (ReconfigurationResult)result);
        if (reader.Remaining == 0)
        {
            return true;
        }

        if (!reader.TryReadUInt32(out uint senderNext) || !reader.TryReadUInt32(out uint receiverNext) || reader.Remaining != 0)
        {
            return false;
        }

        value = value with { SenderNext = new Tsn(senderNext), ReceiverNext = new Tsn(receiverNext) };
        return true;
    }

    /// <summary>Writes the parameter; false when it does not fit.</summary>
    public bool TryWrite(ref ParameterWriter writer)
    {
        bool isLong = SenderNext is not null && ReceiverNext is not null;
        if (!writer.TryBegin(ParameterType.ReconfigurationResponse, isLong ? LongLength : ShortLength, out Span<byte> value))
        {
            return false;
        }

        var fields = new WireWriter(value);
        fields.WriteUInt32(Number);
        fields.WriteUInt32((uint)Result);
        if (isLong)
        {
            fields.WriteUInt32(SenderNext!.Value.Value);
            fields.WriteUInt32(ReceiverNext!.Value.Value);
        }

        return true;
    }
}
