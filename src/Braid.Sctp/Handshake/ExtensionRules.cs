using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>How INIT and INIT ACK say which <see cref="Extensions"/> their sender knows.</summary>
internal static class ExtensionRules
{
    /// <summary>Bytes that <see cref="Write"/> takes at most.</summary>
    public const int LongestOnWire = 4 + 4 + MostTypes + ZeroChecksumAcceptableParameter.LengthOnWire + 4;

    private const int MostTypes = 8;                         // a multiple of 4: room for the padding

    // What is known of a peer only here: it lists I-FORWARD-TSN.
    private const Extensions KnowsInterleavedForwardTsn = (Extensions)0x8000;

    /// <summary>What an association may offer on this endpoint.</summary>
    public static Extensions Offered(EndpointOptions endpoint, AssociationOptions options) =>
        (options.Extensions | (options.OfferedAuthentication is null ? Extensions.None : Extensions.Authentication))
        & ~(endpoint.ErrorDetection == AlternateErrorDetection.None ? Extensions.ZeroChecksum : Extensions.None)
        & ~(endpoint.CarriesEcn ? Extensions.None : Extensions.Ecn)
        & ~(endpoint.Families == NetworkFamilies.None ? Extensions.AddressReconfiguration : Extensions.None);      // RFC 8261 §6.1: below there is one pair

    /// <summary>What both sides use of what they know.</summary>
    public static Extensions Agreed(Extensions ours, Extensions peers)
    {
        Extensions both = ours & peers & ~KnowsInterleavedForwardTsn;
        if ((both & Extensions.Authentication) == 0)
        {
            both &= ~Extensions.AddressReconfiguration;      // RFC 5061 §4.1.1: never without
        }

        if ((both & Extensions.Interleaving) == 0)
        {
            return both;
        }

        // RFC 8260 §2.3.1: what counts where I-DATA is used is whether the peer knows I-FORWARD-TSN, and not FORWARD TSN.
        bool mayBeSkipped = (ours & Extensions.PartialReliability) != 0 && (peers & KnowsInterleavedForwardTsn) != 0;
        return mayBeSkipped ? both | Extensions.PartialReliability : both & ~Extensions.PartialReliability;
    }

    /// <summary>What one parameter adds to what its sender knows.</summary>
    public static Extensions Read(in ParameterView parameter)
    {
        if (parameter.Type == ParameterType.ForwardTsnSupported)
        {
            return Extensions.PartialReliability;            // RFC 3758 §3.1
        }

        if (parameter.Type == ParameterType.EcnCapable)
        {
            return Extensions.Ecn;
        }

        if (parameter.Type == ParameterType.ZeroChecksumAcceptable)
        {
            return ZeroChecksumAcceptableParameter.TryRead(parameter, out AlternateErrorDetection method)
                && method == AlternateErrorDetection.LowerLayerDtls ? Extensions.ZeroChecksum : Extensions.None;
        }

        if (parameter.Type != ParameterType.SupportedExtensions)
        {
            return Extensions.None;
        }

        SupportedExtensionsParameter list = SupportedExtensionsParameter.Read(parameter);
        return (list.Contains(ChunkType.ForwardTsn) ? Extensions.PartialReliability : 0)
            | (list.Contains(ChunkType.ReConfig) ? Extensions.StreamReconfiguration : 0)
            | (list.Contains(ChunkType.IData) ? Extensions.Interleaving : 0)
            | (list.Contains(ChunkType.NrSack) ? Extensions.NonRenegableSack : 0)
            | (list.Contains(ChunkType.Asconf) && list.Contains(ChunkType.AsconfAck) ? Extensions.AddressReconfiguration : 0)
            | (list.Contains(ChunkType.IForwardTsn) ? KnowsInterleavedForwardTsn : 0);
    }

    /// <summary>Writes what we know; nothing when it is nothing.</summary>
    public static void Write(ref ParameterWriter writer, Extensions extensions)
    {
        Span<ChunkType> types = stackalloc ChunkType[MostTypes];
        int count = 0;
        if ((extensions & Extensions.PartialReliability) != 0)
        {
            writer.TryWrite(ParameterType.ForwardTsnSupported, default);
            types[count++] = ChunkType.ForwardTsn;
        }

        if ((extensions & Extensions.StreamReconfiguration) != 0)
        {
            types[count++] = ChunkType.ReConfig;
        }

        if ((extensions & Extensions.Interleaving) != 0)
        {
            types[count++] = ChunkType.IData;
            if ((extensions & Extensions.PartialReliability) != 0)
            {
                types[count++] = ChunkType.IForwardTsn;
            }
        }

        if ((extensions & Extensions.NonRenegableSack) != 0)
        {
            types[count++] = ChunkType.NrSack;
        }

        if ((extensions & Extensions.Authentication) != 0)
        {
            types[count++] = ChunkType.Auth;                 // what counts is what RFC 4895 §3 has beside this
        }

        if ((extensions & Extensions.AddressReconfiguration) != 0)
        {
            types[count++] = ChunkType.Asconf;               // RFC 5061 §4.2.7: both, and AUTH
            types[count++] = ChunkType.AsconfAck;
        }

        if (count > 0)
        {
            SupportedExtensionsParameter.TryWrite(ref writer, types[..count]);
        }

        if ((extensions & Extensions.Ecn) != 0)
        {
            writer.TryWrite(ParameterType.EcnCapable, default);
        }

        if ((extensions & Extensions.ZeroChecksum) != 0)
        {
            ZeroChecksumAcceptableParameter.TryWrite(ref writer, AlternateErrorDetection.LowerLayerDtls);
        }
    }
}
