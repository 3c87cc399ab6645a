using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>coturn on loopback, for one test: STUN and TURN over UDP, TCP and TLS, each test with ports of its own.</summary>
internal sealed class TurnServer : IAsyncDisposable
{
    public const string User = "braid";
    public const string Password = "correct horse";

    private const string Program = "/usr/bin/turnserver";

    private readonly Process _process;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _log = new();

    private TurnServer(string folder, X509Certificate2 certificate, string[] arguments)
    {
        _folder = folder;
        Certificate = certificate;
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])
        [
            "-n", "--log-file=stdout", "--simple-log", "--no-cli", "--no-dtls", $"--pidfile={folder}/pid", $"--userdb={folder}/db",
            $"--listening-ip={At.Address}", $"--relay-ip={At.Address}", $"--listening-port={At.Port}", $"--tls-listening-port={TlsAt.Port}",
            "--allow-loopback-peers", "--lt-cred-mech", "--realm=braid.example", $"--user={User}:{Password}",
            $"--cert={folder}/certificate.pem", $"--pkey={folder}/key.pem", "--verbose", .. arguments,
        ])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it takes UDP and TCP.</summary>
    public IPEndPoint At { get; } = OwnAddress.Next();

    /// <summary>Where it takes TLS.</summary>
    public IPEndPoint TlsAt { get; } = OwnAddress.Next();

    /// <summary>What it shows over TLS; self-signed.</summary>
    public X509Certificate2 Certificate { get; }

    public string Log => string.Join('\n', _log);

    /// <summary>Starts it; skips the test where it is not installed, but never on CI.</summary>
    public static async Task<TurnServer> StartAsync(params string[] arguments)
    {
        if (!File.Exists(Program))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "CI must run the tests with coturn: apt-get install coturn");
            Assert.Skip("coturn is not installed: apt-get install coturn");
        }

        string folder = Directory.CreateTempSubdirectory("braid-coturn-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=coturn of a test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(OwnAddress.Next().Address);
        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync($"{folder}/certificate.pem", certificate.ExportCertificatePem());
        await File.WriteAllTextAsync($"{folder}/key.pem", key.ExportPkcs8PrivateKeyPem());

        var server = new TurnServer(folder, certificate, arguments);
        try
        {
            await server.WaitUntilReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitUntilReadyAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (true)
        {
            Assert.False(_process.HasExited || patience.IsCancellationRequested, Log);
            try
            {
                foreach (IPEndPoint at in (IPEndPoint[])[At, TlsAt])
                {
                    using var probe = new TcpClient();
                    await probe.ConnectAsync(at, patience.Token);
                }

                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }
}
