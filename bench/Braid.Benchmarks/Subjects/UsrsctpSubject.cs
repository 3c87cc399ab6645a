using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>libusrsctp, tuned (buffers of 4 MiB): a program in C, built where its library is installed. One flow only.</summary>
internal sealed class UsrsctpSubject : ISubject
{
    private const string SctpPort = "7000";

    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "usrsctp_peer");

    private Task<bool>? _build;
    private string _first = "";
    private string _second = "";

    public string Name => "usrsctp";

    public async Task PrepareAsync()
    {
        if (!await (_build ??= TryBuildAsync()))
        {
            throw new RunFailedException("usrsctp cannot be built: apt-get install gcc libusrsctp-dev");
        }
    }

    public ProcessStartInfo Passive(Job job)
    {
        (_first, _second) = (FreeUdpPort(), FreeUdpPort());
        string[] action = job.Kind == JobKind.Bulk ? ["bench-recv"] : ["echo"];
        return Side(job, ["server", _first, _second, SctpPort, .. action]);
    }

    public ProcessStartInfo Active(Job job, string ready)
    {
        string[] action = job.Kind == JobKind.Bulk
            ? ["bench-send", Job.Text(job.Size), Job.Text(job.Seconds)]
            : ["bench-ping", Job.Text(job.Size), Job.Text(job.Rounds)];
        return Side(job, ["client", _second, _first, SctpPort, .. action]);
    }

    private static async Task<bool> TryBuildAsync()
    {
        using Process build = Process.Start("sh", [Path.Combine(AppContext.BaseDirectory, "native", "build.sh"), s_program]);
        await build.WaitForExitAsync();
        return build.ExitCode == 0;
    }

    private static ProcessStartInfo Side(Job job, string[] arguments)
    {
        var info = new ProcessStartInfo(s_program, arguments);
        info.Environment["BENCH_MTU"] = Job.Text(job.Mtu);
        return info;
    }

    private static string FreeUdpPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return Job.Text(((IPEndPoint)socket.LocalEndPoint!).Port);
    }
}
