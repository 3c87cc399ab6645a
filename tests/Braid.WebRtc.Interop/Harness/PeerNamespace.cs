using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Win32.SafeHandles;

namespace Braid.WebRtc.Interop;

/// <summary>
/// Namespaces of Linux for the peers: a network of its own with lo, a veth pair with an address and a default route (with lo alone no browser
/// gathers a candidate), and processes of its own, all of which the kernel kills when the first one ends. That one reads its standard
/// input: however this process goes, the pipe closes and nothing stays behind.
/// </summary>
internal sealed partial class PeerNamespace : IAsyncDisposable
{
    /// <summary>The address of the veth pair.</summary>
    public const string Address = "10.77.0.1";

    private const int CloneNewNet = 0x40000000;

    private const string Script =
        """
        read -r pid rest < /proc/self/stat
        mount -t proc proc /proc
        ip link set lo up
        ip link add braid0 type veth peer name braid1
        ip address add 10.77.0.1/24 dev braid0
        ip link set braid0 up
        ip link set braid1 up
        ip route add default via 10.77.0.2
        echo "ready $pid"
        read -r _
        """;

    private readonly Process _holder;
    private readonly string _pid;
    private readonly SafeFileHandle _network;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _inside;

    private PeerNamespace(Process holder, string pid)
    {
        _holder = holder;
        _pid = pid;
        _network = File.OpenHandle($"/proc/{pid}/ns/net", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _inside = new Thread(RunInside) { IsBackground = true, Name = "namespace" };
        _inside.Start();
        Folder = Directory.CreateTempSubdirectory("braid-peers-").FullName;
    }

    /// <summary>Where programs put their profiles; removed with the namespace.</summary>
    public string Folder { get; }

    /// <summary>Why there can be none on this machine; null when there can.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "network namespaces are Linux's";
        }

        return Environment.IsPrivilegedProcess ? null : "network namespaces need root";
    }

    /// <exception cref="InvalidOperationException">It cannot be made here.</exception>
    public static async Task<PeerNamespace> CreateAsync(CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo("unshare", ["--net", "--pid", "--mount", "--fork", "--kill-child", "sh", "-e", "-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process holder = Process.Start(info)!;
        string? line = await holder.StandardOutput.ReadLineAsync(cancellationToken);
        if (line?.Split(' ') is ["ready", string pid])
        {
            return new PeerNamespace(holder, pid);
        }

        string errors = await holder.StandardError.ReadToEndAsync(cancellationToken);
        holder.Dispose();
        throw new InvalidOperationException($"no namespace: {errors}");
    }

    /// <summary>How to start a program inside.</summary>
    public ProcessStartInfo Inside(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo("nsenter", ["--target", _pid, "--net", "--pid", "--mount", "--wd=.", "--", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["TMPDIR"] = Folder;
        info.Environment["HOME"] = Folder;
        info.Environment.Remove("DISPLAY");
        return info;
    }

    /// <summary>A socket belongs to the namespace of the thread that makes it.</summary>
    public Socket NewSocket(SocketType type, ProtocolType protocol)
    {
        using var isMade = new ManualResetEventSlim();
        Socket? made = null;
        ExceptionDispatchInfo? failure = null;
        _work.Add(() =>
        {
            try
            {
                made = new Socket(AddressFamily.InterNetwork, type, protocol);
            }
            catch (SocketException exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            // No task: what the pool starts a thread for stays in the namespace for the rest of that thread's life.
            isMade.Set();
        });
        isMade.Wait();
        failure?.Throw();
        return made!;
    }

    /// <summary>A client whose connections begin inside.</summary>
    public HttpClient NewHttpClient() => new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                Socket socket = NewSocket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
    {
        Timeout = Timeout.InfiniteTimeSpan,                  // the scenarios have theirs
    };

    public async ValueTask DisposeAsync()
    {
        _work.CompleteAdding();
        _holder.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _holder.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _holder.Kill();
        }

        _holder.Dispose();
        _network.Dispose();
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A browser that ends now writes its last file.
        }
    }

    private void RunInside()
    {
        if (setns(_network.DangerousGetHandle().ToInt32(), CloneNewNet) != 0)
        {
            throw new InvalidOperationException($"setns: {Marshal.GetLastPInvokeError().ToString(CultureInfo.InvariantCulture)}");
        }

        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054 // source generation would make the test project unsafe
    private static extern int setns(int descriptor, int kind);
#pragma warning restore SYSLIB1054
}
