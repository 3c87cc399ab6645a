using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Braid.Core;

namespace Braid.Dtls.Tests;

public sealed class HandshakeTests
{
    [Fact, Rfc(6347, "4.2.4")]
    public void Both_sides_are_connected_after_two_round_trips_and_know_each_other()
    {
        using SessionPair pair = new SessionPair().Shake();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.Equal(SessionPair.ServerCertificate.RawData.ToArray(), pair.Client.PeerCertificate.ToArray());
        Assert.Equal(SessionPair.ClientCertificate.RawData.ToArray(), pair.Server.PeerCertificate.ToArray());
        Assert.StartsWith("DTLSv1.", pair.Client.Protocol, StringComparison.Ordinal);
        Assert.Equal(pair.Client.Protocol, pair.Server.Protocol);
        Assert.Equal(pair.Client.CipherSuite, pair.Server.CipherSuite);
        Assert.True(pair.Client.NextTimeout.IsNever);
        Assert.True(pair.Server.NextTimeout.IsNever);
        Assert.Null(pair.Client.End);
    }

    [Fact, Rfc(8827, "6.5")]
    public void What_is_negotiated_has_forward_secrecy_is_AEAD_and_depends_on_the_whole_handshake()
    {
        using SessionPair pair = new SessionPair().Shake();
        Assert.Equal("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", pair.Client.CipherSuite);
        Assert.True(pair.Client.HasExtendedMasterSecret);
        Assert.Equal(37, pair.Client.Overhead);
    }

    [Fact]
    public void Nothing_is_sealed_before_the_handshake_and_a_session_does_nothing_before_it_starts()
    {
        using var pair = new SessionPair();
        Assert.Equal(DtlsState.New, pair.Client.State);
        Assert.False(pair.Client.TrySeal([1], new byte[100], out _));
        pair.Exchange();
        Assert.Empty(pair.Wire);
        pair.Start();
        Assert.False(pair.Client.TrySeal([1], new byte[100], out _));
        Assert.False(pair.Client.TryExport("EXPORTER-x", null, new byte[8]));
    }

    [Fact, Rfc(6347, "4.2.4")]
    public void Each_datagram_of_the_handshake_may_be_lost_once()
    {
        int count;
        using (SessionPair pair = new SessionPair().Shake())
        {
            count = pair.Wire.Count;
        }

        for (int lost = 0; lost < count; lost++)
        {
            using var pair = new SessionPair(SessionPair.Hasty, SessionPair.Hasty) { Loses = index => index == lost };
            pair.Shake();
            pair.ExchangeUntil(() => pair.Client.State == DtlsState.Connected && pair.Server.State == DtlsState.Connected);
            Assert.Equal([1, 2, 3], SessionPair.Send(pair.Client, pair.Server, [1, 2, 3])!);
            Assert.Equal([4], SessionPair.Send(pair.Server, pair.Client, [4])!);
        }
    }

    [Fact, Rfc(6347, "4.2.4")]
    public void Whole_flights_may_be_lost_and_what_was_repeated_is_counted()
    {
        using var pair = new SessionPair(SessionPair.Hasty, SessionPair.Hasty) { Loses = index => index is 0 or 1 };
        pair.Shake();
        pair.ExchangeUntil(() => pair.Client.State == DtlsState.Connected);
        Assert.True(pair.Client.Statistics.Flights >= 2);
    }

    [Theory, Rfc(6347, "4.2.3")]
    [InlineData(256)]
    [InlineData(400)]
    [InlineData(1200)]
    public void Flights_are_cut_to_the_size_of_a_datagram_and_packed_up_to_it(int size)
    {
        Func<DtlsSessionOptions, DtlsSessionOptions> change = options => options with { MaximumDatagramSize = size };
        using var pair = new SessionPair(change, change);
        pair.Shake();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.All(pair.Wire, datagram => Assert.InRange(datagram.Bytes.Length, 14, size));
        Assert.True(size < 1200 || pair.Wire.Count <= 4, $"{pair.Wire.Count} datagrams");
    }

    [Fact, Rfc(6347, "4.2.3")]
    public void Fragments_may_be_lost_too()
    {
        Func<DtlsSessionOptions, DtlsSessionOptions> change = options => SessionPair.Hasty(options) with { MaximumDatagramSize = 256 };
        using var pair = new SessionPair(change, change);
        pair.Loses = index => index is 1 or 3 or 6 or 9;
        pair.Shake();
        pair.ExchangeUntil(() => pair.Client.State == DtlsState.Connected && pair.Server.State == DtlsState.Connected);
    }

    [Fact, Rfc(8122, "6.2")]
    public void A_certificate_that_was_not_announced_ends_the_handshake_with_a_reason_on_both_sides()
    {
        using var pair = new SessionPair(options => options with { PeerFingerprints = [SessionPair.ClientCertificate.Fingerprint()] });
        pair.Shake();
        Assert.Equal(DtlsState.Closed, pair.Client.State);
        Assert.Equal(
            new DtlsEnd(DtlsEndReason.FingerprintMismatch, "The peer's certificate does not match the fingerprint of its description.", 42), pair.Client.End);
        Assert.Equal(
            new DtlsEnd(DtlsEndReason.PeerAlert, "The peer did not accept our certificate (bad_certificate).", 42), pair.Server.End);
    }

