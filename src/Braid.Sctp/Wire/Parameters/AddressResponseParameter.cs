using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Success Indication and Error Cause Indication, viewed in place (RFC 5061 §4.2.3, §4.2.5).</summary>
public readonly ref struct AddressResponseParameter
{
    private const int CorrelationLength = 4;

    private readonly ReadOnlySpan<byte> _causes;

    private AddressResponseParameter(bool isSuccess, uint correlationId, ReadOnlySpan<byte> causes)
    {
        IsSuccess = isSuccess;
        CorrelationId = correlationId;
        _causes = causes;
    }

    /// <summary>Whether the request was done.</summary>
    public bool IsSuccess { get; }

    /// <summary>ASCONF-Response Correlation ID: the request that it answers.</summary>
    public uint CorrelationId { get; }

    /// <summary>Why the request was refused.</summary>
    public CauseReader Causes => new(_causes);

    /// <summary>Views a parameter; false when it is another one or too short.</summary>
    public static bool TryRead(in ParameterView parameter, out AddressResponseParameter value)
    {
        value = default;
        var reader = new WireReader(parameter.Value);
        if (parameter.Type is not (ParameterType.SuccessIndication or ParameterType.ErrorCauseIndication) || !reader.TryReadUInt32(out uint correlationId))
        {
            return false;
        }

        value = new AddressResponseParameter(parameter.Type == ParameterType.SuccessIndication, correlationId, reader.Rest);
        return true;
    }

    /// <summary>Writes a Success Indication; false when it does not fit.</summary>
    public static bool TryWriteSuccess(ref ParameterWriter writer, uint correlationId)
    {
        if (!writer.TryBegin(ParameterType.SuccessIndication, CorrelationLength, out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(correlationId);
        return true;
    }

    /// <summary>Writes an Error Cause Indication with one cause; false when it does not fit.</summary>
    public static bool TryWriteError(ref ParameterWriter writer, uint correlationId, CauseCode code, scoped ReadOnlySpan<byte> info)
    {
        if (!writer.TryBegin(ParameterType.ErrorCauseIndication, CorrelationLength + Tlv.HeaderLength + info.Length, out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(correlationId);
        new CauseWriter(value[CorrelationLength..]).TryWrite(code, info);
        return true;
    }
}
