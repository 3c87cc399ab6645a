using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Braid.WebRtc;

/// <summary>What is known of a connection at one time, by identifier (W3C RTCStatsReport).</summary>
#pragma warning disable CA1710 // The W3C's name.
public sealed class RTCStatsReport : IReadOnlyDictionary<string, RTCStats>
#pragma warning restore CA1710
{
    private readonly Dictionary<string, RTCStats> _all = new(StringComparer.Ordinal);

    internal RTCStatsReport(IEnumerable<RTCStats> all)
    {
        foreach (RTCStats one in all)
        {
            _all[one.Id] = one;
        }
    }

    /// <inheritdoc/>
    public int Count => _all.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _all.Keys;

    /// <inheritdoc/>
    public IEnumerable<RTCStats> Values => _all.Values;

    /// <inheritdoc/>
    public RTCStats this[string key] => _all[key];

    /// <summary>All of one kind.</summary>
    public IEnumerable<T> OfType<T>()
        where T : RTCStats => _all.Values.OfType<T>();

    /// <summary>All of it, as a page gets it: an object with a member for each identifier.</summary>
    public string ToJson()
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text))
        {
            writer.WriteStartObject();
            foreach (RTCStats one in _all.Values)
            {
                writer.WritePropertyName(one.Id);
                JsonSerializer.Serialize(writer, one, one.GetType(), StatsJson.Default);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _all.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out RTCStats value) => _all.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, RTCStats>> GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
