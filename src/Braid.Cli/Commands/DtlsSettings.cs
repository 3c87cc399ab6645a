using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using Braid.Cli.Output;
using Braid.Dtls;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>The options that protect an association by DTLS (RFC 8261).</summary>
internal sealed class DtlsSettings
{
    public Option<bool> Dtls { get; } = new("--dtls") { Description = "SCTP over DTLS (RFC 8261); the peer must do the same. Says the fingerprint of this side's certificate." };

    public Option<string[]> Fingerprint { get; } = new("--fingerprint")
    {
        Description = "With --dtls: what the peer's certificate must be, such as 'sha-256 12:DF:...'; without, any peer is let in.",
        AllowMultipleArgumentsPerToken = false,
    };

    public Option<string> Certificate { get; } = new("--certificate")
    {
        Description = "With --dtls: a PEM file with certificate and private key, made when it is not there; without, a new one each time.",
    };

    public Option<string> KeyLog { get; } = new("--key-log") { Description = "With --dtls: append the secrets of the session to this file (SSLKEYLOGFILE), for Wireshark." };

    public void AddTo(Command command)
    {
        command.Add(Dtls);
        command.Add(Fingerprint);
        command.Add(Certificate);
        command.Add(KeyLog);
    }

    /// <summary>What the command line says; null without <c>--dtls</c>. Says our fingerprint on stderr.</summary>
    public SctpDtlsOptions? OptionsFor(ParseResult result)
    {
        if (!result.GetValue(Dtls))
        {
            foreach (Option option in new Option[] { Fingerprint, Certificate, KeyLog })
            {
                if (result.GetResult(option) is { Implicit: false })
                {
                    throw new UsageException($"{option.Name} needs --dtls");
                }
            }

            return null;
        }

        try
        {
            DtlsLibrary.EnsureLoaded();
        }
        catch (DtlsUnavailableException exception)
        {
            throw new UsageException(exception.Message);
        }

        List<DtlsFingerprint> fingerprints = [];
        foreach (string text in result.GetValue(Fingerprint) ?? [])
        {
            string full = text.Contains(' ', StringComparison.Ordinal) ? text : $"sha-256 {text}";
            fingerprints.Add(DtlsFingerprint.TryParse(full, out DtlsFingerprint? fingerprint)
                ? fingerprint
                : throw new UsageException($"--fingerprint {text}: must be sha-256, sha-384 or sha-512 and pairs of hexadecimal digits with colons"));
        }

        DtlsCertificate certificate = result.GetValue(Certificate) is { } file ? Load(file) : DtlsCertificate.Create();
        Console.Error.WriteLine($"DTLS fingerprint: {certificate.Fingerprint()}");
        var options = new SctpDtlsOptions
        {
            Certificate = certificate,
            PeerFingerprints = fingerprints,
            PeerValidation = fingerprints.Count == 0 ? _ => true : null,
        };
        return result.GetValue(KeyLog) is { } log ? options with { KeyLog = LogTo(log) } : options;
    }

    private static DtlsCertificate Load(string file)
    {
        try
        {
            if (!File.Exists(file))
            {
                DtlsCertificate made = DtlsCertificate.Create(TimeSpan.FromDays(3650));
                using var writer = new StreamWriter(new FileStream(file, Private(FileMode.CreateNew)));
                writer.Write(made.ExportCertificatePem() + "\n" + made.ExportPrivateKeyPem() + "\n");
                return made;
            }

            string text = File.ReadAllText(file);
            return DtlsCertificate.FromPem(text, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"--certificate {file}: {exception.Message}");
        }
    }

    private static Action<string> LogTo(string file)
    {
        var gate = new Lock();
        return line =>
        {
            lock (gate)
            {
                using var writer = new StreamWriter(new FileStream(file, Private(FileMode.Append)));
                writer.WriteLine(line);
            }
        };
    }

    // Secrets are for the user alone.
    private static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
