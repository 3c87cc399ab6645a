using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>coturn: TURN over UDP and TCP on port 3478, over TLS on 5349, with a certificate of its own for the address.</summary>
internal sealed class Coturn : IAsyncDisposable
{
    private const string Program = "/usr/bin/turnserver";
    private const string User = "braid";
    private const string Password = "secret";
    private const int Port = 3478;
    private const int TlsPort = 5349;

    private readonly Process _process;

    private Coturn(Process process, string certificate)
    {
        _process = process;
        Certificate = certificate;
    }

    /// <summary>A file with its certificate, for those who ask whether to trust it.</summary>
    public string Certificate { get; }

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? Missing() => File.Exists(Program) ? null : "coturn is not installed: apt-get install coturn";

    /// <summary>What it calls itself.</summary>
    public static async Task<string> VersionAsync(PeerNamespace place, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(place.Inside(Program, "--version"))!;
        string text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        return text.TrimEnd().Split('\n')[^1];
    }

    /// <summary>A configuration for a peer that has nothing but a relay.</summary>
    /// <param name="transport">udp, tcp or tls.</param>
    public static JsonObject Configuration(string transport) => new()
    {
        ["iceTransportPolicy"] = "relay",
        ["iceServers"] = new JsonArray(new JsonObject
        {
            ["urls"] = transport == "tls"
                ? $"turns:{PeerNamespace.Address}:{TlsPort}?transport=tcp"
                : $"turn:{PeerNamespace.Address}:{Port}?transport={transport}",
            ["username"] = User,
            ["credential"] = Password,
        }),
    };

    /// <summary>The file for <see cref="Certificate"/>, and the key beside it.</summary>
    public static string MakeCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=coturn of the tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(PeerNamespace.Address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        string path = Path.Combine(folder, "turn.pem");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
        return path;
    }

    public static async Task<Coturn> StartAsync(PeerNamespace place, string certificate, CancellationToken cancellationToken)
    {
        ProcessStartInfo info = place.Inside(
            Program,
            "-n", "--no-cli", "--fingerprint", "--lt-cred-mech", "--realm", "braid.test", "--user", $"{User}:{Password}",
            "--listening-ip", PeerNamespace.Address, "--relay-ip", PeerNamespace.Address,
            "--listening-port", $"{Port}", "--tls-listening-port", $"{TlsPort}", "--cert", certificate, "--pkey", certificate + ".key",
            "--allow-loopback-peers", "--log-file", "stdout", "--pidfile", Path.Combine(place.Folder, "turn.pid"), "--userdb", Path.Combine(place.Folder, "turn.db"));
        Process process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var coturn = new Coturn(process, certificate);
        while (!process.HasExited)
        {
            using Socket socket = place.NewSocket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(PeerNamespace.Address, TlsPort, cancellationToken);
                return coturn;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);     // it has nothing to wait for but its ports
            }
        }

        throw new InvalidOperationException($"turnserver ended with {process.ExitCode}");
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        return ValueTask.CompletedTask;
    }
}
