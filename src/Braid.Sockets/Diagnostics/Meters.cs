using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Threading;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// The meter "Braid.Sockets". Counters are read when somebody collects them, from numbers that the protocol keeps anyway: nobody
/// who does not measure pays for it.
/// </summary>
internal static class Meters
{
    public const string Name = "Braid.Sockets";

    private static readonly Meter s_meter = new(Name);
    private static readonly ConcurrentDictionary<EndpointLoop, bool> s_loops = new();
    private static readonly long[] s_gone = new long[(int)Counter.Count];          // of associations that have ended
    private static readonly long[] s_goneDrops = new long[(int)DropReason.Count];  // of stacks that were closed
    private static long s_goneStrangers;                                            // as s_goneDrops, where DTLS is below
    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>(
        "sctp.association.duration", "s", "How long associations lived.");

    private static readonly Histogram<double> s_roundTrip = s_meter.CreateHistogram<double>(
        "sctp.association.rtt", "s", "Smoothed round-trip time of the primary path.");

    private static readonly Histogram<long> s_window = s_meter.CreateHistogram<long>(
        "sctp.association.congestion_window", "By", "Congestion window of the primary path.");

    static Meters()
    {
        s_meter.CreateObservableUpDownCounter("sctp.association.active", CountActive, "{association}", "Associations that exist.");
        Observe("sctp.association.established", "{association}", "Associations that came up.", Counter.Established);
        s_meter.CreateObservableCounter(
            "sctp.message.count", () => Directions(Counter.MessagesSent, Counter.MessagesReceived), "{message}", "Messages.");
        s_meter.CreateObservableCounter("sctp.io", () => Directions(Counter.BytesSent, Counter.BytesReceived), "By", "User data.");
        s_meter.CreateObservableCounter(
            "sctp.packet.count", () => Directions(Counter.PacketsSent, Counter.PacketsReceived), "{packet}", "SCTP packets of associations.");
        s_meter.CreateObservableCounter("sctp.chunk.retransmissions", Retransmissions, "{chunk}", "DATA chunks that were sent again.");
        s_meter.CreateObservableCounter("sctp.packet.dropped", Drops, "{drop}", "What was received and not used.");
    }

    /// <summary>What an association adds up.</summary>
    public enum Counter
    {
        /// <summary>Times that it came up.</summary>
        Established,

        /// <summary>Messages accepted for sending.</summary>
        MessagesSent,

        /// <summary>Messages delivered.</summary>
        MessagesReceived,

        /// <summary>User data sent, without retransmissions.</summary>
        BytesSent,

        /// <summary>User data received, without duplicates.</summary>
        BytesReceived,

        /// <summary>SCTP packets sent.</summary>
        PacketsSent,

        /// <summary>SCTP packets received.</summary>
        PacketsReceived,

        /// <summary>Fast retransmissions.</summary>
        FastRetransmissions,

        /// <summary>Other retransmissions.</summary>
        OtherRetransmissions,

        /// <summary>How many counters there are.</summary>
        Count,
    }

    /// <summary>Taken where an association goes from those that live to those that have ended.</summary>
    public static Lock Gate { get; } = new();

    /// <summary>Whether anybody wants to know of round-trip times and windows.</summary>
    public static bool WantsSamples => s_roundTrip.Enabled || s_window.Enabled;

    public static void Add(EndpointLoop loop) => s_loops.TryAdd(loop, true);

    public static void Remove(EndpointLoop loop)
    {
        if (s_loops.TryRemove(loop, out _))
        {
            for (var reason = (DropReason)0; reason < DropReason.Count; reason++)
            {
                Interlocked.Add(ref s_goneDrops[(int)reason], loop.Endpoint.Drops[reason]);
            }

            Interlocked.Add(ref s_goneStrangers, loop.Secure?.Discarded ?? 0);
        }
    }

    /// <summary>How an association stands, now and then.</summary>
    public static void Sample(in AssociationStatistics statistics)
    {
        s_roundTrip.Record(statistics.SmoothedRtt.TotalSeconds);
        s_window.Record(statistics.CongestionWindow);
    }

