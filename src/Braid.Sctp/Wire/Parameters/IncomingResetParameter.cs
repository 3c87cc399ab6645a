using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Incoming SSN Reset Request parameter, viewed in place (RFC 6525 §4.2).</summary>
public readonly ref struct IncomingResetParameter
{
    private const int FieldsLength = 4;

    private IncomingResetParameter(uint number, StreamList streams)
    {
        Number = number;
        Streams = streams;
    }

    /// <summary>Re-configuration Request Sequence Number.</summary>
    public uint Number { get; }

    /// <summary>The sender's incoming streams.</summary>
    public StreamList Streams { get; }

    /// <summary>Bytes of a parameter with this many streams, header included.</summary>
    public static int LengthOnWire(int streams) => Tlv.HeaderLength + FieldsLength + (streams * StreamList.EntryLength);

    /// <summary>Views a parameter; false when its length is not 8 and 2 for each stream.</summary>
    public static bool TryRead(in ParameterView parameter, out IncomingResetParameter value)
    {
        var reader = new WireReader(parameter.Value);
        if (reader.TryReadUInt32(out uint number) && reader.Remaining % StreamList.EntryLength == 0)
        {
            value = new IncomingResetParameter(number, new StreamList(reader.Rest));
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a parameter; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, uint number, scoped ReadOnlySpan<StreamId> streams)
    {
        if (!writer.TryBegin(ParameterType.IncomingResetRequest, LengthOnWire(streams.Length) - Tlv.HeaderLength, out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(number);
        StreamList.Write(value[FieldsLength..], streams);
        return true;
    }
}
