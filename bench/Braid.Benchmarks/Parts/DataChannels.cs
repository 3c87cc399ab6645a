using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.WebRtc.Interop;

namespace Braid.Benchmarks;

/// <summary>Two peers of the interop tests, by the one that sends and the one that receives.</summary>
internal sealed record PeerPair(PeerKind Sender, PeerKind Receiver)
{
    public const string Described = "the programs of the interop tests, two of one, or SENDER/RECEIVER";

    public string Name => Sender == Receiver ? Sender.Name : $"{Sender.Name}/{Receiver.Name}";

    /// <exception cref="ArgumentException">There is no such peer.</exception>
    public static PeerPair Parse(string name)
    {
        PeerKind[] kinds = [.. name.Split('/').Select(part =>
            PeerKinds.All.FirstOrDefault(kind => kind.Name == part) ?? throw new ArgumentException($"there is no peer '{part}'"))];
        return new PeerPair(kinds[0], kinds[^1]);
    }
}

/// <summary>One reliable, ordered data channel between two processes: goodput by message size. Linux, as root.</summary>
/// <param name="pairs">Who takes turns; the first one is compared with the others.</param>
/// <param name="sizes">Bytes of a message; where a peer takes less, its largest.</param>
/// <param name="seconds">How long each run is measured.</param>
/// <param name="warmUp">And how long it works before.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class DataChannels(IReadOnlyList<PeerPair> pairs, IReadOnlyList<int> sizes, double seconds, double warmUp, int rounds) : IPart
{
    private const string Rate = "goodput";

    public string Name => "datachannel";

    public string Title => "One data channel between two processes";

    public string How =>
        $"A reliable, ordered channel one way, in a network namespace with a veth pair, {seconds:0.##} s a run after {warmUp:0.##} s of warming up, medians of {rounds}, taking "
        + "turns, two new processes for each run. Bytes and time are the receiver's. chromium and firefox: one page each in a browser of its own; wrtc: libwebrtc, and libdatachannel, in "
        + "Node; SENDER/RECEIVER where the two differ. ICE, DTLS and SCTP are each implementation's own, with its defaults.";

    public IReadOnlyList<View> Views =>
        [new View("Goodput of a data channel by message size", [Rate], View.FirstToOthers([.. pairs.Select(pair => pair.Name)]), "datachannel")];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (PeerNamespace.Missing() is { } missing)
        {
            log.Fail(missing);
            yield break;
        }

        await using PeerNamespace place = await PeerNamespace.CreateAsync(cancellationToken);
        foreach (int size in sizes)
        {
            log.Say($"{Name}: {Amount.Bytes(size)}");
            foreach ((PeerPair pair, IReadOnlyList<double> runs) in
                await Turns.TakeAsync(pairs, rounds, pair => MeasureAsync(place, pair, size, cancellationToken), log, cancellationToken))
            {
                yield return new Result(Amount.Bytes(size), pair.Name, Rate, "Gbit/s", runs);
            }
        }
    }

    private async Task<double> MeasureAsync(PeerNamespace place, PeerPair pair, int size, CancellationToken cancellationToken)
    {
        if ((Peer.Missing(pair.Sender) ?? Peer.Missing(pair.Receiver)) is { } missing)
        {
            throw new RunFailedException(missing);
        }

        await using Peer receiver = await StartAsync(place, pair.Receiver, cancellationToken);
        await using Peer sender = await StartAsync(place, pair.Sender, cancellationToken);
        var options = new JsonObject
        {
            ["seconds"] = seconds,
            ["warmUp"] = warmUp,
            ["messageSize"] = size,
            ["timeout"] = (int)(1000 * (30 + (10 * seconds))),
        };
        WebRtc.Interop.Outcome outcome = await sender.CallAsync(receiver.Url, "throughput", options, cancellationToken);
        return outcome.Passed ? outcome.Figure("gigabitsPerSecond") : throw new RunFailedException($"{pair.Name}, {size} bytes: {outcome.Details}");
    }

    private static async Task<Peer> StartAsync(PeerNamespace place, PeerKind kind, CancellationToken cancellationToken)
    {
        try
        {
            return await Peer.StartAsync(kind, place, null, cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            throw new RunFailedException(exception.Message);
        }
    }
}
