using System;
using System.CommandLine;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Link;
using Braid.Cli.Output;
using Braid.Simulation;

namespace Braid.Cli.Commands;

/// <summary><c>braid link</c>.</summary>
internal sealed class LinkCommand
{
    private readonly Option<string> _namespaces = new("--namespaces")
    {
        Description = "The two network namespaces; one that does not exist is made, and removed at the end.",
        DefaultValueFactory = _ => "braid-a,braid-b",
    };

    private readonly Option<string> _addresses = new("--addresses") { Description = "Their addresses.", DefaultValueFactory = _ => "10.99.0.1/24,10.99.0.2/24" };
    private readonly Option<string> _rate = new("--rate") { Description = "Bits per second, each way; 0 for no limit.", DefaultValueFactory = _ => "100M" };
    private readonly Option<string> _delay = new("--delay") { Description = "Delay, each way.", DefaultValueFactory = _ => "20ms" };
    private readonly Option<string> _jitter = new("--jitter") { Description = "Up to so much more delay.", DefaultValueFactory = _ => "0ms" };
    private readonly Option<string?> _queue = new("--queue") { Description = "Bytes that wait for the rate at most; by default what the path holds in a round trip." };
    private readonly Option<bool> _coDel = new("--codel") { Description = "Keep the queue short (RFC 8289), with ECN marks where it can." };
    private readonly Option<string> _loss = new("--loss") { Description = "Share of packets that are lost.", DefaultValueFactory = _ => "0%" };
    private readonly Option<string> _reordering = new("--reordering") { Description = "Share of packets that are held back.", DefaultValueFactory = _ => "0%" };
    private readonly Option<string> _reorderDelay = new("--reorder-delay") { Description = "How long these are.", DefaultValueFactory = _ => "5ms" };
    private readonly Option<string> _duplication = new("--duplication") { Description = "Share of packets that arrive twice.", DefaultValueFactory = _ => "0%" };
    private readonly Option<int> _mtu = new("--mtu") { Description = "Largest packet (576 to 65535).", DefaultValueFactory = _ => 1500 };
    private readonly Option<int> _seed = new("--seed") { Description = "What chance is drawn from: the same number, the same losses.", DefaultValueFactory = _ => 1 };

    public static Command Create()
    {
        var link = new LinkCommand();
        var command = new Command(
            "link", "Join two network namespaces by a path with delay, rate, queue and loss, until Ctrl+C. Linux, as root.")
        {
            link._namespaces, link._addresses, link._rate, link._delay, link._jitter, link._queue, link._coDel, link._loss, link._reordering,
            link._reorderDelay, link._duplication, link._mtu, link._seed,
        };
        CommandRunner.SetAction(command, (result, _, cancellationToken) => link.RunAsync(result, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        int mtu = SctpSettings.InRange(result, _mtu, 576, ushort.MaxValue);
        LinkModel model = ModelOf(result);
        (string firstName, string secondName) = Two(result, _namespaces);
        (string firstAddress, string secondAddress) = Two(result, _addresses);
        (IPAddress Host, int PrefixLength) firstHost = AddressOf(firstAddress);
        (IPAddress Host, int PrefixLength) secondHost = AddressOf(secondAddress);
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            throw new TransferFailedException("link makes network devices: it needs Linux, and root there");
        }

        using LinkEnd first = LinkEnd.Create(firstName, firstHost.Host, firstHost.PrefixLength, mtu);
        using LinkEnd second = LinkEnd.Create(secondName, secondHost.Host, secondHost.PrefixLength, mtu);
        var path = new EmulatedPath(first, second, model, (ulong)result.GetValue(_seed));
        await Console.Out.WriteLineAsync(
            $"Up: {first.Address} in {first.Name} and {second.Address} in {second.Name}; try 'ip netns exec {first.Name} ping {second.Address}'.");
        await Task.Factory.StartNew(() => path.Run(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Console.Out.WriteLineAsync(
            $"Packets: {path.There.Sent} there, {path.There.Lost} of them lost; {path.Back.Sent} back, {path.Back.Lost} of them lost.");
        return ExitCode.Done;
    }

    private LinkModel ModelOf(ParseResult result)
    {
        TimeSpan delay = Quantity.Time(_delay.Name, result.GetValue(_delay)!);
        long rate = Quantity.Number(_rate.Name, result.GetValue(_rate)!);
        return new LinkModel
        {
            Delay = delay,
            Jitter = Quantity.Time(_jitter.Name, result.GetValue(_jitter)!),
            RateBitsPerSecond = rate,
            QueueBytes = (int)Math.Min(
                int.MaxValue, result.GetValue(_queue) is { } queue ? Quantity.Number(_queue.Name, queue) : 2 * delay.TotalSeconds * rate / 8),
            Queue = result.GetValue(_coDel) ? QueueDiscipline.CoDel : QueueDiscipline.DropTail,
            MarksEcn = result.GetValue(_coDel),
            Loss = Quantity.Share(_loss.Name, result.GetValue(_loss)!),
            Reordering = Quantity.Share(_reordering.Name, result.GetValue(_reordering)!),
            ReorderDelay = Quantity.Time(_reorderDelay.Name, result.GetValue(_reorderDelay)!),
            Duplication = Quantity.Share(_duplication.Name, result.GetValue(_duplication)!),
        };
    }

    private static (string First, string Second) Two(ParseResult result, Option<string> option) =>
        result.GetValue(option)!.Split(',') is [{ Length: > 0 } first, { Length: > 0 } second]
            ? (first, second)
            : throw new UsageException($"{option.Name} {result.GetValue(option)}: two of them, with a comma between");

    private (IPAddress Host, int PrefixLength) AddressOf(string text) =>
        text.Split('/') is [{ } host, { } bits] && IPAddress.TryParse(host, out IPAddress? address) && int.TryParse(bits, out int length)
            && length >= 0 && length <= address.GetAddressBytes().Length * 8
            ? (address, length)
            : throw new UsageException($"{_addresses.Name} {text}: an address such as 10.99.0.1/24");
}
