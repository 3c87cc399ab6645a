using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>Kernel TCP by blocking calls, without Nagle's algorithm; a thread for each connection. The path MTU is loopback's own.</summary>
internal sealed class TcpSubject() : ManagedSubject("tcp")
{
    private const int ReadSize = 256 * 1024;
    private const int SendsPerLook = 16;                     // at the clock
    private const int StackSize = 256 * 1024;

    protected override async Task ReceiveAsync(Job job, CancellationToken cancellationToken)
    {
        using Socket listener = Listen(job);
        await CountAsync(listener, job.Flows);               // the warm-up
        Console.WriteLine(await CountAsync(listener, job.Flows));
    }

    protected override async Task SendAsync(int port, Job job, CancellationToken cancellationToken)
    {
        await SendAllAsync(port, job, () => Deadline.AfterWork(job.WarmUp));
        double cpu = Measured.CpuNow;
        await SendAllAsync(port, job, () => Deadline.In(job.Seconds));
        Console.WriteLine(new Measured(0, 0, Measured.CpuNow - cpu));
    }

    protected override Task EchoAsync(Job job, CancellationToken cancellationToken)
    {
        using Socket listener = Listen(job);
        using Socket socket = Accept(listener);
        var buffer = new byte[job.Size];
        while (TryReceiveAll(socket, buffer))
        {
            socket.Send(buffer);
        }

        return Task.CompletedTask;
    }

    protected override Task PingAsync(int port, Job job, CancellationToken cancellationToken)
    {
        using Socket socket = Connect(port);
        var buffer = new byte[job.Size];
        var clock = new RoundTripClock(job.Rounds);
        while (clock.Next())
        {
            socket.Send(buffer);
            TryReceiveAll(socket, buffer);
        }

        Console.WriteLine(clock.ToRoundTrips());
        return Task.CompletedTask;
    }

    private static bool TryReceiveAll(Socket socket, Span<byte> buffer)
    {
        int read = 0;
        while (read < buffer.Length && socket.Receive(buffer[read..]) is var more and > 0)
        {
            read += more;
        }

        return read == buffer.Length;
    }

    private static Socket Listen(Job job)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(Math.Max(16, job.Flows));
        Ready(((IPEndPoint)listener.LocalEndPoint!).Port);
        return listener;
    }

    private static Socket Accept(Socket listener)
    {
        Socket socket = listener.Accept();
        socket.NoDelay = true;
        return socket;
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<Measured> CountAsync(Socket listener, int flows)
    {
        var counts = new Task<Arrivals>[flows];
        double cpu = 0;
        for (int i = 0; i < flows; i++)
        {
            Socket socket = Accept(listener);
            cpu = i == 0 ? Measured.CpuNow : cpu;
            counts[i] = OnThread(() => Count(socket));
        }

        return Arrivals.Together(await Task.WhenAll(counts), Measured.CpuNow - cpu);
    }

    private static Arrivals Count(Socket socket)
    {
        using (socket)
        {
            var arrivals = new Arrivals();
            var buffer = new byte[ReadSize];
            for (int read = socket.Receive(buffer); read > 0; read = socket.Receive(buffer))
            {
                arrivals.Add(read);
            }

            return arrivals;
        }
    }

    private static async Task SendAllAsync(int port, Job job, Func<Deadline> begin)
    {
        Socket[] sockets = [.. Enumerable.Range(0, job.Flows).Select(_ => Connect(port))];
        Deadline end = begin();
        await Task.WhenAll(sockets.Select(socket => OnThread(() => SendUntil(socket, job.Size, end))));
    }

    private static bool SendUntil(Socket socket, int size, Deadline end)
    {
        using (socket)
        {
            var payload = new byte[size];
            while (!end.IsOver)
            {
                for (int i = 0; i < SendsPerLook; i++)
                {
                    socket.Send(payload);
                }
            }

            socket.Shutdown(SocketShutdown.Both);
            return true;
        }
    }

    private static Task<T> OnThread<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(
            () =>
            {
                try
                {
                    result.SetResult(action());
                }
                catch (SocketException exception)
                {
                    result.SetException(exception);
                }
            },
            StackSize).Start();
        return result.Task;
    }
}
