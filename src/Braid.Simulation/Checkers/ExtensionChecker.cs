using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// Both sides use what both have offered, and no other (RFC 5061 §4.2.7): what they agreed on is the intersection, and nothing of an
/// extension that they did not agree on is on the wire.
/// </summary>
public static class ExtensionChecker
{
    /// <summary>Looks at what one side takes for agreed on.</summary>
    /// <param name="agreed">That.</param>
    /// <param name="offered">What it has offered.</param>
    /// <param name="peerOffered">What its peer has.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public static string? CheckAgreed(Extensions agreed, Extensions offered, Extensions peerOffered)
    {
        Extensions expected = offered & peerOffered;
        expected &= (expected & Extensions.Authentication) == 0 ? ~Extensions.AddressReconfiguration : ~Extensions.None;     // RFC 5061 §4.1.1
        return agreed == expected ? null : $"{offered} and {peerOffered} have become {agreed}";
    }

    /// <summary>Looks at a packet of an association.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="agreed">What both sides use.</param>
    /// <param name="options">The sender's options.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public static string? Check(in PacketView packet, Extensions agreed, AssociationOptions options)
    {
        if (!Has(agreed, Extensions.ZeroChecksum) && !packet.HasValidChecksum())
        {
            return "its checksum is left out, and that was not agreed on";
        }

        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (!IsAllowed(chunk.Type, agreed, options))
            {
                return $"{PacketText.Name(chunk.Type)} is in it, and {agreed} was agreed on";
            }
        }

        return null;
    }

    private static bool IsAllowed(ChunkType type, Extensions agreed, AssociationOptions options) => type switch
    {
        ChunkType.Data => !Has(agreed, Extensions.Interleaving),
        ChunkType.IData => Has(agreed, Extensions.Interleaving),
        ChunkType.ForwardTsn => Has(agreed, Extensions.PartialReliability) && !Has(agreed, Extensions.Interleaving),
        ChunkType.IForwardTsn => Has(agreed, Extensions.PartialReliability) && Has(agreed, Extensions.Interleaving),
        ChunkType.ReConfig => Has(agreed, Extensions.StreamReconfiguration),
        ChunkType.Auth => Has(agreed, Extensions.Authentication),
        ChunkType.Asconf or ChunkType.AsconfAck => Has(agreed, Extensions.AddressReconfiguration),
        ChunkType.Ecne or ChunkType.Cwr => Has(agreed, Extensions.Ecn),
        ChunkType.Pad => options.MaximumPathMtu > options.PathMtu,           // nobody agrees on it; who does not search does not send it
        _ => true,
    };

    private static bool Has(Extensions all, Extensions one) => (all & one) != 0;
}
