using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Outgoing SSN Reset Request parameter, viewed in place (RFC 6525 §4.1).</summary>
public readonly ref struct OutgoingResetParameter
{
    private const int FieldsLength = 12;

    private OutgoingResetParameter(uint number, uint responseNumber, Tsn lastTsn, StreamList streams)
    {
        Number = number;
        ResponseNumber = responseNumber;
        LastTsn = lastTsn;
        Streams = streams;
    }

    /// <summary>Re-configuration Request Sequence Number.</summary>
    public uint Number { get; }

    /// <summary>Re-configuration Response Sequence Number: the incoming request that this one answers, or the last one received.</summary>
    public uint ResponseNumber { get; }

    /// <summary>Sender's Last Assigned TSN.</summary>
    public Tsn LastTsn { get; }

    /// <summary>The sender's outgoing streams.</summary>
    public StreamList Streams { get; }

    /// <summary>Bytes of a parameter with this many streams, header included.</summary>
    public static int LengthOnWire(int streams) => Tlv.HeaderLength + FieldsLength + (streams * StreamList.EntryLength);

    /// <summary>Views a parameter; false when its length is not 16 and 2 for each stream.</summary>
    public static bool TryRead(in ParameterView parameter, out OutgoingResetParameter value)
    {
        var reader = new WireReader(parameter.Value);
        if (reader.TryReadUInt32(out uint number) && reader.TryReadUInt32(out uint response) && reader.TryReadUInt32(out uint tsn)
            && reader.Remaining % StreamList.EntryLength == 0)
        {
            value = new OutgoingResetParameter(number, response, new Tsn(tsn), new StreamList(reader.Rest));
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a parameter; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, uint number, uint responseNumber, Tsn lastTsn, scoped ReadOnlySpan<StreamId> streams)
    {
        if (!writer.TryBegin(ParameterType.OutgoingResetRequest, LengthOnWire(streams.Length) - Tlv.HeaderLength, out Span<byte> value))
        {
            return false;
        }

        var fields = new WireWriter(value);
        fields.WriteUInt32(number);
        fields.WriteUInt32(responseNumber);
        fields.WriteUInt32(lastTsn.Value);
        StreamList.Write(value[FieldsLength..], streams);
        return true;
    }
}
