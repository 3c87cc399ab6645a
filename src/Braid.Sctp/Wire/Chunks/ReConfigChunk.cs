using System;

namespace Braid.Sctp.Wire;

/// <summary>RE-CONFIG chunk, viewed in place (RFC 6525 §3.1): one or two of the parameters of §4.</summary>
public readonly ref struct ReConfigChunk : IChunk<ReConfigChunk>
{
    private const int MostParameters = 2;

    private readonly ReadOnlySpan<byte> _parameters;

    private ReConfigChunk(ReadOnlySpan<byte> parameters, bool isAllowed)
    {
        _parameters = parameters;
        IsAllowed = isAllowed;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.ReConfig;

    /// <summary>The parameters. Each has the length that its type wants, if it is one of §4.</summary>
    public ParameterReader Parameters => new(_parameters);

    /// <summary>Whether the parameters are one of the combinations of §3.1.</summary>
    public bool IsAllowed { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ReConfigChunk value)
    {
        value = default;
        var reader = new ParameterReader(chunk.Value);
        Span<ParameterType> types = stackalloc ParameterType[MostParameters];
        int count = 0;
        while (reader.TryRead(out ParameterView parameter))
        {
            if (!HasRightLength(parameter))
            {
                return false;
            }

            if (count < MostParameters)
            {
                types[count] = parameter.Type;
            }

            count++;
        }

        if (reader.IsMalformed || count == 0)
        {
            return false;
        }

        value = new ReConfigChunk(chunk.Value, count <= MostParameters && IsCombination(types[..count]));
        return true;
    }

    /// <summary>Length of the chunk, padded, in bytes.</summary>
    public static int LengthOnWire(int parameters) => Tlv.HeaderLength + ((parameters + 3) & ~3);

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="parameters">Its parameters, encoded.</param>
    public static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> parameters)
    {
        if (!packet.TryBeginChunk(Type, 0, parameters.Length, out Span<byte> value))
        {
            return false;
        }

        parameters.CopyTo(value);
        return true;
    }

    private static bool HasRightLength(in ParameterView parameter) => parameter.Type switch
    {
        ParameterType.OutgoingResetRequest => OutgoingResetParameter.TryRead(parameter, out _),
        ParameterType.IncomingResetRequest => IncomingResetParameter.TryRead(parameter, out _),
        ParameterType.AssociationResetRequest => AssociationResetParameter.TryRead(parameter, out _),
        ParameterType.ReconfigurationResponse => ReconfigurationResponseParameter.TryRead(parameter, out _),
        ParameterType.AddOutgoingStreamsRequest or ParameterType.AddIncomingStreamsRequest => AddStreamsParameter.TryRead(parameter, out _),
        _ => true,
    };

    // §3.1, but for the order, of which it says nothing.
    private static bool IsCombination(ReadOnlySpan<ParameterType> types)
    {
        if (types.Length == 1)
        {
            return types[0] is >= ParameterType.OutgoingResetRequest and <= ParameterType.AddIncomingStreamsRequest;
        }

        return (types[0], types[1]) is (ParameterType.OutgoingResetRequest, ParameterType.IncomingResetRequest)
            or (ParameterType.IncomingResetRequest, ParameterType.OutgoingResetRequest)
            or (ParameterType.AddOutgoingStreamsRequest, ParameterType.AddIncomingStreamsRequest)
            or (ParameterType.AddIncomingStreamsRequest, ParameterType.AddOutgoingStreamsRequest)
            or (ParameterType.ReconfigurationResponse, ParameterType.OutgoingResetRequest)
            or (ParameterType.OutgoingResetRequest, ParameterType.ReconfigurationResponse)
            or (ParameterType.ReconfigurationResponse, ParameterType.ReconfigurationResponse);
    }
}
