using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>The C program of this folder, linked to Debian's libusrsctp, in a process of its own.</summary>
internal sealed class UsrsctpPeer : IAsyncDisposable
{
    private static readonly Lazy<(string? Program, string Reason)> s_built = new(Build);

    private readonly Process _process;
    private readonly SemaphoreSlim _input = new(1);          // one line at a time

    private UsrsctpPeer(Process process, int udpPort)
    {
        _process = process;
        UdpPort = udpPort;
    }

    /// <summary>Its UDP port.</summary>
    public int UdpPort { get; }

    /// <summary>Starts it; skips the test where it cannot be built, but never on CI.</summary>
    /// <param name="role">client or server.</param>
    /// <param name="remoteUdpPort">Where the peer of a client is.</param>
    /// <param name="sctpPort">The server's SCTP port.</param>
    /// <param name="action">What it does, with its arguments.</param>
    public static UsrsctpPeer Start(string role, int remoteUdpPort, int sctpPort, params string[] action) =>
        Start(role, FreeUdpPort(), remoteUdpPort, sctpPort, new Dictionary<string, string>(), action);

    /// <summary>Starts it on a UDP port, with an environment.</summary>
    /// <param name="role">client or server.</param>
    /// <param name="udpPort">Its own UDP port.</param>
    /// <param name="remoteUdpPort">Where the peer of a client is.</param>
    /// <param name="sctpPort">The server's SCTP port.</param>
    /// <param name="environment">Variables.</param>
    /// <param name="action">What it does, with its arguments.</param>
    public static UsrsctpPeer Start(
        string role, int udpPort, int remoteUdpPort, int sctpPort, IReadOnlyDictionary<string, string> environment, params string[] action) =>
        Start(role, udpPort, remoteUdpPort, sctpPort, environment, @namespace: null, action);

    /// <summary>Starts it in a network namespace, over UDP with the usual port on both sides or over IP.</summary>
    /// <param name="role">client or server.</param>
    /// <param name="namespace">The network namespace where it is.</param>
    /// <param name="encapsulation">What packets travel in.</param>
    /// <param name="locals">Its addresses there.</param>
    /// <param name="remotes">Where the peer of a client is.</param>
    /// <param name="sctpPort">The server's SCTP port.</param>
    /// <param name="environment">Variables.</param>
    /// <param name="action">What it does, with its arguments.</param>
    public static UsrsctpPeer StartIn(
        string role,
        string @namespace,
        SctpEncapsulation encapsulation,
        IReadOnlyList<string> locals,
        IReadOnlyList<string> remotes,
        int sctpPort,
        IReadOnlyDictionary<string, string> environment,
        params string[] action)
    {
        var all = new Dictionary<string, string>(environment) { ["LOCAL"] = string.Join(',', locals), ["REMOTE"] = string.Join(',', remotes) };
        if (encapsulation == SctpEncapsulation.RawIp)
        {
            all["RAW"] = "1";
        }

        return Start(role, SctpDefaults.UdpPort, SctpDefaults.UdpPort, sctpPort, all, @namespace, action);
    }

    private static UsrsctpPeer Start(
        string role, int udpPort, int remoteUdpPort, int sctpPort, IReadOnlyDictionary<string, string> environment, string? @namespace, string[] action)
    {
        (string? program, string reason) = s_built.Value;
        if (program is null)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"CI must run the usrsctp tests: {reason}");
            Assert.Skip(reason);
        }

        var start = new ProcessStartInfo(@namespace is null ? program : "ip") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        if (@namespace is not null)
        {
            foreach (string argument in (string[])["netns", "exec", @namespace, program])
            {
                start.ArgumentList.Add(argument);
            }
        }

        string[] where = [role, Text(udpPort), Text(remoteUdpPort), Text(sctpPort)];
        foreach (string argument in (IEnumerable<string>)[.. where, .. action])
        {
            start.ArgumentList.Add(argument);
        }

        return new UsrsctpPeer(Process.Start(start)!, udpPort);
    }

    /// <summary>Reads the next line and checks its first word.</summary>
    /// <returns>The words behind it.</returns>
    public async Task<string[]> ExpectAsync(string word, CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken) is not { } words)
        {
            string error = await _process.StandardError.ReadToEndAsync(cancellationToken);
            Assert.Fail($"usrsctp_peer ended where '{word}' was expected: {error}");
            return [];
        }

        Assert.Equal(word, words[0]);
        return words[1..];
    }

    /// <summary>Reads the next line, whatever it is.</summary>
    /// <returns>Its words; null when it has ended.</returns>
    public async Task<string[]?> ReadAsync(CancellationToken cancellationToken) =>
        (await _process.StandardOutput.ReadLineAsync(cancellationToken))?.Split(' ');

    /// <summary>Lets one that stalls begin to read.</summary>
    public Task ResumeAsync() => TellAsync("go");

    /// <summary>Gives it a line to read.</summary>
    public async Task TellAsync(string line)
    {
        await _input.WaitAsync(CancellationToken.None);
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _input.Release();
        }
    }

    /// <summary>There will be no more lines: one that is controlled ends with its association, and says what it has received.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Kills it, without a word to its peer.</summary>
    public async Task CrashAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _input.Dispose();
    }

    /// <summary>What a message on a stream contains; the C program computes the same.</summary>
    public static byte[] Pattern(int stream, int length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((((long)stream * 7) + ((long)length * 13) + i) % 251);
        }

        return bytes;
    }

    private static (string? Program, string Reason) Build()
    {
        string output = Path.Combine(AppContext.BaseDirectory, "usrsctp_peer");
        try
        {
            using Process build = Process.Start(new ProcessStartInfo("sh", [Path.Combine(SourceFolder(), "native", "build.sh"), output])
            {
                RedirectStandardError = true,
            })!;
            string errors = build.StandardError.ReadToEnd();
            build.WaitForExit();
            return build.ExitCode == 0
                ? (output, "")
                : (null, $"usrsctp_peer cannot be built (apt-get install gcc libusrsctp-dev): {errors.Split('\n')[0]}");
        }
        catch (Win32Exception exception)
        {
            return (null, $"usrsctp_peer cannot be built: {exception.Message}");
        }
    }

    private static string SourceFolder([CallerFilePath] string path = "")
    {
        // A deterministic build hides where the sources lie: then they are found from where the tests run.
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "native", "build.sh")))
            {
                return folder.FullName;
            }
        }

        return Path.GetDirectoryName(path)!;
    }

    /// <summary>
    /// A UDP port that was free a moment ago, on all addresses: libusrsctp binds to all, and where one of them has it taken it says nothing and hears nothing.
    /// </summary>
    public static int FreeUdpPort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