    [Fact, Rfc(8122, "6.2")]
    public void A_server_looks_at_the_client_as_well()
    {
        using var pair = new SessionPair(server: options => options with { PeerFingerprints = [SessionPair.ServerCertificate.Fingerprint()] });
        pair.Shake();
        Assert.Equal(DtlsEndReason.FingerprintMismatch, pair.Server.End!.Reason);
        Assert.Equal(DtlsEndReason.PeerAlert, pair.Client.End!.Reason);
        Assert.False(pair.Client.TrySeal([1], new byte[100], out _));
    }

    [Fact]
    public void Nobody_is_let_in_where_no_fingerprint_is_good_or_the_callback_says_no_or_throws()
    {
        foreach (Func<DtlsSessionOptions, DtlsSessionOptions> change in new Func<DtlsSessionOptions, DtlsSessionOptions>[]
        {
            options => options with { PeerFingerprints = [] },
            options => options with { PeerFingerprints = null, PeerValidation = _ => false },
            options => options with { PeerFingerprints = null, PeerValidation = _ => throw new InvalidOperationException() },
        })
        {
            using SessionPair pair = new SessionPair(change).Shake();
            Assert.Equal(DtlsEndReason.FingerprintMismatch, pair.Client.End!.Reason);
        }
    }

    [Fact]
    public void A_callback_may_decide_about_the_certificate()
    {
        byte[] seen = [];
        using var pair = new SessionPair(options => options with
        {
            PeerFingerprints = null,
            PeerValidation = certificate =>
            {
                seen = certificate.ToArray();
                return true;
            },
        });
        pair.Shake();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal(SessionPair.ServerCertificate.RawData.ToArray(), seen);
    }

    [Fact, Rfc(8842, "5.1")]
    public void The_handshake_may_be_done_before_the_fingerprint_is_known_and_no_data_flows_until_then()
    {
        using var pair = new SessionPair(options => options with { PeerFingerprints = null });
        pair.Shake();
        Assert.Equal(DtlsState.AwaitingFingerprint, pair.Client.State);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.False(pair.Client.TrySeal([1], new byte[100], out _));
        Assert.Null(SessionPair.Send(pair.Server, pair.Client, [1, 2]));
        Assert.Null(SessionPair.Send(pair.Server, pair.Client, [3]));

        pair.Client.SetPeerFingerprints(SessionPair.Now, [SessionPair.ServerCertificate.Fingerprint()]);
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal([[1, 2], [3]], Received(pair.Client));
        Assert.Equal([4], SessionPair.Send(pair.Client, pair.Server, [4])!);
    }

    [Fact]
    public void A_fingerprint_that_comes_late_and_is_another_one_ends_the_session()
    {
        using var pair = new SessionPair(options => options with { PeerFingerprints = null });
        pair.Shake();
        Assert.Null(SessionPair.Send(pair.Server, pair.Client, [1, 2]));
        pair.Client.SetPeerFingerprints(SessionPair.Now, [SessionPair.ClientCertificate.Fingerprint()]);
        Assert.Equal(DtlsEndReason.FingerprintMismatch, pair.Client.End!.Reason);
        Assert.Empty(Received(pair.Client));
        pair.Exchange();
        Assert.Equal(DtlsEndReason.ClosedByPeer, pair.Server.End!.Reason);
    }

    [Fact]
    public void A_fingerprint_that_comes_within_the_handshake_is_in_time()
    {
        using var pair = new SessionPair(options => options with { PeerFingerprints = null });
        pair.Start();
        pair.Client.SetPeerFingerprints(SessionPair.Now, [SessionPair.ClientCertificate.Fingerprint()]);
        pair.Exchange();
        Assert.Equal(DtlsEndReason.FingerprintMismatch, pair.Client.End!.Reason);
    }

    [Fact]
    public void What_waits_for_the_fingerprint_is_bounded()
    {
        using var pair = new SessionPair(options => options with { PeerFingerprints = null });
        pair.Shake();
        for (int i = 0; i < 100; i++)
        {
            Assert.Null(SessionPair.Send(pair.Server, pair.Client, [(byte)i]));
        }

        pair.Client.SetPeerFingerprints(SessionPair.Now, [SessionPair.ServerCertificate.Fingerprint()]);
        Assert.Equal(32, Received(pair.Client).Count);
        Assert.Equal(68, pair.Client.Statistics.Lost);
    }

