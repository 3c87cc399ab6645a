using System.Collections.Generic;
using Braid.Sctp.Wire;

namespace Braid.Sockets;

/// <summary>How the chunks of an association are authenticated (RFC 4895), as of a moment ago.</summary>
/// <param name="ActiveKey">The key that messages are sent with which name no other (SCTP_AUTH_ACTIVE_KEY, RFC 6458 §8.1.18); null where no authentication is offered.</param>
/// <param name="PeerChunks">Chunk types that the peer takes only when they are authenticated (SCTP_PEER_AUTH_CHUNKS, §8.2.3).</param>
/// <param name="LocalChunks">Chunk types that we take only when they are authenticated (SCTP_LOCAL_AUTH_CHUNKS, §8.2.4).</param>
public sealed record SctpAuthentication(ushort? ActiveKey, IReadOnlyList<ChunkType> PeerChunks, IReadOnlyList<ChunkType> LocalChunks);
