using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Braid.Core;

namespace Braid.Dtls.Tests;

/// <summary>Two sessions and the datagrams between them. Their time is the system's, which is libssl's own (see <see cref="DtlsSession"/>).</summary>
internal sealed class SessionPair : IDisposable
{
    private static readonly long s_start = Stopwatch.GetTimestamp();

    public SessionPair(Func<DtlsSessionOptions, DtlsSessionOptions>? client = null, Func<DtlsSessionOptions, DtlsSessionOptions>? server = null)
    {
        DtlsSessionOptions clientOptions = Default(DtlsRole.Client, ClientCertificate, ServerCertificate);
        DtlsSessionOptions serverOptions = Default(DtlsRole.Server, ServerCertificate, ClientCertificate);
        Client = new DtlsSession(client is null ? clientOptions : client(clientOptions));
        Server = new DtlsSession(server is null ? serverOptions : server(serverOptions));
    }

    public static DtlsCertificate ClientCertificate { get; } = DtlsCertificate.Create();

    public static DtlsCertificate ServerCertificate { get; } = DtlsCertificate.Create();

    public static Instant Now => new(Stopwatch.GetElapsedTime(s_start).Ticks);

    public DtlsSession Client { get; }

    public DtlsSession Server { get; }

    /// <summary>Datagrams that went between them, in order.</summary>
    public List<(bool FromClient, byte[] Bytes)> Wire { get; } = [];

    /// <summary>Which of them are lost, by their place in <see cref="Wire"/>.</summary>
    public Func<int, bool> Loses { get; set; } = _ => false;

    public static DtlsSessionOptions Default(DtlsRole role, DtlsCertificate own, DtlsCertificate peer) => new()
    {
        Certificate = own,
        Role = role,
        PeerFingerprints = [peer.Fingerprint()],
        RetransmissionTimeout = TimeSpan.FromSeconds(10),    // a busy machine sends nothing twice
    };

    /// <summary>For tests that lose something: they wait as long as this for it to be sent again.</summary>
    public static DtlsSessionOptions Hasty(DtlsSessionOptions options) => options with { RetransmissionTimeout = TimeSpan.FromMilliseconds(20) };

    public SessionPair Start()
    {
        Client.Start(Now);
        Server.Start(Now);
        return this;
    }

    /// <summary>Starts both, and comes back when nothing moves any more without a time-out.</summary>
    public SessionPair Shake()
    {
        Start().Exchange();
        return this;
    }

    /// <summary>Carries what both have to send, until they have nothing.</summary>
    public void Exchange()
    {
        while (Carry(Client, Server, true) | Carry(Server, Client, false))
        {
        }
    }

    /// <summary>The same, with time going on, until something is so.</summary>
    public void ExchangeUntil(Func<bool> isSo, int milliseconds = 10_000)
    {
        Instant end = Now + TimeSpan.FromMilliseconds(milliseconds);
        Exchange();
        while (!isSo())
        {
            Assert.True(Now < end, $"client {Client.State} {Client.End}, server {Server.State} {Server.End}, {Wire.Count} datagrams");
            Instant next = Instant.Min(Client.NextTimeout, Server.NextTimeout);
            Assert.False(next.IsNever);
            TimeSpan wait = next - Now;                      // read once: one millisecond too late would be for ever
            if (wait > TimeSpan.Zero)
            {
                Thread.Sleep(wait);                          // libssl's clock is the system's: there is no other way
            }

            Client.HandleTimeout(Now);
            Server.HandleTimeout(Now);
            Exchange();
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    /// <summary>One record from one to the other; null when it did not arrive.</summary>
    public static byte[]? Send(DtlsSession from, DtlsSession to, ReadOnlySpan<byte> content)
    {
        Assert.True(from.TrySeal(content, Buffer, out int length));
        to.HandleDatagram(Now, Buffer.AsSpan(0, length));
        return to.TryReceive(out ReadOnlySpan<byte> received) ? received.ToArray() : null;
    }

    public static byte[] Seal(DtlsSession from, ReadOnlySpan<byte> content)
    {
        Assert.True(from.TrySeal(content, Buffer, out int length));
        return Buffer[..length];
    }

    private static byte[] Buffer => t_buffer ??= new byte[DtlsSession.LargestRecord + DtlsSession.MaximumOverhead];

    [ThreadStatic]
    private static byte[]? t_buffer;

    private bool Carry(DtlsSession from, DtlsSession to, bool fromClient)
    {
        bool any = false;
        while (from.TryGetDatagram(Buffer, out int length))
        {
            any = true;
            int index = Wire.Count;
            Wire.Add((fromClient, Buffer[..length]));
            if (!Loses(index))
            {
                to.HandleDatagram(Now, Wire[index].Bytes);
            }
        }

        return any;
    }
}
