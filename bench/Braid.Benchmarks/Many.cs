using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>
/// Many associations: ten thousand at the same time over one UDP socket on either side, and a hundred thousand one after the other.
/// </summary>
internal static class Many
{
    private const ushort Port = 5001;

    /// <summary>Sets associations up, echoes a message on each, and closes them all.</summary>
    public static async Task AtOnceAsync(int count)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using SctpStack serverStack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpStack clientStack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = serverStack, Backlog = count });
        Task echoing = EchoAllAsync(listener, guard.Token);
        await RoundAsync(clientStack, serverStack, guard.Token);          // what is made once for all is not counted

        long bytes = Heap();
        int threads = ThreadCount();
        var clients = new SctpAssociation[count];
        long start = Stopwatch.GetTimestamp();
        await ForAllAsync(count, async i => clients[i] = await ConnectAsync(clientStack, serverStack, guard.Token));
        Print("set up", count, start);

        start = Stopwatch.GetTimestamp();
        await ForAllAsync(count, i => EchoAsync(clients[i], guard.Token));
        Print("message and echo", count, start);

        await Task.Delay(TimeSpan.FromSeconds(1));           // delayed SACKs
        double each = (Heap() - bytes) / (2.0 * count);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  idle: {each:F0} bytes of heap for each end of an association; threads {threads} before, {ThreadCount()} now"));

        start = Stopwatch.GetTimestamp();
        await ForAllAsync(count, i => clients[i].ShutdownAsync(guard.Token).AsTask());
        Print("shutdown", count, start);
        clients = [];
        while (serverStack.AssociationCount > 0)
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await listener.DisposeAsync();
        await echoing;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  afterwards: {(Heap() - bytes) / 1024.0 / 1024.0:F1} MiB of heap more than before"));
    }

    /// <summary>Associates, sends a message, receives its echo and shuts down, again and again.</summary>
    public static async Task InSequenceAsync(int rounds)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromMinutes(30));
        await using SctpStack serverStack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpStack clientStack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = serverStack });
        _ = EchoAllAsync(listener, guard.Token);
        int part = Math.Max(1, rounds / 10);
        for (int done = 0; done < rounds; done += part)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < part; i++)
            {
                await RoundAsync(clientStack, serverStack, guard.Token);
            }

            double rate = part / Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {done + part,7} rounds: {rate,6:F0} a second, heap {Heap() / 1024.0 / 1024.0:F1} MiB, working set {Environment.WorkingSet >> 20} MiB, {HandleCount()} handles, {ThreadCount()} threads"));
        }
    }

    private static async Task RoundAsync(SctpStack client, SctpStack server, CancellationToken cancellationToken)
    {
        SctpAssociation association = await ConnectAsync(client, server, cancellationToken);
        await EchoAsync(association, cancellationToken);
        await association.ShutdownAsync(cancellationToken);
    }

    private static ValueTask<SctpAssociation> ConnectAsync(SctpStack client, SctpStack server, CancellationToken cancellationToken) =>
        SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = client, RemoteEndPoints = server.LocalEndPoints, RemotePort = Port }, cancellationToken);

    private static async Task EchoAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        await association.SendAsync(new byte[100], default, cancellationToken);
        using SctpMessage echo = await association.ReceiveAsync(cancellationToken);
    }

    private static async Task EchoAllAsync(SctpListener listener, CancellationToken cancellationToken)
    {
        await foreach (SctpAssociation association in listener.AcceptAllAsync(cancellationToken))
        {
            _ = ServeAsync(association, cancellationToken);
        }
    }

    private static async Task ServeAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using SctpMessage message = await association.ReceiveAsync(cancellationToken);
                await association.SendAsync(message.ToArray(), default, cancellationToken);
            }
        }
        catch (SctpException exception) when (exception.Error == SctpError.AssociationClosed)
        {
        }
    }

    // A hundred at a time: the socket's buffer is the limit, and a lost INIT waits a second.
    private static async Task ForAllAsync(int count, Func<int, Task> action)
    {
        const int AtOnce = 100;
        using var slots = new SemaphoreSlim(AtOnce);
        var tasks = new List<Task>(count);
        for (int i = 0; i < count; i++)
        {
            await slots.WaitAsync();
            tasks.Add(OneAsync(i));
        }

        await Task.WhenAll(tasks);

        async Task OneAsync(int i)
        {
            try
            {
                await action(i);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static void Print(string what, int count, long start)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {what}: {count} in {elapsed.TotalSeconds:F2} s, {count / elapsed.TotalSeconds:F0} a second"));
    }

    private static long Heap()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static int ThreadCount()
    {
        using Process self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }

    private static int HandleCount() =>
        Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
