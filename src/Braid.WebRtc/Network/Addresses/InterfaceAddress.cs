using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>An address of this host, with what the system says of it.</summary>
/// <param name="Address">The address, without a port.</param>
/// <param name="InterfaceIndex">The interface's number.</param>
/// <param name="PrefixLength">How many of its bits are the network's.</param>
/// <param name="IsTemporary">Whether it changes now and then, so that nobody is known by it (RFC 8981).</param>
/// <param name="IsDeprecated">Whether nothing new is to begin from it (RFC 4862 §5.5.4).</param>
internal readonly record struct InterfaceAddress(
    NetworkAddress Address, int InterfaceIndex, int PrefixLength = 64, bool IsTemporary = false, bool IsDeprecated = false);

/// <summary>Which of this host's addresses a peer may come to know (RFC 8828 §5.2).</summary>
internal enum AddressPolicy : byte
{
    /// <summary>All (mode 1).</summary>
    All,

    /// <summary>The one of each family that packets to the internet leave from (mode 2).</summary>
    DefaultRoute,
}
