using System;
using System.CommandLine;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sctp;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.Cli.Commands;

/// <summary>The options that several commands have, and what they mean for an association.</summary>
internal sealed class SctpSettings
{
    public const int DefaultPort = 5001;

    private const int DefaultTimeoutSeconds = 15;

    public Option<int> Udp { get; } = new("--udp")
    {
        Description = "UDP port to listen on; 0 takes a free one.",
        DefaultValueFactory = _ => SctpDefaults.UdpPort,
    };

    public Option<string> Transport { get; } = new("--transport")
    {
        Description = "What packets travel in: udp, or raw for IP itself, which takes Linux and the capability CAP_NET_RAW; UDP ports mean nothing then.",
        DefaultValueFactory = _ => "udp",
    };

    public Option<string> Bind { get; } = new("--bind")
    {
        Description = "Address to listen on.",
        DefaultValueFactory = _ => "::",
    };

    public Option<int> Port { get; } = new("--port") { Description = "SCTP port of the service.", DefaultValueFactory = _ => DefaultPort };

    public Option<int> Timeout { get; } = new("--timeout")
    {
        Description = "Seconds without an answer after which the peer counts as gone (1 to 3600).",
        DefaultValueFactory = _ => DefaultTimeoutSeconds,
    };

    public Option<int> Mtu { get; } = new("--mtu")
    {
        Description = "Largest IP packet to send, in bytes (576 to 65535); 0 to find out what the path carries.",
    };

    public Option<bool> AllowReset { get; } = new("--allow-reset") { Description = "Let the peer reset and add streams (RFC 6525)." };

    public Option<string> Scheduler { get; } = new("--scheduler")
    {
        Description = "Which stream sends next: round-robin, first-come, packet-round-robin, priority, fair or weighted.",
        DefaultValueFactory = _ => "round-robin",
    };

    public ExtensionSettings Extensions { get; } = new();

    public DtlsSettings Dtls { get; } = new();

    public void AddListening(Command command)
    {
        command.Add(AllowReset);
        command.Add(Transport);
        command.Add(Udp);
        command.Add(Bind);
        command.Add(Port);
        command.Add(Timeout);
        command.Add(Mtu);
        command.Add(Scheduler);
        Extensions.AddTo(command);
        Dtls.AddTo(command);
    }

    public void AddConnecting(Command command)
    {
        command.Add(Transport);
        command.Add(Port);
        command.Add(Timeout);
        command.Add(Mtu);
        command.Add(Scheduler);
        Extensions.AddTo(command);
        Dtls.AddTo(command);
    }

