using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>How INIT and INIT ACK say which <see cref="Extensions"/> their sender knows.</summary>
internal static class ExtensionRules
{
    /// <summary>Bytes that <see cref="Write"/> takes at most.</summary>
    public const int LongestOnWire = 4 + 4 + MostTypes;

    private const int MostTypes = 4;                         // a multiple of 4: room for the padding

    /// <summary>What one parameter adds to what its sender knows.</summary>
    public static Extensions Read(in ParameterView parameter)
    {
        if (parameter.Type == ParameterType.ForwardTsnSupported)
        {
            return Extensions.PartialReliability;            // RFC 3758 §3.1
        }

        if (parameter.Type != ParameterType.SupportedExtensions)
        {
            return Extensions.None;
        }

        SupportedExtensionsParameter list = SupportedExtensionsParameter.Read(parameter);
        return (list.Contains(ChunkType.ForwardTsn) ? Extensions.PartialReliability : 0)
            | (list.Contains(ChunkType.ReConfig) ? Extensions.StreamReconfiguration : 0)
            | (list.Contains(ChunkType.IData) ? Extensions.Interleaving : 0);
    }

    /// <summary>Writes what we know; nothing when it is nothing.</summary>
    public static void Write(ref ParameterWriter writer, Extensions extensions)
    {
        Span<ChunkType> types = stackalloc ChunkType[MostTypes];
        int count = 0;
        if (extensions.HasFlag(Extensions.PartialReliability))
        {
            writer.TryWrite(ParameterType.ForwardTsnSupported, default);
            types[count++] = ChunkType.ForwardTsn;
        }

        if (extensions.HasFlag(Extensions.StreamReconfiguration))
        {
            types[count++] = ChunkType.ReConfig;
        }

        if (extensions.HasFlag(Extensions.Interleaving))
        {
            types[count++] = ChunkType.IData;
            if (extensions.HasFlag(Extensions.PartialReliability))
            {
                types[count++] = ChunkType.IForwardTsn;      // RFC 8260 §2.3.1: who knows the one and the other knows this too
            }
        }

        if (count > 0)
        {
            SupportedExtensionsParameter.TryWrite(ref writer, types[..count]);
        }
    }
}
