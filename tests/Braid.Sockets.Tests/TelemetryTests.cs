using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;

namespace Braid.Sockets.Tests;

/// <summary>What the meter and the activity source say. Other tests are measured along: numbers here are at least so much more.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task The_meter_counts_what_associations_do_also_after_they_have_ended()
    {
        using var meter = new Collector();
        Dictionary<string, double> before = meter.Collect();
        await using (Loopback loopback = await Loopback.ConnectedAsync())
        {
            for (int i = 0; i < 10; i++)
            {
                await loopback.Client.SendAsync(new byte[1000], default, loopback.Guard);
                using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            }

            Check(meter.Collect(), before);
            Assert.True(meter.Collect()["sctp.association.active"] >= 2);
            await loopback.Client.ShutdownAsync(loopback.Guard);
            await loopback.Server.Closed.WaitAsync(loopback.Guard);
        }

        Dictionary<string, double> after = meter.Collect();
        Check(after, before);
        Assert.True(Increase("sctp.association.duration") >= 2);

        static void Check(Dictionary<string, double> now, Dictionary<string, double> before)
        {
            Assert.True(now["sctp.association.established"] - before.GetValueOrDefault("sctp.association.established") >= 2);
            foreach (string direction in new[] { "transmit", "receive" })
            {
                Assert.True(now[$"sctp.message.count {direction}"] - before.GetValueOrDefault($"sctp.message.count {direction}") >= 10);
                Assert.True(now[$"sctp.io {direction}"] - before.GetValueOrDefault($"sctp.io {direction}") >= 10_000);
                Assert.True(now[$"sctp.packet.count {direction}"] - before.GetValueOrDefault($"sctp.packet.count {direction}") >= 10);
            }
        }

        double Increase(string name) => after.GetValueOrDefault(name) - before.GetValueOrDefault(name);
    }

    [Fact]
    public async Task What_is_dropped_is_counted_with_its_reason()
    {
        using var meter = new Collector();
        await using Loopback loopback = await Loopback.ConnectedAsync();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        double before = meter.Collect().GetValueOrDefault("sctp.packet.dropped MalformedPacket");
        await stranger.SendToAsync(new byte[3], loopback.Listener.LocalEndPoints[0], loopback.Guard);
        while (meter.Collect().GetValueOrDefault("sctp.packet.dropped MalformedPacket") <= before)
        {
            loopback.Guard.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task What_comes_without_a_DTLS_session_is_counted()
    {
        using var meter = new Collector();
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Port = 4998,
                Dtls = new SctpDtlsOptions { Certificate = DtlsCertificate.Create(), PeerValidation = static _ => true },
            },
            guard.Token);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        double before = meter.Collect().GetValueOrDefault("sctp.packet.dropped NoDtlsSession");
        await stranger.SendToAsync(new byte[20], listener.LocalEndPoints[0], guard.Token);
        while (meter.Collect().GetValueOrDefault("sctp.packet.dropped NoDtlsSession") <= before)
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connecting_is_a_span_that_says_whom_and_how_it_ended(bool blocks)
    {
        const ushort Unused = 4999;
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Braid.Sockets",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using Loopback loopback = await Loopback.ListenAsync();
        IPEndPoint remote = loopback.Listener.LocalEndPoints[0];
        SctpConnectOptions refused = Loopback.OptionsFor(remote) with { RemotePort = Unused };
        if (blocks)
        {
            Assert.Throws<SctpException>(() => SctpAssociation.Connect(refused));
            SctpAssociation.Connect(Loopback.OptionsFor(remote)).Abort();
        }
        else
        {
            await Assert.ThrowsAsync<SctpException>(async () => await SctpAssociation.ConnectAsync(refused, loopback.Guard));
            (await loopback.ConnectAsync()).Abort();
        }

        Activity good = Assert.Single(spans, span => To(span, remote, Loopback.Port));
        Assert.Equal(ActivityStatusCode.Unset, good.Status);
        Activity bad = Assert.Single(spans, span => To(span, remote, Unused));
        Assert.Equal(ActivityStatusCode.Error, bad.Status);
        Assert.Equal(nameof(SctpError.ConnectionRefused), bad.GetTagItem("error.type"));

        static bool To(Activity span, IPEndPoint remote, ushort port) =>
            remote.Port.Equals(span.GetTagItem("network.peer.port")) && ((int)port).Equals(span.GetTagItem("sctp.port"));
    }

    /// <summary>Sums of everything that the meter gives, by name and by the one tag that each has.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, double> _observed = new();
        private readonly ConcurrentDictionary<string, double> _recorded = new();

        public Collector()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Braid.Sockets")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.Start();
        }

        public Dictionary<string, double> Collect()
        {
            _observed.Clear();
            _listener.RecordObservableInstruments();
            return _observed.Concat(_recorded).ToDictionary();
        }

        public void Dispose() => _listener.Dispose();

        private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (instrument.IsObservable)
            {
                string key = tags.IsEmpty ? instrument.Name : $"{instrument.Name} {tags[0].Value}";
                _observed.AddOrUpdate(key, value, (_, sum) => sum + value);
            }
            else
            {
                _recorded.AddOrUpdate(instrument.Name, 1, static (_, count) => count + 1);
            }
        }
    }
}
