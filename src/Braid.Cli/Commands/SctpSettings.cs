using System;
using System.Collections.Generic;
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
    public const string WhereTo = "Where to: HOST or HOST:UDPPORT, or several of one peer's addresses with commas between them.";

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
        Description = "Address to listen on, or several with commas between them: peers learn all of them, and take another one where one fails.",
        DefaultValueFactory = _ => "::",
    };

    public Option<string?> From { get; } = new("--from")
    {
        Description = "Address to connect from, or several with commas between them, as with --bind.",
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
        command.Add(From);
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
        var options = new SctpListenerOptions
        {
            ListenEndPoints = EndPoints(Bind.Name, result.GetValue(Bind), InRange(result, Udp, 0, ushort.MaxValue)),
            Port = (ushort)InRange(result, Port, 1, ushort.MaxValue),
            Encapsulation = EncapsulationFor(result),
            Association = AssociationFor(result),
            LoggerFactory = loggers,
            Dtls = Dtls.OptionsFor(result),
        };
        Check(options.Validate);
        return SctpListener.ListenAsync(options, cancellationToken);
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
        await Console.Out.WriteLineAsync(Ends.Announce(listener));
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

    /// <summary>Connects as the command line says.</summary>
    public async ValueTask<SctpAssociation> ConnectAsync(ParseResult result, string hosts, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        SctpAssociationOptions association = AssociationFor(result);
        ushort port = (ushort)InRange(result, Port, 1, ushort.MaxValue);
        var remotes = new List<IPEndPoint>();
        foreach (string host in hosts.Split(','))
        {
            remotes.Add(await HostPort.Parse(host).ResolveAsync(cancellationToken));
        }

        var options = new SctpConnectOptions
        {
            RemoteEndPoints = remotes,
            LocalEndPoints = EndPoints(From.Name, result.GetValue(From), port: 0),
            RemotePort = port,
            Encapsulation = EncapsulationFor(result),
            Association = association,
            LoggerFactory = loggers,
            Dtls = Dtls.OptionsFor(result),
        };
        Check(options.Validate);
        return await SctpAssociation.ConnectAsync(options, cancellationToken);
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

    // Addresses that do not go together: the message says why.
    private static void Check(Action validate)
    {
        try
        {
            validate();
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message.Split(" (Parameter", 2)[0]);       // which no one sees who types
        }
    }

    private static List<IPEndPoint> EndPoints(string name, string? addresses, int port)
    {
        var ends = new List<IPEndPoint>();
        foreach (string text in addresses?.Split(',') ?? [])
        {
            ends.Add(IPAddress.TryParse(text, out IPAddress? address) ? new IPEndPoint(address, port) : throw new UsageException($"{name} {text}: not an IP address"));
        }

        return ends;
    }

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
