using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Braid.Benchmarks;

/// <summary>One flow of the kernel's TCP with the congestion control that is asked for.</summary>
internal static class LinkTcp
{
    private const int TcpLevel = 6;
    private const int CongestionOption = 13;                 // TCP_CONGESTION of Linux

    public static int Receive()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen(1);
        Console.WriteLine($"ready {((IPEndPoint)listener.LocalEndPoint!).Port}");
        using Socket socket = listener.Accept();
        double cpu = Measured.CpuNow;
        var arrivals = new Arrivals();
        var buffer = new byte[256 * 1024];
        for (int read = socket.Receive(buffer); read > 0; read = socket.Receive(buffer))
        {
            arrivals.Add(read);
        }

        Console.WriteLine(Arrivals.Together([arrivals], Measured.CpuNow - cpu));
        return 0;
    }

    public static int Send(IPAddress host, int port, string control, double seconds)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(TcpLevel, CongestionOption, Encoding.ASCII.GetBytes(control));
        socket.Connect(host, port);
        var payload = new byte[16384];
        long start = Stopwatch.GetTimestamp();
        double cpu = Measured.CpuNow;
        long bytes = 0;
        long end = start + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            bytes += socket.Send(payload);
        }

        socket.Shutdown(SocketShutdown.Send);
        socket.Receive(payload);                             // until the other side has it all, and closes
        Console.WriteLine(new Measured(bytes, Stopwatch.GetElapsedTime(start).TotalSeconds, Measured.CpuNow - cpu));
        return 0;
    }
}
