using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>ASCONF chunk, viewed in place (RFC 5061 §4.1.1).</summary>
public readonly ref struct AsconfChunk : IChunk<AsconfChunk>
{
    private const int NumberLength = 4;

    /// <summary>Bytes before the parameters, header and longest address included.</summary>
    internal const int LongestHeader = Tlv.HeaderLength + NumberLength + AddressParameter.LongestOnWire;

    private readonly ReadOnlySpan<byte> _parameters;

    private AsconfChunk(uint number, NetworkAddress address, bool isWildcard, ReadOnlySpan<byte> parameters)
    {
        Number = number;
        Address = address;
        IsWildcard = isWildcard;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Asconf;

    /// <summary>Sequence Number.</summary>
    public uint Number { get; }

    /// <summary>Address Parameter: an address of the sender that is part of the association; none for a host name, which is ignored.</summary>
    public NetworkAddress Address { get; }

    /// <summary>Whether that is 0.0.0.0 or ::, which says nothing.</summary>
    public bool IsWildcard { get; }

    /// <summary>ASCONF Parameters.</summary>
    public ParameterReader Parameters => new(_parameters);

    /// <summary>Their bytes.</summary>
    internal int ParametersLength => _parameters.Length;

    /// <summary>Views a chunk; false when it does not begin with an address, or a parameter is not whole.</summary>
    public static bool TryRead(in ChunkView chunk, out AsconfChunk value)
    {
        value = default;
        var reader = new WireReader(chunk.Value);
        if (!reader.TryReadUInt32(out uint number))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = reader.Rest;
        if (!Tlv.TryTake(ref rest, out ReadOnlySpan<byte> first))
        {
            return false;
        }

        var view = new ParameterView(first);
        bool isAddress = AddressParameter.TryRead(view, out NetworkAddress address);
        if (!isAddress && view.Type != ParameterType.HostNameAddress)
        {
            return false;
        }

        var parameters = new ParameterReader(rest);
        while (parameters.TryRead(out _))
        {
        }

        value = new AsconfChunk(number, address, isAddress && view.Value.TrimStart((byte)0).IsEmpty, rest);
        return !parameters.IsMalformed;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="value">What follows the chunk header.</param>
    internal static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> value)
    {
        if (!packet.TryBeginChunk(Type, 0, value.Length, out Span<byte> room))
        {
            return false;
        }

        value.CopyTo(room);
        return true;
    }

    /// <summary>Makes what follows the chunk header.</summary>
    /// <param name="number">Sequence Number.</param>
    /// <param name="address">An address of ours that the peer knows.</param>
    /// <param name="parameters">The parameters, encoded.</param>
    internal static byte[] Encode(uint number, in NetworkAddress address, ReadOnlySpan<byte> parameters)
    {
        Span<byte> room = stackalloc byte[LongestHeader];
        new WireWriter(room).WriteUInt32(number);
        var writer = new ParameterWriter(room[NumberLength..]);
        if (!AddressParameter.TryWrite(ref writer, address))
        {
            writer.TryWrite(ParameterType.IPv4Address, [0, 0, 0, 0]);
        }

        return [.. room[..(NumberLength + writer.Length)], .. parameters];
    }
}