    /// <summary>An association has ended. Under <see cref="Gate"/>, in which it leaves those that live: it is counted once.</summary>
    public static void OnEnded(AssociationHost host)
    {
        AssociationStatistics statistics = host.Core.GetCounters();
        for (var counter = (Counter)0; counter < Counter.Count; counter++)
        {
            s_gone[(int)counter] += Value(statistics, counter, host.Lifetime is not null);
        }
    }

    /// <summary>How long an association has lived. Runs code of whoever measures: outside of every lock.</summary>
    public static void Record(AssociationHost host)
    {
        if (host.Lifetime is { } lifetime && s_duration.Enabled)
        {
            TagList tags = default;
            if (host.EndedWith is { } error)
            {
                tags.Add("error.type", error.ToString());
            }

            s_duration.Record(lifetime.TotalSeconds, tags);
        }
    }

    private static void Observe(string name, string unit, string description, Counter counter) =>
        s_meter.CreateObservableCounter(name, () => Total(counter), unit, description);

    private static long CountActive()
    {
        long count = 0;
        foreach (EndpointLoop loop in s_loops.Keys)
        {
            count += loop.Endpoint.AssociationCount;
        }

        return count;
    }

    private static long Total(Counter counter)
    {
        lock (Gate)
        {
            long total = s_gone[(int)counter];
            foreach (EndpointLoop loop in s_loops.Keys)
            {
                foreach (AssociationHost host in loop.Life.Hosts)
                {
                    total += Value(host.Core.GetCounters(), counter, host.Lifetime is not null);
                }
            }

            return total;
        }
    }

    private static Measurement<long>[] Directions(Counter sent, Counter received) =>
    [
        new(Total(sent), new KeyValuePair<string, object?>("network.io.direction", "transmit")),
        new(Total(received), new KeyValuePair<string, object?>("network.io.direction", "receive")),
    ];

    private static Measurement<long>[] Retransmissions() =>
    [
        new(Total(Counter.FastRetransmissions), new KeyValuePair<string, object?>("sctp.retransmission.reason", "fast")),
        new(Total(Counter.OtherRetransmissions), new KeyValuePair<string, object?>("sctp.retransmission.reason", "timeout")),
    ];

    private static List<Measurement<long>> Drops()
    {
        var measurements = new List<Measurement<long>>();
        for (var reason = (DropReason)0; reason < DropReason.Count; reason++)
        {
            long total = Interlocked.Read(ref s_goneDrops[(int)reason]);
            foreach (EndpointLoop loop in s_loops.Keys)
            {
                total += loop.Endpoint.Drops[reason];
            }

            if (total > 0)
            {
                measurements.Add(new(total, new KeyValuePair<string, object?>("sctp.drop.reason", reason.ToString())));
            }
        }

        // Datagrams that no DTLS session was there for, nor a place for one. What sessions drop is in their own meter, "Braid.Dtls".
        long strangers = Interlocked.Read(ref s_goneStrangers);
        foreach (EndpointLoop loop in s_loops.Keys)
        {
            strangers += loop.Secure?.Discarded ?? 0;
        }

        if (strangers > 0)
        {
            measurements.Add(new(strangers, new KeyValuePair<string, object?>("sctp.drop.reason", "NoDtlsSession")));
        }

        return measurements;
    }

    private static long Value(in AssociationStatistics statistics, Counter counter, bool wasEstablished) => counter switch
    {
        Counter.Established => wasEstablished ? 1 : 0,
        Counter.MessagesSent => statistics.MessagesSent,
        Counter.MessagesReceived => statistics.MessagesReceived,
        Counter.BytesSent => statistics.PayloadBytesSent,
        Counter.BytesReceived => statistics.PayloadBytesReceived,
        Counter.PacketsSent => statistics.PacketsSent,
        Counter.PacketsReceived => statistics.PacketsReceived,
        Counter.FastRetransmissions => statistics.FastRetransmissions,
        _ => statistics.ChunksRetransmitted - statistics.FastRetransmissions,
    };
}
