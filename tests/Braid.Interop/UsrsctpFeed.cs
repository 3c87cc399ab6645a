using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Braid.Interop;

/// <summary>What a libusrsctp says, sorted by the first word of each line: for tests in which lines of several kinds come in any order.</summary>
internal sealed class UsrsctpFeed
{
    private readonly ConcurrentDictionary<string, Channel<string[]>> _lines = new(StringComparer.Ordinal);
    private volatile bool _isAtEnd;

    public UsrsctpFeed(UsrsctpPeer peer, CancellationToken cancellationToken) => _ = ReadAsync(peer, cancellationToken);

    /// <summary>Takes the next line that begins with a word.</summary>
    /// <returns>The words behind it.</returns>
    public ValueTask<string[]> NextAsync(string word, CancellationToken cancellationToken) => LinesWith(word).Reader.ReadAsync(cancellationToken);

    /// <summary>Passes over the lines that begin with a word until there is one with these words behind it.</summary>
    public async Task UntilAsync(string word, string rest, CancellationToken cancellationToken)
    {
        while (string.Join(' ', await NextAsync(word, cancellationToken)) != rest)
        {
        }
    }

    private Channel<string[]> LinesWith(string word)
    {
        Channel<string[]> lines = _lines.GetOrAdd(word, static _ => Channel.CreateUnbounded<string[]>());
        if (_isAtEnd)
        {
            lines.Writer.TryComplete();
        }

        return lines;
    }

    private async Task ReadAsync(UsrsctpPeer peer, CancellationToken cancellationToken)
    {
        try
        {
            while (await peer.ReadAsync(cancellationToken) is { } words)
            {
                LinesWith(words[0]).Writer.TryWrite(words[1..]);
            }
        }
        finally
        {
            _isAtEnd = true;
            foreach (Channel<string[]> lines in _lines.Values)
            {
                lines.Writer.TryComplete();                  // who waits for more learns that none will come
            }
        }
    }
}
