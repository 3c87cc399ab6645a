using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Add Outgoing Streams Request and Add Incoming Streams Request parameter (RFC 6525 §4.5, §4.6): one layout, two types.</summary>
/// <param name="Number">Re-configuration Request Sequence Number.</param>
/// <param name="Streams">Number of new streams.</param>
public readonly record struct AddStreamsParameter(uint Number, ushort Streams)
{
    private const int FieldsLength = 8;

    /// <summary>Reads a parameter; false when its length is not 12 bytes.</summary>
    public static bool TryRead(in ParameterView parameter, out AddStreamsParameter value)
    {
        var reader = new WireReader(parameter.Value);
        bool isWhole = reader.TryReadUInt32(out uint number) & reader.TryReadUInt16(out ushort streams) & reader.TryReadUInt16(out _)
            && reader.Remaining == 0;
        value = new AddStreamsParameter(number, streams);
        return isWhole;
    }

    /// <summary>Writes a parameter of one of the two types; false when it does not fit.</summary>
    public bool TryWrite(ref ParameterWriter writer, ParameterType type)
    {
        if (!writer.TryBegin(type, FieldsLength, out Span<byte> value))
        {
            return false;
        }

        var fields = new WireWriter(value);
        fields.WriteUInt32(Number);
        fields.WriteUInt16(Streams);
        fields.WriteUInt16(0);                               // reserved
        return true;
    }
}
