using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace Braid.Dtls;

/// <summary>What has come from a peer whose fingerprint is not known yet: some records, in their order.</summary>
internal sealed class HeldRecords
{
    private const int Most = 32;

    private readonly Queue<byte[]> _records = new();

    /// <summary>Keeps a copy.</summary>
    /// <returns>False when there are as many as may be: it is lost.</returns>
    public bool TryHold(ReadOnlySpan<byte> content)
    {
        if (_records.Count == Most)
        {
            return false;
        }

        _records.Enqueue(content.ToArray());
        return true;
    }

    /// <summary>The next one.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? content) => _records.TryDequeue(out content);

    /// <summary>Nobody will want them.</summary>
    public void Clear() => _records.Clear();
}
