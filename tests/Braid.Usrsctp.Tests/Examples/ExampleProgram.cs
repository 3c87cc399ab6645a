using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests.Examples;

/// <summary>One of the programs of Debian's libusrsctp-examples, or the HTTP server, in a process of its own.</summary>
internal sealed class ExampleProgram : IAsyncDisposable
{
    private const string Folder = "/usr/lib/usrsctp";

    private const string HttpServerName = "http_server";

    private static readonly Lazy<(string? Program, string Reason)> s_httpServer = new(() => NativeProgram.Build(HttpServerName));

    private readonly Process _process;
    private readonly Task _reading;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ExampleProgram(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    /// <summary>Whether they are installed.</summary>
    public static bool Installed => Directory.Exists(Folder);

    /// <summary>What answers their HTTP requests: ours, as there is none among them.</summary>
    public static (string? Program, string Reason) HttpServer => s_httpServer.Value;

    /// <summary>Starts one.</summary>
    /// <param name="command">Its name and arguments.</param>
    /// <param name="library">The library that it is given.</param>
    public static ExampleProgram Start(string command, string library)
    {
        // Each line at once: into a pipe the C library would write only what fills a buffer.
        string[] words = command.Split(' ');
        string program = words[0] == HttpServerName ? HttpServer.Program! : Path.Combine(Folder, words[0]);
        var start = new ProcessStartInfo("stdbuf", ["-oL", program, .. words[1..]])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Library.Give(start, library);
        return new ExampleProgram(Process.Start(start)!);
    }

    /// <summary>Gives it a line.</summary>
    /// <param name="line">The line.</param>
    public async Task WriteAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync(CancellationToken.None);
    }

    /// <summary>There is nothing more for it to read.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits until it has printed something, or has ended.</summary>
    /// <param name="text">What it has to print.</param>
    /// <param name="cancellationToken">The guard.</param>
    /// <returns>Whether it has.</returns>
    public async Task<bool> ExpectAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task more;
            lock (_output)
            {
                more = _more.Task;
                if (Printed.Contains(text, StringComparison.Ordinal))
                {
                    return true;
                }
            }

            if (_reading.IsCompleted)
            {
                return false;
            }

            await Task.WhenAny(more, _reading).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <param name="cancellationToken">The guard.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _reading.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>What it has printed: all of one stream behind all of the other.</summary>
    public string Printed
    {
        get
        {
            lock (_output)
            {
                return _output.ToString() + _errors;
            }
        }
    }

    /// <summary>Ends it.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader, StringBuilder into)
    {
        var buffer = new char[4096];
        for (int count; (count = await reader.ReadAsync(buffer.AsMemory(), CancellationToken.None)) > 0;)
        {
            lock (_output)
            {
                into.Append(buffer, 0, count);
                _more.TrySetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
