using System;
using Braid.Core;
using Braid.Simulation;

namespace Braid.Dtls.Tests;

/// <summary>What stands for a session in a simulation behaves as one, in virtual time.</summary>
public sealed class TransparentSessionTests
{
    private static readonly byte[] s_clientCertificate = [1, 2, 3];
    private static readonly byte[] s_serverCertificate = [4, 5];

    private Instant _now = Instant.Zero;

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_handshake_survives_the_loss_of_any_datagram(int lost)
    {
        (TransparentSession client, TransparentSession server) = Make();
        Run(client, server, index => index == lost);
        Assert.Equal(DtlsState.Connected, client.State);
        Assert.Equal(DtlsState.Connected, server.State);
        Assert.Equal([7, 8], Send(client, server, [7, 8])!);
        Assert.Equal([9], Send(server, client, [9])!);
        Assert.Equal(s_serverCertificate, client.PeerCertificate.ToArray());
    }

    [Fact]
    public void The_wrong_certificate_ends_it_on_both_sides()
    {
        (TransparentSession client, TransparentSession server) = Make(expected: s_clientCertificate);
        Run(client, server, _ => false);
        Assert.Equal(DtlsEndReason.FingerprintMismatch, client.End!.Reason);
        Assert.Equal(DtlsEndReason.PeerAlert, server.End!.Reason);
    }

    [Fact]
    public void A_fingerprint_may_come_late_and_nothing_is_delivered_before()
    {
        (TransparentSession client, TransparentSession server) = Make(isLate: true);
        Run(client, server, _ => false);
        Assert.Equal(DtlsState.AwaitingFingerprint, client.State);
        Assert.False(client.TrySeal([1], new byte[100], out _));
        Assert.Null(Send(server, client, [1]));
        client.SetPeerFingerprints(_now, [TransparentSession.FingerprintOf(s_serverCertificate)]);
        Assert.True(client.TryReceive(out ReadOnlySpan<byte> content));
        Assert.Equal([1], content.ToArray());

        (client, server) = Make(isLate: true);
        Run(client, server, _ => false);
        client.SetPeerFingerprints(_now, []);
        Assert.Equal(DtlsEndReason.FingerprintMismatch, client.End!.Reason);
        Run(client, server, _ => false);
        Assert.Equal(DtlsEndReason.ClosedByPeer, server.End!.Reason);
    }

    [Fact]
    public void It_is_given_up_and_it_is_closed()
    {
        (TransparentSession client, TransparentSession server) = Make();
        Run(client, server, _ => true);
        Assert.Equal(DtlsEndReason.TimedOut, client.End!.Reason);
        Assert.Equal(Instant.Zero + TimeSpan.FromSeconds(30), _now);

        (client, server) = Make();
        Run(client, server, _ => false);
        client.Close(_now);
        Run(client, server, _ => false);
        Assert.Equal(DtlsEndReason.Closed, client.End!.Reason);
        Assert.Equal(DtlsEndReason.ClosedByPeer, server.End!.Reason);
    }

    private (TransparentSession Client, TransparentSession Server) Make(byte[]? expected = null, bool isLate = false)
    {
        _now = Instant.Zero;
        var client = new TransparentSession(
            DtlsRole.Client, s_clientCertificate, isLate ? null : [TransparentSession.FingerprintOf(expected ?? s_serverCertificate)]);
        var server = new TransparentSession(DtlsRole.Server, s_serverCertificate, [TransparentSession.FingerprintOf(s_clientCertificate)]);
        client.Start(_now);
        server.Start(_now);
        return (client, server);
    }

    private void Run(TransparentSession client, TransparentSession server, Func<int, bool> isLost)
    {
        int index = 0;
        var buffer = new byte[2000];
        while (true)
        {
            if (Move(client, server) | Move(server, client))
            {
                continue;
            }

            Instant next = Instant.Min(client.NextTimeout, server.NextTimeout);
            if (next.IsNever)
            {
                return;
            }

            _now = next;
            client.HandleTimeout(_now);
            server.HandleTimeout(_now);
        }

        bool Move(TransparentSession from, TransparentSession to)
        {
            bool any = false;
            while (from.TryGetDatagram(buffer, out int length))
            {
                any = true;
                if (!isLost(index++))
                {
                    to.HandleDatagram(_now, buffer.AsSpan(0, length));
                }
            }

            return any;
        }
    }

    private byte[]? Send(TransparentSession from, TransparentSession to, byte[] content)
    {
        var buffer = new byte[100];
        Assert.True(from.TrySeal(content, buffer, out int length));
        Assert.Equal(content.Length + from.Overhead, length);
        to.HandleDatagram(_now, buffer.AsSpan(0, length));
        return to.TryReceive(out ReadOnlySpan<byte> received) ? received.ToArray() : null;
    }
}
