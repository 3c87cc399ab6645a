namespace Braid.Core;

/// <summary>
/// Where a datagram came from or goes to. Both ends may be <see cref="NetworkAddress.None"/>: inside DTLS an association
/// has no address, and nothing in it may ask for one.
/// </summary>
/// <param name="Local">The local address, or none where the socket chooses it.</param>
/// <param name="Remote">The peer's address.</param>
public readonly record struct NetworkPath(NetworkAddress Local, NetworkAddress Remote)
{
    /// <summary>A path without addresses, for a transport that already names one peer.</summary>
    public static NetworkPath None => default;

    /// <inheritdoc/>
    public override string ToString() => $"{Local} -> {Remote}";
}
