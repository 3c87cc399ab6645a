using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Add IP Address, Delete IP Address and Set Primary IP Address, viewed in place (RFC 5061 §4.2.1, §4.2.2, §4.2.4).</summary>
public readonly ref struct AddressChangeParameter
{
    private const int CorrelationLength = 4;

    /// <summary>Bytes of the longest that we write, header included.</summary>
    internal const int LongestOnWire = Tlv.HeaderLength + CorrelationLength + AddressParameter.LongestOnWire;

    private AddressChangeParameter(ParameterType type, uint correlationId, ParameterView address)
    {
        Type = type;
        CorrelationId = correlationId;
        AddressBytes = address.Bytes;
        IsAddress = AddressParameter.TryRead(address, out NetworkAddress found);
        Address = found;
    }

    /// <summary>Which of the three it is.</summary>
    public ParameterType Type { get; }

    /// <summary>ASCONF-Request Correlation ID: the response repeats it.</summary>
    public uint CorrelationId { get; }

    /// <summary>Whether it has an IPv4 or IPv6 address in it.</summary>
    public bool IsAddress { get; }

    /// <summary>That address, with port 0.</summary>
    public NetworkAddress Address { get; }

    /// <summary>Whether it is 0.0.0.0 or ::, which stands for the source of the packet.</summary>
    public bool IsWildcard => IsAddress && AddressBytes[Tlv.HeaderLength..].TrimStart((byte)0).IsEmpty;

    /// <summary>The parameter inside, header included.</summary>
    public ReadOnlySpan<byte> AddressBytes { get; }

    /// <summary>Views a parameter; false when it is another one, or there is no whole parameter in it.</summary>
    public static bool TryRead(in ParameterView parameter, out AddressChangeParameter value)
    {
        value = default;
        var reader = new WireReader(parameter.Value);
        if (parameter.Type is not (ParameterType.AddIPAddress or ParameterType.DeleteIPAddress or ParameterType.SetPrimaryAddress)
            || !reader.TryReadUInt32(out uint correlationId))
        {
            return false;
        }

        var inner = new ParameterReader(reader.Rest);
        if (!inner.TryRead(out ParameterView address))
        {
            return false;
        }

        value = new AddressChangeParameter(parameter.Type, correlationId, address);
        return true;
    }

    /// <summary>Writes a parameter; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, ParameterType type, uint correlationId, in NetworkAddress address)
    {
        Span<byte> room = stackalloc byte[AddressParameter.LongestOnWire];
        var inner = new ParameterWriter(room);
        if (!AddressParameter.TryWrite(ref inner, address) || !writer.TryBegin(type, CorrelationLength + inner.Length, out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(correlationId);
        inner.Written.CopyTo(value[CorrelationLength..]);
        return true;
    }
}
