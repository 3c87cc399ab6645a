using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// What the network says of datagrams that were sent, with the beginning of each: a few, for who floods us gains nothing. For who runs the
/// loop alone.
/// </summary>
internal sealed class NetworkErrors
{
    private const int Most = 64;
    private const int MostQuoted = 64;                       // bytes

    private readonly Queue<(NetworkError Error, byte[] Quoted)> _errors = new();

    /// <summary>Whether there is nothing to be taken.</summary>
    public bool IsEmpty => _errors.Count == 0;

    /// <summary>Something was said; forgotten where there is too much of it.</summary>
    /// <param name="error">What.</param>
    /// <param name="quoted">The datagram, as far as it is known.</param>
    public void Add(in NetworkError error, ReadOnlySpan<byte> quoted)
    {
        if (_errors.Count < Most)
        {
            _errors.Enqueue((error, quoted[..Math.Min(quoted.Length, MostQuoted)].ToArray()));
        }
    }

    /// <summary>Takes the first one.</summary>
    public bool TryTake(out NetworkError error, [NotNullWhen(true)] out byte[]? quoted)
    {
        bool isThere = _errors.TryDequeue(out (NetworkError Error, byte[] Quoted) first);
        (error, quoted) = first;
        return isThere;
    }
}
