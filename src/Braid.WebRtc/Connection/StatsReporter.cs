using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>Says how a connection stands, in the W3C's terms. On the loop.</summary>
internal static class StatsReporter
{
    private const string Transport = "T0";

    public static RTCStatsReport Report(PeerCore core, ConnectionHost host)
    {
        double at = host.Configuration.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        List<RTCStats> all = [new RTCPeerConnectionStats("P", at, core.ChannelCounters.Opened, core.ChannelCounters.Closed)];
        all.AddRange(host.Channels.All.Select(channel => Channel(at, channel)));
        RTCCertificateStats ours = Certificate(at, host.Certificate.Dtls.RawData.Span);
        all.Add(ours);
        RTCCertificateStats? theirs = core.Session is { PeerCertificate.IsEmpty: false } session ? Certificate(at, session.PeerCertificate.Span) : null;
        if (theirs is not null)
        {
            all.Add(theirs);
        }

        RTCIceCandidatePairStats? pair = null;
        if (core.Agent.SelectedPair is { } selected)
        {
            RTCIceCandidateStats local = Candidate(at, selected.Local, isLocal: true, core.Agent.LocalCredentials.UsernameFragment);
            RTCIceCandidateStats remote = Candidate(at, selected.Remote, isLocal: false, core.Agent.RemoteCredentials?.UsernameFragment);
            double? roundTrip = core.Agent.RoundTripTime > TimeSpan.Zero ? core.Agent.RoundTripTime.TotalSeconds : null;
            pair = new RTCIceCandidatePairStats($"CP{local.Id}_{remote.Id}", at, Transport, local.Id, remote.Id, "succeeded", Nominated: true, roundTrip);
            all.AddRange([local, remote, pair]);
        }

        all.Add(Of(at, core, pair, ours, theirs));
        return new RTCStatsReport(all);
    }

    private static RTCTransportStats Of(
        double at, PeerCore core, RTCIceCandidatePairStats? pair, RTCCertificateStats ours, RTCCertificateStats? theirs)
    {
        AssociationStatistics? sctp = core.Association?.GetStatistics();
        var dtls = core.Session as DtlsSession;
        return new RTCTransportStats(Transport, at)
        {
            IceRole = core.Agent.Role == IceRole.Controlling ? "controlling" : "controlled",
            IceLocalUsernameFragment = core.Agent.LocalCredentials.UsernameFragment,
            IceState = Word(core.IceConnectionState),
            DtlsState = Word(TransportSnapshot.StateOf(core.Session)),
            SelectedCandidatePairId = pair?.Id,
            LocalCertificateId = ours.Id,
            RemoteCertificateId = theirs?.Id,
            TlsVersion = dtls?.Protocol switch { "DTLSv1.2" => "FEFD", "DTLSv1.3" => "FEFC", _ => null },
            DtlsCipher = dtls?.CipherSuite,
            DtlsRole = dtls is null ? null : Word(dtls.Role),
            PacketsSent = sctp?.PacketsSent ?? 0,
            PacketsReceived = sctp?.PacketsReceived ?? 0,
            BytesSent = sctp?.PayloadBytesSent ?? 0,
            BytesReceived = sctp?.PayloadBytesReceived ?? 0,
            SmoothedRoundTripTime = sctp is { SmoothedRtt: { Ticks: > 0 } rtt } ? rtt.TotalSeconds : null,
            CongestionWindow = sctp?.CongestionWindow,
            ReceiverWindow = sctp?.PeerWindow,
            UnackData = sctp?.BytesInFlight,
        };
    }

    private static RTCDataChannelStats Channel(double at, ChannelHost channel) => new(
        $"D{System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(channel):x}",
        at,
        channel.Options.Label,
        channel.Options.Protocol,
        channel.Id,
        Word(channel.State),
        channel.MessagesSent,
        channel.BytesSent,
        channel.MessagesReceived,
        channel.BytesReceived);

    private static RTCCertificateStats Certificate(double at, ReadOnlySpan<byte> certificate)
    {
        string[] fingerprint = DtlsFingerprint.Compute(certificate).ToString().Split(' ');
        return new RTCCertificateStats($"CF{fingerprint[1]}", at, fingerprint[1], fingerprint[0], Convert.ToBase64String(certificate));
    }

    private static RTCIceCandidateStats Candidate(double at, IceCandidate candidate, bool isLocal, string? fragment)
    {
        var known = new RTCIceCandidate(candidate, null, null, fragment);
        string id = $"{(isLocal ? "L" : "R")}{known.Foundation}:{known.Protocol}:{known.Address}:{known.Port}";
        return new RTCIceCandidateStats(
            id,
            at,
            isLocal ? "local-candidate" : "remote-candidate",
            Transport,
            known.Address,
            known.Port,
            known.Protocol,
            Word(known.Type),
            known.Priority,
            known.Foundation,
            fragment);
    }

#pragma warning disable CA1308 // The W3C's words are in lower case.
    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}
