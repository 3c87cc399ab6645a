using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>Braid over UDP, with its defaults but for the path MTU. All flows share one UDP socket on either side.</summary>
/// <param name="name">What tables call it.</param>
/// <param name="isPortable">Whether each packet is a system call, as on systems that are not Linux.</param>
/// <param name="blocks">Whether round trips are made with the blocking calls.</param>
/// <param name="isSecure">Whether it is SCTP over DTLS.</param>
/// <param name="isInline">Whether what awaits a message goes on where it was received.</param>
/// <param name="isRaw">Whether it is SCTP over IP itself, which takes root.</param>
internal sealed class BraidSubject(string name, bool isPortable = false, bool blocks = false, bool isSecure = false, bool isInline = false, bool isRaw = false) : ManagedSubject(name)
{
    private const ushort Port = 5001;
    private const int SendsPerLook = 16;                     // at the clock

    protected override async Task ReceiveAsync(Job job, CancellationToken cancellationToken)
    {
        await using SctpListener listener = await ListenAsync(job, cancellationToken);
        await CountAsync(listener, job.Flows, cancellationToken);            // the warm-up
        Console.WriteLine(await CountAsync(listener, job.Flows, cancellationToken));
    }

    protected override async Task SendAsync(int port, Job job, CancellationToken cancellationToken)
    {
        await SendAllAsync(port, job, () => Deadline.AfterWork(job.WarmUp), cancellationToken);
        double cpu = Measured.CpuNow;
        await SendAllAsync(port, job, () => Deadline.In(job.Seconds), cancellationToken);
        Console.WriteLine(new Measured(0, 0, Measured.CpuNow - cpu));
    }

    protected override async Task EchoAsync(Job job, CancellationToken cancellationToken)
    {
        await using SctpListener listener = await ListenAsync(job, cancellationToken);
        await using SctpAssociation association = await listener.AcceptAssociationAsync(cancellationToken);
        var buffer = new byte[job.Size];
        try
        {
            while (true)
            {
                if (blocks)
                {
                    using SctpMessage message = association.Receive();
                    message.CopyTo(buffer);
                    association.Send(buffer);
                }
                else
                {
                    await association.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    await association.SendAsync(buffer, cancellationToken);
                }
            }
        }
        catch (SctpException exception) when (exception.Error == SctpError.AssociationClosed)
        {
        }
    }

    protected override async Task PingAsync(int port, Job job, CancellationToken cancellationToken)
    {
        SetCalls();
        await using SctpStack stack = OpenStack();
        await using SctpAssociation association = await ConnectAsync(stack, port, job, cancellationToken);
        var buffer = new byte[job.Size];
        var clock = new RoundTripClock(job.Rounds);
        if (blocks)
        {
            while (clock.Next())
            {
                association.Send(buffer);
                association.Receive().Dispose();
            }
        }
        else
        {
            while (clock.Next())
            {
                await association.SendAsync(buffer, cancellationToken);
                await association.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            }
        }

        await association.ShutdownAsync(cancellationToken);
        Console.WriteLine(clock.ToRoundTrips());
    }

    private static SctpAssociationOptions Options(Job job) => SctpAssociationOptions.Default with { PathMtu = job.Mtu, MaximumPathMtu = 0 };

    private static ValueTask<SctpAssociation> ConnectAsync(SctpStack stack, int port, Job job, CancellationToken cancellationToken) =>
        SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                Stack = stack,
                RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
                RemotePort = Port,
                Association = Options(job),
            },
            cancellationToken);

    private static async Task<Measured> CountAsync(SctpListener listener, int flows, CancellationToken cancellationToken)
    {
        var counts = new List<Task<Arrivals>>(flows);
        double cpu = 0;
        while (counts.Count < flows)
        {
            SctpAssociation association = await listener.AcceptAssociationAsync(cancellationToken);
            cpu = counts.Count == 0 ? Measured.CpuNow : cpu;
            counts.Add(CountAsync(association, cancellationToken));
        }

        Arrivals[] arrivals = await Task.WhenAll(counts);
        return Arrivals.Together(arrivals, Measured.CpuNow - cpu);
    }

    private static async Task<Arrivals> CountAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        var arrivals = new Arrivals();
        await using (association)
        {
            await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
            {
                arrivals.Add(message.Length);
                message.Dispose();
            }
        }

        return arrivals;
    }

    private static async Task SendUntilAsync(SctpAssociation association, int size, Deadline end, CancellationToken cancellationToken)
    {
        var payload = new byte[size];
        while (!end.IsOver)
        {
            for (int i = 0; i < SendsPerLook; i++)
            {
                await association.SendAsync(payload, default, cancellationToken);
            }
        }
    }

    private async Task SendAllAsync(int port, Job job, Func<Deadline> begin, CancellationToken cancellationToken)
    {
        SetCalls();
        await using SctpStack stack = OpenStack();
        var associations = new SctpAssociation[job.Flows];
        for (int i = 0; i < associations.Length; i++)
        {
            associations[i] = await ConnectAsync(stack, port, job, cancellationToken);
        }

        Deadline end = begin();
        await Task.WhenAll(associations.Select(association => Task.Run(
            async () =>
            {
                await SendUntilAsync(association, job.Size, end, cancellationToken);
                await association.ShutdownAsync(cancellationToken);
            },
            cancellationToken)));
    }

    private async Task<SctpListener> ListenAsync(Job job, CancellationToken cancellationToken)
    {
        SetCalls();
        SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Port = Port,
                UnsafePreferInlineScheduling = isInline,
                Association = Options(job),
                Dtls = Dtls(),
                Encapsulation = isRaw ? SctpEncapsulation.RawIp : SctpEncapsulation.Udp,
                Backlog = Math.Max(128, job.Flows),
            },
            cancellationToken);
        Ready(Math.Max(1, listener.LocalEndPoints[0].Port));          // over IP there is none
        return listener;
    }

    private SctpStack OpenStack()
    {
        var options = new SctpStackOptions { Dtls = Dtls(), UnsafePreferInlineScheduling = isInline };
        return isRaw ? SctpStack.OpenRawIp(IPAddress.Loopback, options) : SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0), options);
    }

    private SctpDtlsOptions? Dtls() => isSecure ? new SctpDtlsOptions { Certificate = DtlsCertificate.Create(), PeerValidation = static _ => true } : null;

    private void SetCalls() => AppContext.SetSwitch(UdpTransport.PortableSwitch, isPortable);
}
