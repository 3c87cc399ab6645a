using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.Tasks;
using Braid.Dtls;
using Braid.Sockets;

internal static class Guide
{
    public static async Task OptionsAndNotificationsAsync(IReadOnlyList<IPEndPoint> endPoints, SctpListener listener)
    {
        var options = new SctpConnectOptions
        {
            RemoteEndPoints = endPoints,
            RemotePort = 5001,
            Association = SctpAssociationOptions.Default with
            {
                OutgoingStreams = 16,
                RtoMinimum = TimeSpan.FromMilliseconds(300),
                Notifications = SctpNotificationKinds.AssociationChange | SctpNotificationKinds.SenderDry,
            },
        };
        await using SctpAssociation association = await SctpAssociation.ConnectAsync(options);
        await using SctpAssociation accepted = await listener.AcceptAssociationAsync();

        association.SetOption(SctpOptions.NoDelay, false);                               // by the RFC's name
        association.Configure(o => o with { MaximumRetransmissions = 4 });               // by ours, several at once

        Task reading = ReadAsync(association);
        await association.ShutdownAsync();
        await reading;
    }

    public static void Block(SctpListener listener)
    {
        using var association = SctpAssociation.Connect(
            new() { RemoteEndPoints = listener.LocalEndPoints, RemotePort = 5001 }, timeout: TimeSpan.FromSeconds(30));
        using SctpAssociation accepted = listener.Accept(TimeSpan.FromSeconds(30));
        association.Send("no async anywhere"u8);
        using SctpMessage message = accepted.Receive(timeout: TimeSpan.FromSeconds(30));
        Console.WriteLine($"{message.Length} bytes, blocking");
        association.Shutdown();
    }

    public static async Task DtlsAsync()
    {
        if (!DtlsLibrary.IsAvailable)
        {
            return;
        }

        var ours = DtlsCertificate.Create();                                             // keep it, or make one each time
        var theirs = DtlsCertificate.Create();                                           // on the other machine
        Console.WriteLine($"our fingerprint: {ours.Fingerprint()}");                     // what the other side has to know

        await using SctpListener secure = await SctpListener.ListenAsync(new()
        {
            Port = 5001,
            ListenEndPoints = [new(IPAddress.Loopback, 0)],
            Dtls = new() { Certificate = ours, PeerFingerprints = [theirs.Fingerprint()] },
        });
        await using SctpAssociation caller = await SctpAssociation.ConnectAsync(new()
        {
            RemoteEndPoints = secure.LocalEndPoints,
            RemotePort = 5001,
            Dtls = new() { Certificate = theirs, PeerFingerprints = [ours.Fingerprint()] },
        });
    }

    public static void Measure()
    {
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Braid.Sockets")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Console.WriteLine($"{instrument.Name} {value} {instrument.Unit}"));
        meters.Start();
        meters.RecordObservableInstruments();
    }

    private static async Task ReadAsync(SctpAssociation association)
    {
        await foreach (SctpNotification notification in association.ReadNotificationsAsync())
        {
            Console.WriteLine(notification switch
            {
                SctpNotification.AssociationChange change => $"association {change.Change}",
                SctpNotification.SenderDry => "everything is acknowledged",
                _ => notification.Kind.ToString(),
            });
        }
    }
}
