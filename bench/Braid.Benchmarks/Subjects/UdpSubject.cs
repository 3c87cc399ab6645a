using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>
/// The floor: UDP without a protocol over it. Data goes in full packets by UDP_SEGMENT and UDP_GRO, through the very transport
/// that Braid uses; now and then the receiver says how much it has, so that the sender does not waste what both pay for on
/// packets that find no room. Messages to and fro go by blocking calls.
/// </summary>
internal sealed class UdpSubject() : ManagedSubject("udp")
{
    private const int Headers = 28;                          // IPv4 and UDP
    private const int LongestMessage = 65507;
    private const int EndRepeats = 20;
    private const int Window = 2 << 20;                      // less than the socket's buffer takes
    private const int BytesPerCredit = Window / 4;
    private const int CreditLength = sizeof(long);           // shorter than any data

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(20);

    protected override Task ReceiveAsync(Job job, CancellationToken cancellationToken)
    {
        using UdpTransport transport = Open();
        Ready(transport.LocalEndPoints[0].Port);
        Count(transport, 0);
        Console.WriteLine(Count(transport, 1));
        return Task.CompletedTask;
    }

    protected override Task SendAsync(int port, Job job, CancellationToken cancellationToken)
    {
        using UdpTransport transport = Open();
        var path = new NetworkPath(NetworkAddress.None, new IPEndPoint(IPAddress.Loopback, port).ToNetworkAddress());
        Send(transport, path, 0, job.Mtu - Headers, Deadline.AfterWork(job.WarmUp));
        double cpu = Measured.CpuNow;
        Send(transport, path, 1, job.Mtu - Headers, Deadline.In(job.Seconds));
        Console.WriteLine(new Measured(0, 0, Measured.CpuNow - cpu));
        return Task.CompletedTask;
    }

    protected override Task EchoAsync(Job job, CancellationToken cancellationToken)
    {
        using Socket socket = OpenPlain();
        Ready(((IPEndPoint)socket.LocalEndPoint!).Port);
        var buffer = new byte[job.Size];
        var peer = new SocketAddress(AddressFamily.InterNetwork);
        while (socket.ReceiveFrom(buffer, SocketFlags.None, peer) == job.Size)
        {
            socket.SendTo(buffer, SocketFlags.None, peer);
        }

        return Task.CompletedTask;
    }

    protected override Task PingAsync(int port, Job job, CancellationToken cancellationToken)
    {
        using Socket socket = OpenPlain();
        socket.Connect(IPAddress.Loopback, port);
        var buffer = new byte[job.Size];
        var clock = new RoundTripClock(job.Rounds);
        while (clock.Next())
        {
            socket.Send(buffer);
            socket.Receive(buffer);
        }

        socket.Send(buffer, 0, 0, SocketFlags.None);           // the other side may go
        Console.WriteLine(clock.ToRoundTrips());
        return Task.CompletedTask;
    }

    private static UdpTransport Open() => UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0));

    private static Socket OpenPlain()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    // A datagram of one byte, which says which flow it is, ends it.
    private static Measured Count(UdpTransport transport, byte flow)
    {
        var arrivals = new Arrivals();
        DatagramBatch credit = DatagramBatch.Rent();
        long credited = 0;
        double cpu = 0;
        bool isEnd = false;
        while (!isEnd)
        {
            if (transport.TryReceive() is not { } batch)
            {
                transport.Socket.Poll(-1, SelectMode.SelectRead);
                cpu = cpu == 0 ? Measured.CpuNow : cpu;
                continue;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                ref readonly DatagramRun run = ref batch[i];
                if (run.Size == 1)
                {
                    isEnd |= batch.Bytes(run, 0)[0] == flow;
                    continue;
                }

                arrivals.Add(run.Length);
                if (arrivals.Bytes - credited >= BytesPerCredit)
                {
                    credited = arrivals.Bytes;
                    BinaryPrimitives.WriteInt64BigEndian(credit.Free, credited);
                    credit.Commit(CreditLength, run.Path);
                    transport.Send(credit);
                    credit.Clear();
                }
            }

            DatagramBatch.Return(batch);
        }

        DatagramBatch.Return(credit);
        return Arrivals.Together([arrivals], Measured.CpuNow - cpu);
    }

    private static void Send(UdpTransport transport, NetworkPath path, byte flow, int size, Deadline end)
    {
        while (transport.TryReceive() is { } old)            // credits of the flow before
        {
            DatagramBatch.Return(old);
        }

        DatagramBatch batch = DatagramBatch.Rent();
        int packets = LongestMessage / size;
        for (int i = 0; i < packets; i++)
        {
            batch.Commit(size, path);
        }

        long sent = 0;
        long received = 0;
        long lost = 0;
        while (!end.IsOver)
        {
            while (sent - received - lost > Window && !TryTakeCredit(transport, ref received))
            {
                lost = sent - received;
            }

            transport.Send(batch);
            sent += packets * size;
        }

        batch.Clear();
        batch.Free[0] = flow;
        batch.Commit(1, path);
        for (int i = 0; i < EndRepeats; i++)
        {
            Thread.Sleep(5);                                 // the receiver's buffer may be full
            transport.Send(batch);
        }

        DatagramBatch.Return(batch);
    }

    // False when none has come for long, so that what is missing must be lost.
    private static bool TryTakeCredit(UdpTransport transport, ref long received)
    {
        if (!transport.Socket.Poll(s_patience, SelectMode.SelectRead))
        {
            return false;
        }

        if (transport.TryReceive() is { } batch)
        {
            ref readonly DatagramRun last = ref batch[batch.Count - 1];
            received = BinaryPrimitives.ReadInt64BigEndian(batch.Bytes(last, last.Count - 1));
            DatagramBatch.Return(batch);
        }

        return true;
    }
}
