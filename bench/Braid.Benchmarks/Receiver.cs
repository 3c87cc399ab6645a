using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>The receiving process: says where it listens, counts what comes, and says what it saw.</summary>
internal static class Receiver
{
    public const ushort Port = 5001;

    /// <summary>Path MTU of 1,400 bytes; everything else is the default.</summary>
    public static SctpAssociationOptions Options { get; } = SctpAssociationOptions.Default with { PathMtu = 1400, MaximumPathMtu = 0 };

    public static async Task<int> RunAsync(string transport, CancellationToken cancellationToken)
    {
        AppContext.SetSwitch(UdpTransport.PortableSwitch, transport == "portable");
        Console.WriteLine(transport == "tcp" ? await TcpAsync(cancellationToken) : await BraidAsync(cancellationToken));
        return 0;
    }

    private static async Task<Measured> BraidAsync(CancellationToken cancellationToken)
    {
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Association = Options }, cancellationToken);
        Console.WriteLine($"ready {listener.LocalEndPoints[0].Port}");
        await CountAsync(listener, cancellationToken);       // the first flow is there to have the code compiled
        return await CountAsync(listener, cancellationToken);
    }

    private static async Task<Measured> CountAsync(SctpListener listener, CancellationToken cancellationToken)
    {
        await using SctpAssociation association = await listener.AcceptAssociationAsync(cancellationToken);
        double cpu = Measured.CpuNow;
        long bytes = 0;
        long messages = 0;
        long first = 0;
        long last = 0;
        await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
        {
            bytes += message.Length;
            message.Dispose();
            if ((messages++ & 63) == 0)                      // not for each: it costs as much as receiving a small one
            {
                last = Stopwatch.GetTimestamp();
                first = first == 0 ? last : first;
            }
        }

        return new Measured(bytes, Stopwatch.GetElapsedTime(first, last).TotalSeconds, Measured.CpuNow - cpu);
    }

    private static async Task<Measured> TcpAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Console.WriteLine($"ready {((IPEndPoint)listener.LocalEndPoint!).Port}");
        using Socket socket = await listener.AcceptAsync(cancellationToken);
        double cpu = Measured.CpuNow;
        var buffer = new byte[256 * 1024];
        long bytes = 0;
        long first = 0;
        long last = 0;
        for (int read = socket.Receive(buffer); read > 0; read = socket.Receive(buffer))
        {
            bytes += read;
            last = Stopwatch.GetTimestamp();
            first = first == 0 ? last : first;
        }

        return new Measured(bytes, Stopwatch.GetElapsedTime(first, last).TotalSeconds, Measured.CpuNow - cpu);
    }
}
