using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Braid.Core;

namespace Braid.Dtls.Tests;

/// <summary>The other side is OpenSSL's own program, over a UDP socket on loopback.</summary>
public sealed class OpenSslPeerTests : IDisposable
{
    private const string Program = "openssl";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly string _folder = Directory.CreateTempSubdirectory("braid-dtls").FullName;
    private readonly DtlsCertificate _theirs = DtlsCertificate.Create();
    private readonly StringBuilder _output = new();
    private readonly byte[] _buffer = new byte[65536];
    private Process? _process;
    private EndPoint _peer = new IPEndPoint(IPAddress.Loopback, 0);

    public OpenSslPeerTests()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        File.WriteAllText(Path.Combine(_folder, "certificate.pem"), _theirs.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "key.pem"), _theirs.ExportPrivateKeyPem());
    }

    [Fact]
    public void A_client_talks_with_s_server()
    {
        IPEndPoint at = OwnAddress.Next();
        Run("s_server", "-accept", $"{at}", "-Verify", "1", "-quiet");
        _peer = at;
        using DtlsSession session = Open(DtlsRole.Client);
        session.Start(SessionPair.Now);
        Until(session, () => session.State == DtlsState.Connected);
        Talk(session);
    }

    [Theory, Rfc(6347, "4.2.1"), Rfc(6347, "4.2.3")]
    [InlineData(false)]
    [InlineData(true)]
    public void S_client_talks_with_a_server_after_it_has_shown_its_cookie(bool isInFragments)
    {
        using DtlsSession session = Open(DtlsRole.Server);
        string[] more = isInFragments ? ["-mtu", "256", "-alpn", new string('a', 200) + ',' + new string('b', 200)] : [];
        Run("s_client", "-connect", $"127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}", ["-quiet", .. more]);
        int fragments = 0;
        var cookies = new DtlsCookieExchange(new SeededRandom(1));
        var answer = new byte[DtlsCookieExchange.AnswerLength];
        DtlsHelloVerdict verdict = DtlsHelloVerdict.None;
        int length = 0;
        while (verdict != DtlsHelloVerdict.Verified)
        {
            Assert.True(_socket.Poll(TimeSpan.FromSeconds(20), SelectMode.SelectRead), Text);
            length = _socket.ReceiveFrom(_buffer, ref _peer);
            fragments += _buffer.AsSpan(14, 3).SequenceEqual(_buffer.AsSpan(22, 3)) ? 0 : 1;
            verdict = cookies.Examine(SessionPair.Now, NetworkAddress.FromIPv4([127, 0, 0, 1], (ushort)((IPEndPoint)_peer).Port), _buffer.AsSpan(0, length), answer, out int answered);
            if (answered > 0)
            {
                _socket.SendTo(answer.AsSpan(0, answered), _peer);
            }
        }

        Assert.Equal(isInFragments, fragments > 0);
        session.StartVerified(SessionPair.Now, _buffer.AsSpan(0, length));
        Until(session, () => session.State == DtlsState.Connected);
        Talk(session);
        session.Close(SessionPair.Now);
        Flush(session);
        Assert.True(_process!.WaitForExit(10_000), Text);
    }

    [Fact]
    public void A_client_that_shows_no_certificate_is_not_let_in()
    {
        using DtlsSession session = Open(DtlsRole.Server);
        session.Start(SessionPair.Now);
        Run("s_client", "-connect", $"127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}", "-quiet", hasCertificate: false);
        Until(session, () => session.State == DtlsState.Closed);
        Assert.Equal(DtlsEndReason.NoPeerCertificate, session.End!.Reason);
        Assert.Equal("The peer showed no certificate.", session.End.Message);
    }

    [Fact]
    public void A_peer_that_has_nothing_in_common_with_us_is_told_from_one_that_breaks_the_protocol()
    {
        using DtlsSession session = Open(DtlsRole.Server);
        session.Start(SessionPair.Now);
        Run("s_client", "-connect", $"127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}", "-quiet", "-cipher", "ECDHE-ECDSA-AES128-SHA256");
        Until(session, () => session.State == DtlsState.Closed);
        Assert.Equal(DtlsEndReason.NothingInCommon, session.End!.Reason);
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }

        _process?.Dispose();
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Text
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private DtlsSession Open(DtlsRole role) =>
        new(SessionPair.Default(role, SessionPair.ClientCertificate, _theirs) with { RetransmissionTimeout = TimeSpan.FromMilliseconds(100) });

    private void Talk(DtlsSession session)
    {
        Assert.True(session.TrySend("from Braid\n"u8));
        Until(session, () => Text.Contains("from Braid", StringComparison.Ordinal));
        _process!.StandardInput.Write("from OpenSSL\n");
        _process.StandardInput.Flush();
        string heard = "";
        Until(session, () =>
        {
            while (session.TryReceive(out ReadOnlySpan<byte> content))
            {
                heard += Encoding.ASCII.GetString(content);
            }

            return heard.Contains("from OpenSSL", StringComparison.Ordinal);
        });
    }

    private void Run(string command, string what, string where, params string[] more) => Run(command, what, where, true, more);

    private void Run(string command, string what, string where, string first, bool hasCertificate) => Run(command, what, where, hasCertificate, first);

    private void Run(string command, string what, string where, bool hasCertificate, params string[] more)
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        foreach (string argument in new[] { command, "-dtls1_2", what, where })
        {
            start.ArgumentList.Add(argument);
        }

        foreach (string argument in more)
        {
            start.ArgumentList.Add(argument);
        }

        if (hasCertificate)
        {
            foreach (string argument in new[] { "-cert", "certificate.pem", "-key", "key.pem" })
            {
                start.ArgumentList.Add(argument);
            }
        }

        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip($"There is no program '{Program}' here; CI installs it.");
        }

        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Append(string? line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }

    // Real time, since the peer is.
    private void Until(DtlsSession session, Func<bool> isSo)
    {
        var clock = Stopwatch.StartNew();
        Flush(session);
        while (!isSo())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{session.State} {session.End}\n{Text}");
            if (_socket.Poll(TimeSpan.FromMilliseconds(10), SelectMode.SelectRead))
            {
                try
                {
                    int length = _socket.ReceiveFrom(_buffer, ref _peer);
                    session.HandleDatagram(SessionPair.Now, _buffer.AsSpan(0, length));
                }
                catch (SocketException)
                {
                    Thread.Sleep(10);                        // the program is not there yet
                }
            }

            session.HandleTimeout(SessionPair.Now);
            Flush(session);
        }
    }

    private void Flush(DtlsSession session)
    {
        while (session.TryGetDatagram(_buffer, out int length))
        {
            _socket.SendTo(_buffer.AsSpan(0, length), _peer);
        }
    }
}
