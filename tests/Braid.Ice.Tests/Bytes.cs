using System;
using System.Net;
using Braid.Core;

namespace Braid.Ice.Tests;

/// <summary>Bytes and addresses as people write them.</summary>
internal static class Bytes
{
    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""));

    public static NetworkAddress Address(string text)
    {
        IPEndPoint point = IPEndPoint.Parse(text);
        byte[] bytes = point.Address.GetAddressBytes();
        return bytes.Length == 4 ? NetworkAddress.FromIPv4(bytes, (ushort)point.Port) : NetworkAddress.FromIPv6(bytes, (ushort)point.Port);
    }
}
