using System;
using System.Globalization;

namespace Braid.Dtls;

/// <summary>Alerts of TLS and what they say to a person (RFC 5246 §7.2, RFC 8446 §6).</summary>
internal static class DtlsAlerts
{
    public const byte CloseNotify = 0;
    public const byte HandshakeFailure = 40;
    public const byte BadCertificate = 42;
    public const byte ProtocolVersion = 70;
    public const byte InsufficientSecurity = 71;
    public const byte CertificateRequired = 116;

    /// <summary>What libssl's information callback gives: level and description.</summary>
    public static byte Description(int alert) => (byte)alert;

    /// <summary>Whether it ends the session.</summary>
    public static bool IsFatal(int alert) => alert >> 8 == 2;

    /// <summary>Its name.</summary>
    public static string Name(byte alert) => alert switch
    {
        CloseNotify => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        HandshakeFailure => "handshake_failure",
        BadCertificate => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        ProtocolVersion => "protocol_version",
        InsufficientSecurity => "insufficient_security",
        80 => "internal_error",
        90 => "user_canceled",
        100 => "no_renegotiation",
        CertificateRequired => "certificate_required",
        _ => string.Create(CultureInfo.InvariantCulture, $"alert {alert}"),
    };

    /// <summary>How a session ends that libssl cannot go on with.</summary>
    /// <param name="received">The last alert that arrived.</param>
    /// <param name="sent">The last alert that was sent.</param>
    /// <param name="reason">What libssl says.</param>
    public static DtlsEnd Failure(int received, int sent, string? reason) =>
        IsFatal(received) ? FromPeer(Description(received)) : FromUs(sent, reason);

    /// <summary>What the peer means by one that ends the session.</summary>
    public static DtlsEnd FromPeer(byte alert) => alert switch
    {
        HandshakeFailure or ProtocolVersion or InsufficientSecurity => new(
            DtlsEndReason.NothingInCommon, $"The peer has no version, cipher suite or curve in common with us ({Name(alert)}).", alert),
        >= BadCertificate and <= 49 or CertificateRequired => new(
            DtlsEndReason.PeerAlert, $"The peer did not accept our certificate ({Name(alert)}).", alert),
        _ => new(DtlsEndReason.PeerAlert, $"The peer ended the session: {Name(alert)}.", alert),
    };

    /// <summary>What went wrong when we ended it.</summary>
    /// <param name="alert">What we sent; 0 for none.</param>
    /// <param name="reason">What libssl says.</param>
    public static DtlsEnd FromUs(int alert, string? reason)
    {
        byte description = Description(alert);
        byte? sent = alert == 0 ? null : description;
        string detail = reason is null ? "" : $": {reason}";
        return reason switch
        {
            not null when reason.Contains("did not return a certificate", StringComparison.Ordinal) => new(
                DtlsEndReason.NoPeerCertificate, "The peer showed no certificate.", sent),
            not null when reason.Contains("no shared cipher", StringComparison.Ordinal) || reason.Contains("unsupported protocol", StringComparison.Ordinal)
                || reason.Contains("version", StringComparison.Ordinal) || reason.Contains("no suitable", StringComparison.Ordinal) => new(
                DtlsEndReason.NothingInCommon, $"We have no version, cipher suite or curve in common with the peer{detail}.", sent),
            _ => new(DtlsEndReason.ProtocolError, $"The peer broke the protocol{detail}.", sent),
        };
    }
}
