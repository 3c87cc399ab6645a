using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>IPv4 Address and IPv6 Address parameters (RFC 9260 §3.3.2.1.1, §3.3.2.1.2).</summary>
public static class AddressParameter
{
    /// <summary>Bytes of the longer of the two, header included.</summary>
    public const int LongestOnWire = 20;

    /// <summary>Reads an address, with port 0; false when the length is not that of its family.</summary>
    public static bool TryRead(in ParameterView parameter, out NetworkAddress address)
    {
        address = parameter.Type switch
        {
            ParameterType.IPv4Address when parameter.Value.Length == 4 => NetworkAddress.FromIPv4(parameter.Value, 0),
            ParameterType.IPv6Address when parameter.Value.Length == 16 => NetworkAddress.FromIPv6(parameter.Value, 0),
            _ => NetworkAddress.None,
        };
        return address.Family != NetworkFamily.None;
    }

    /// <summary>Writes an address; false when it does not fit, or is none.</summary>
    public static bool TryWrite(ref ParameterWriter writer, in NetworkAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.WriteAddress(bytes);
        ParameterType type = address.Family == NetworkFamily.IPv4 ? ParameterType.IPv4Address : ParameterType.IPv6Address;
        return length > 0 && writer.TryWrite(type, bytes[..length]);
    }
}
