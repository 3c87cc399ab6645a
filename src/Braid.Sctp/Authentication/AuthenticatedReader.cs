using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Walks the chunks of a packet and leaves out what should be authenticated and is not (RFC 4895 §6.3). Without authentication it is a
/// <see cref="ChunkReader"/>.
/// </summary>
internal ref struct AuthenticatedReader
{
    private readonly Tcb _tcb;
    private readonly ChunkAuthentication? _authentication;
    private ChunkReader _chunks;
    private bool _isAuthenticated;
    private bool _hasAuth;

    /// <param name="packet">The packet.</param>
    /// <param name="tcb">Whose it is.</param>
    /// <param name="wasChecked">Whether the AUTH chunk at its beginning was found right already.</param>
    public AuthenticatedReader(in PacketView packet, Tcb tcb, bool wasChecked)
    {
        _tcb = tcb;
        _authentication = tcb.Authentication is { Vectors: not null } authentication ? authentication : null;
        _chunks = packet.Chunks;
        if (_authentication is not null)
        {
            _authentication.IsDoubtful = _authentication.Requires(ChunkType.Abort) && !wasChecked;
        }

        if (wasChecked && _chunks.TryRead(out ChunkView chunk) && AuthChunk.TryRead(chunk, out AuthChunk auth))
        {
            _isAuthenticated = _hasAuth = true;
            _authentication?.Keys.OnUsedByPeer(auth.KeyId);
        }
    }

    /// <inheritdoc cref="ChunkReader.IsMalformed"/>
    public readonly bool IsMalformed => _chunks.IsMalformed;

    /// <summary>Whether the chunk that was read last stands behind an AUTH chunk with the right code.</summary>
    public readonly bool IsAuthenticated => _isAuthenticated;

    /// <summary>Whether an ABORT was left out.</summary>
    public bool HasIgnoredAbort { get; private set; }

    /// <summary>Takes the next chunk that counts.</summary>
    public bool TryRead(out ChunkView chunk)
    {
        ReadOnlySpan<byte> rest = _chunks.Rest;
        while (_chunks.TryRead(out chunk))
        {
            if (_authentication is null)
            {
                return true;
            }

            if (chunk.Type == ChunkType.Auth)
            {
                _isAuthenticated = !_hasAuth && IsRight(chunk, rest);
                if (!_isAuthenticated)
                {
                    if (_hasAuth)
                    {
                        _tcb.Context.Drops.Count(DropReason.MalformedChunk);         // §5.1: there is never a second one
                    }

                    _chunks = default;                       // §6.3: and nothing behind it is looked at
                    return false;
                }

                _hasAuth = true;
                _authentication.IsDoubtful = false;
            }
            else if (_isAuthenticated || !_authentication.Requires(chunk.Type))
            {
                return true;
            }
            else
            {
                HasIgnoredAbort |= chunk.Type == ChunkType.Abort;
                _tcb.Context.Drops.Count(DropReason.NotAuthenticated);
                if (chunk.Type == ChunkType.Asconf)
                {
                    _chunks = default;                       // RFC 5061 §5.2 D5: with it goes the rest of the packet
                    return false;
                }
            }

            rest = _chunks.Rest;
        }

        return false;
    }

    /// <summary>The packet is at its end: what follows is our own doing.</summary>
    public readonly void End()
    {
        if (_authentication is not null)
        {
            _authentication.IsDoubtful = false;
        }
    }

    private readonly bool IsRight(scoped in ChunkView chunk, scoped ReadOnlySpan<byte> data)
    {
        if (!AuthChunk.TryRead(chunk, out AuthChunk auth))
        {
            _tcb.Context.Drops.Count(DropReason.MalformedChunk);
            return false;
        }

        AuthVerdict verdict = _authentication!.Check(auth, data, _authentication.Vectors!, _tcb.Context.Buffers);
        if (verdict == AuthVerdict.Valid)
        {
            return true;
        }

        _tcb.Context.Drops.Count(DropReason.BadAuthentication);
        if (verdict == AuthVerdict.UnsupportedAlgorithm)
        {
            _tcb.Errors.Report(CauseCode.UnsupportedHmacIdentifier, [(byte)((ushort)auth.Algorithm >> 8), (byte)auth.Algorithm]);
        }

        return false;
    }
}