    [Fact]
    public void A_peer_that_never_answers_is_given_up_by_the_owners_clock()
    {
        using var pair = new SessionPair(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(20), RetransmissionTimeout = TimeSpan.FromSeconds(60) });
        Instant start = SessionPair.Now;
        pair.Client.Start(start);
        Assert.Equal(start + TimeSpan.FromSeconds(20), pair.Client.NextTimeout);
        pair.Client.HandleTimeout(start + TimeSpan.FromSeconds(19));
        Assert.Equal(DtlsState.Handshaking, pair.Client.State);
        pair.Client.HandleTimeout(start + TimeSpan.FromSeconds(20));
        Assert.Equal(new DtlsEnd(DtlsEndReason.TimedOut, "Timed out: the peer did not answer the handshake."), pair.Client.End);
        Assert.True(pair.Client.NextTimeout.IsNever);
    }

    [Fact]
    public void Another_path_gives_the_handshake_its_time_once_more()
    {
        using var pair = new SessionPair(options => options with { HandshakeTimeout = TimeSpan.FromSeconds(20), RetransmissionTimeout = TimeSpan.FromSeconds(60) });
        Instant start = SessionPair.Now;
        pair.Client.Start(start);
        pair.Client.HandlePathChange(start + TimeSpan.FromSeconds(15));
        pair.Client.HandleTimeout(start + TimeSpan.FromSeconds(20));
        Assert.Equal(DtlsState.Handshaking, pair.Client.State);
        pair.Client.HandleTimeout(start + TimeSpan.FromSeconds(35));
        Assert.Equal(DtlsEndReason.TimedOut, pair.Client.End?.Reason);
    }

    [Fact]
    public void Certificates_of_RSA_and_from_PEM_work_as_well()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var rsa = DtlsCertificate.FromX509(certificate);
        var copy = DtlsCertificate.FromPem(SessionPair.ClientCertificate.ExportCertificatePem(), SessionPair.ClientCertificate.ExportPrivateKeyPem());
        Assert.Equal(SessionPair.ClientCertificate.Fingerprint(), copy.Fingerprint());
        using var pair = new SessionPair(
            options => options with { Certificate = copy, PeerFingerprints = [rsa.Fingerprint(DtlsHash.Sha512)] }, options => options with { Certificate = rsa });
        pair.Shake();
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.Equal("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", pair.Client.CipherSuite);
    }

    [Fact]
    public void A_certificate_without_a_key_is_refused()
    {
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(SessionPair.ClientCertificate.RawData.Span);
        Assert.Throws<ArgumentException>(() => DtlsCertificate.FromX509(bare));
    }

    [Fact, Rfc(5705, "4")]
    public void Both_sides_derive_the_same_secrets()
    {
        using SessionPair pair = new SessionPair().Shake();
        var mine = new byte[40];
        var theirs = new byte[40];
        Assert.True(pair.Client.TryExport("EXPORTER-braid", null, mine));
        Assert.True(pair.Server.TryExport("EXPORTER-braid", null, theirs));
        Assert.Equal(mine, theirs);
        Assert.True(pair.Server.TryExport("EXPORTER-braid", [], theirs));
        Assert.NotEqual(mine, theirs);
        Assert.True(pair.Server.TryExport("EXPORTER-other", null, theirs));
        Assert.NotEqual(mine, theirs);
    }

    [Fact]
    public void Secrets_are_logged_only_where_that_is_asked_for_and_both_sides_log_the_same()
    {
        List<string> client = [];
        List<string> server = [];
        using var pair = new SessionPair(options => options with { KeyLog = client.Add }, options => options with { KeyLog = server.Add });
        pair.Shake();
        Assert.NotEmpty(client);
        Assert.Equal(client, server);
        Assert.Contains(client, line => line.StartsWith("CLIENT_RANDOM ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_library_is_one_exception_that_says_what_to_install()
    {
        DtlsUnavailableException exception = Assert.Throws<DtlsUnavailableException>(() => DtlsLibrary.Open("libssl", ["libssl.so.that.is.not.there"]));
        foreach (string system in new[] { "Debian", "Fedora", "macOS", "Windows" })
        {
            Assert.Contains(system, exception.Message, StringComparison.Ordinal);
        }

        Assert.True(DtlsLibrary.IsAvailable);
        Assert.StartsWith("OpenSSL 3", DtlsLibrary.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_outside_their_range_are_refused()
    {
        DtlsSessionOptions good = SessionPair.Default(DtlsRole.Client, SessionPair.ClientCertificate, SessionPair.ServerCertificate);
        Assert.ThrowsAny<ArgumentException>(() => new DtlsSession(good with { MaximumDatagramSize = 255 }));
        Assert.ThrowsAny<ArgumentException>(() => new DtlsSession(good with { RetransmissionTimeout = TimeSpan.FromMilliseconds(19) }));
        Assert.ThrowsAny<ArgumentException>(() => new DtlsSession(good with { HandshakeTimeout = TimeSpan.Zero }));
        Assert.ThrowsAny<ArgumentException>(() => DtlsCertificate.Create(TimeSpan.Zero));
    }

    internal static List<byte[]> Received(DtlsSession session)
    {
        List<byte[]> all = [];
        while (session.TryReceive(out ReadOnlySpan<byte> content))
        {
            all.Add(content.ToArray());
        }

        return all;
    }
}
