using System;
using System.Collections.Generic;

namespace Braid.Dtls;

/// <summary>Who the peer is, and who it has to be: owns the certificate that it has shown and what that is compared with.</summary>
internal sealed class PeerIdentity(DtlsSessionOptions options)
{
    private IReadOnlyList<DtlsFingerprint>? _fingerprints = options.PeerFingerprints;

    /// <summary>DER; empty before it was shown.</summary>
    public byte[] Certificate { get; private set; } = [];

    /// <summary>Whether it is somebody else.</summary>
    public bool IsMismatch { get; private set; }

    /// <summary>Whether it is known who it has to be.</summary>
    public bool IsDecided => _fingerprints is not null || options.PeerValidation is not null;

    /// <summary>Whether the user's code is being asked: libssl is below it, and must not be entered again nor freed.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>How a session ends whose peer is somebody else.</summary>
    public static DtlsEnd Mismatch(byte? alert) =>
        new(DtlsEndReason.FingerprintMismatch, "The peer's certificate does not match the fingerprint of its description.", alert);

    /// <summary>The peer shows its certificate; whether it may be let in.</summary>
    public bool OnCertificate(byte[] certificate)
    {
        Certificate = certificate;
        IsMismatch = _fingerprints is not null ? !DtlsFingerprint.Matches(_fingerprints, certificate)
            : options.PeerValidation is { } validation && !Ask(() => validation(certificate));
        return !IsMismatch;
    }

    /// <summary>It is told who the peer has to be; whether that agrees with what it has shown, if it has.</summary>
    public bool OnFingerprints(IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        _fingerprints = fingerprints;
        return Certificate.Length == 0 || DtlsFingerprint.Matches(fingerprints, Certificate);
    }

    /// <summary>A line of the key log.</summary>
    public void OnKeys(string line) => Ask(() =>
    {
        options.KeyLog?.Invoke(line);
        return true;
    });

    private bool Ask(Func<bool> question)
    {
        IsAsking = true;
        try
        {
            return question();
        }
#pragma warning disable CA1031 // The user's code, within libssl: who cannot be judged is not let in.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
        finally
        {
            IsAsking = false;
        }
    }
}
