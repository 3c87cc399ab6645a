using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;

namespace Braid.Dtls.Tests;

/// <summary>What the meter says. Other tests run at the same time, on other threads: they are left out.</summary>
public sealed class MeterTests : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(string Name, string? Error, double Value)> _measured = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public MeterTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Braid.Dtls")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    [Fact]
    public void Handshakes_are_measured_and_ends_are_counted()
    {
        using var pair = new SessionPair();
        pair.Start();
        Assert.Empty(_measured);
        pair.Exchange();
        Assert.Equal(2, _measured.Count);
        Assert.All(_measured, one => Assert.True(one is { Name: "dtls.handshake.duration", Error: null, Value: > 0 and < 10 }));

        _measured.Clear();
        Assert.NotNull(SessionPair.Send(pair.Client, pair.Server, [1]));
        Assert.Empty(_measured);
        pair.Client.Close(SessionPair.Now);
        pair.Exchange();
        Assert.Equal([("dtls.session.ended", null, 1), ("dtls.session.ended", null, 1)], _measured);
    }

    [Fact]
    public void A_handshake_that_fails_says_why()
    {
        using var pair = new SessionPair(
            options => options with { PeerFingerprints = [SessionPair.ClientCertificate.Fingerprint()] });
        pair.Shake();
        Assert.Contains(_measured, one => one is { Name: "dtls.handshake.duration", Error: "FingerprintMismatch" });
        Assert.Contains(_measured, one => one is { Name: "dtls.session.ended", Error: "FingerprintMismatch", Value: 1 });
        Assert.Contains(_measured, one => one is { Name: "dtls.session.ended", Error: "PeerAlert", Value: 1 });
        Assert.Equal(4, _measured.Count);
    }

    [Fact]
    public void What_is_forged_or_repeated_is_counted()
    {
        using SessionPair pair = new SessionPair().Shake();
        byte[] record = SessionPair.Seal(pair.Client, [1, 2, 3]);
        _measured.Clear();
        pair.Server.HandleDatagram(SessionPair.Now, record);
        Assert.True(pair.Server.TryReceive(out _));
        Assert.Empty(_measured);
        pair.Server.HandleDatagram(SessionPair.Now, record);
        pair.Server.HandleDatagram(SessionPair.Now, [23, 1, 2]);
        Assert.Equal([("dtls.datagram.dropped", null, 1), ("dtls.datagram.dropped", null, 1)], _measured);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            _measured.Add((instrument.Name, tags.Length == 0 ? null : (string?)tags[0].Value, value));
        }
    }
}