    /// <summary>Listens as the command line says.</summary>
    public ValueTask<SctpListener> ListenAsync(ParseResult result, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        if (!IPAddress.TryParse(result.GetValue(Bind), out IPAddress? address))
        {
            throw new UsageException($"--bind {result.GetValue(Bind)}: not an IP address");
        }

        return SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(address, InRange(result, Udp, 0, ushort.MaxValue))],
                Port = (ushort)InRange(result, Port, 1, ushort.MaxValue),
                Encapsulation = EncapsulationFor(result),
                Association = AssociationFor(result),
                LoggerFactory = loggers,
                Dtls = Dtls.OptionsFor(result),
            },
            cancellationToken);
    }

    /// <summary>Listens, says where, and serves whoever comes, until Ctrl+C.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="loggers">For <c>--verbose</c>.</param>
    /// <param name="serve">Serves one association, and owns it; nothing may come out of it but what is told on stderr.</param>
    /// <param name="cancellationToken">Ctrl+C.</param>
    public async Task<int> ServeAsync(
        ParseResult result, ILoggerFactory? loggers, Func<SctpAssociation, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        await using SctpListener listener = await ListenAsync(result, loggers, cancellationToken);
        await Console.Out.WriteLineAsync(Announce(listener));
        try
        {
            await foreach (SctpAssociation association in listener.AcceptAllAsync(cancellationToken))
            {
                _ = serve(association, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        return ExitCode.Done;
    }

    /// <summary>Where somebody listens.</summary>
    public static string Announce(SctpListener listener) => listener.Encapsulation == SctpEncapsulation.RawIp
        ? $"Listening on IP {listener.LocalEndPoints[0].Address}, SCTP port {listener.Port}"
        : $"{ReceiveCommand.ListeningOn}{listener.LocalEndPoints[0]}, SCTP port {listener.Port}";

    /// <summary>Who the peer is: over IP there is no port.</summary>
    public static string PeerOf(SctpAssociation association) =>
        association.RemoteEndPoint is { Port: 0 } remote ? $"{remote.Address}" : $"{association.RemoteEndPoint}";

    /// <summary>Connects as the command line says.</summary>
    public async ValueTask<SctpAssociation> ConnectAsync(ParseResult result, string host, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        SctpAssociationOptions association = AssociationFor(result);
        ushort port = (ushort)InRange(result, Port, 1, ushort.MaxValue);
        IPEndPoint remote = await HostPort.Parse(host).ResolveAsync(cancellationToken);
        return await SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = [remote],
                RemotePort = port,
                Encapsulation = EncapsulationFor(result),
                Association = association,
                LoggerFactory = loggers,
                Dtls = Dtls.OptionsFor(result),
            },
            cancellationToken);
    }

    /// <summary>
    /// Timers for a tool that a person watches: RFC 9260's one-second minimum and sixty-second maximum would let it hang for
    /// minutes. The delayed acknowledgement is shortened along, so that a shorter RTO is no needless one.
    /// </summary>
    internal static SctpAssociationOptions WithTimeout(SctpAssociationOptions options, TimeSpan timeout)
    {
        TimeSpan minimum = TimeSpan.FromMilliseconds(250);
        TimeSpan maximum = TimeSpan.FromSeconds(Math.Clamp(timeout.TotalSeconds / 6, 0.5, 10));
        int retransmissions = TimeoutsWithin(timeout, minimum, maximum);
        return options with
        {
            SackDelay = TimeSpan.FromMilliseconds(50),
            RtoInitial = TimeSpan.FromMilliseconds(500),
            RtoMinimum = minimum,
            RtoMaximum = maximum,
            MaximumRetransmissions = retransmissions,

            // Who only receives notices by unanswered heartbeats that the peer has gone: half as long again at most.
            HeartbeatInterval = timeout / (4 * (retransmissions + 1)),
            MaximumInitRetransmissions = TimeoutsWithin(timeout, TimeSpan.FromMilliseconds(500), maximum),
            ShutdownGuard = 2 * timeout,
        };
    }

    private SctpAssociationOptions AssociationFor(ParseResult result) => WithTimeout(
        Extensions.Apply(result, result.GetValue(Mtu) == 0 ? SctpAssociationOptions.Default : WithMtu(InRange(result, Mtu, 576, ushort.MaxValue))) with
        {
            Scheduler = SchedulerFor(result),
            AllowedReconfiguration = result.GetValue(AllowReset)
                ? ReconfigurationKinds.ResetStreams | ReconfigurationKinds.ResetAssociation | ReconfigurationKinds.AddStreams
                : ReconfigurationKinds.None,
        },
        TimeSpan.FromSeconds(InRange(result, Timeout, 1, 3600)));

    /// <summary>Packets of one size, and no search for a larger one.</summary>
    internal static SctpAssociationOptions WithMtu(int mtu) => SctpAssociationOptions.Default with { PathMtu = mtu, MaximumPathMtu = mtu };

    private SctpEncapsulation EncapsulationFor(ParseResult result) => result.GetValue(Transport) switch
    {
        "raw" when Dtls.OptionsFor(result) is not null => throw new UsageException("--transport raw: DTLS runs over UDP alone"),
        "raw" => SctpEncapsulation.RawIp,
        "udp" => SctpEncapsulation.Udp,
        var other => throw new UsageException($"--transport {other}: there is udp and raw"),
    };

    private StreamScheduler SchedulerFor(ParseResult result) => result.GetValue(Scheduler) switch
    {
        "round-robin" => StreamScheduler.RoundRobin,
        "first-come" => StreamScheduler.FirstComeFirstServed,
        "packet-round-robin" => StreamScheduler.RoundRobinPerPacket,
        "priority" => StreamScheduler.Priority,
        "fair" => StreamScheduler.FairCapacity,
        "weighted" => StreamScheduler.WeightedFairQueueing,
        string other => throw new UsageException($"--scheduler {other}: there is no such scheduler"),
        null => StreamScheduler.RoundRobin,
    };

    // How many retransmissions pass, each after twice the time of the one before, until the time is over.
    private static int TimeoutsWithin(TimeSpan timeout, TimeSpan first, TimeSpan maximum)
    {
        int count = 0;
        TimeSpan passed = first;
        for (TimeSpan rto = first; passed < timeout; count++)
        {
            rto = rto * 2 < maximum ? rto * 2 : maximum;
            passed += rto;
        }

        return count;
    }

    internal static int InRange(ParseResult result, Option<int> option, int minimum, int maximum)
    {
        int value = result.GetValue(option);
        return value >= minimum && value <= maximum
            ? value
            : throw new UsageException($"{option.Name} {value}: must be from {minimum} to {maximum}");
    }
}
