using System;
using System.Buffers;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>Lines of standard input as messages, messages as lines of standard output: what connect and listen have in common.</summary>
internal sealed class Conversation
{
    private const int LeastReceipts = 1000;                  // before those that have come are let go

    private readonly Option<int> _stream = new("--stream") { Description = "Stream to send on.", DefaultValueFactory = _ => 0 };
    private readonly Option<uint> _ppid = new("--ppid") { Description = "Payload protocol identifier to send.", DefaultValueFactory = _ => 0u };
    private readonly Option<bool> _unordered = new("--unordered") { Description = "Send unordered." };

    private readonly Option<bool> _reset = new("--reset") { Description = "Reset the stream at the end of the input, before closing (RFC 6525)." };

    private readonly Option<string?> _lifetime = new("--lifetime")
    {
        Description = "Give a message up that is not delivered after so long: 500ms, 2s.",
    };

    private readonly Option<int?> _maxRetransmits = new("--max-retransmits")
    {
        Description = "Give a message up rather than send any part of it again more often (0 or more).",
    };

    private readonly Option<uint?> _priority = new("--priority")
    {
        Description = "Give messages up for others when the send buffer is full; a higher number goes first (RFC 7496).",
    };

    private readonly Option<int> _addStreams = new("--add-streams")
    {
        Description = "Ask for so many more streams, both ways, before anything is sent (RFC 6525).",
    };

    private readonly Option<bool> _receipts = new("--receipts") { Description = "Say on stderr what became of each message, and after how long." };

    private InputLines? _input;

    public void AddTo(Command command)
    {
        command.Add(_stream);
        command.Add(_ppid);
        command.Add(_unordered);
        command.Add(_reset);
        command.Add(_lifetime);
        command.Add(_maxRetransmits);
        command.Add(_priority);
        command.Add(_addStreams);
        command.Add(_receipts);
    }

    /// <summary>How messages are to be sent, before there is anybody to send them to.</summary>
    /// <exception cref="UsageException">The command line makes no sense.</exception>
    public SctpSendInfo InfoFor(ParseResult result)
    {
        _ = SctpSettings.InRange(result, _addStreams, 0, ushort.MaxValue);
        ushort stream = (ushort)SctpSettings.InRange(result, _stream, 0, ushort.MaxValue);
        return new SctpSendInfo(stream, result.GetValue(_ppid), result.GetValue(_unordered), Reliability: Reliable(result));
    }

    /// <summary>Talks until the peer closes; the end of standard input closes gracefully.</summary>
    /// <exception cref="UsageException">There are not so many streams.</exception>
    public async Task<int> TalkAsync(ParseResult result, SctpAssociation association, SctpSendInfo info, CancellationToken cancellationToken)
    {
        int more = result.GetValue(_addStreams);
        (int outgoing, int incoming) = association.StreamCounts;
        if (more > ushort.MaxValue - Math.Max(outgoing, incoming))
        {
            throw new UsageException($"--add-streams {more}: there are {outgoing} out and {incoming} in, and can be {ushort.MaxValue}");
        }

        if (more > 0)
        {
            await association.AddStreamsAsync(more, more, cancellationToken);
        }

        ushort stream = info.StreamId;
        if (stream >= association.StreamCounts.Outgoing)
        {
            throw new UsageException($"--stream {stream}: the peer allows {association.StreamCounts.Outgoing} streams");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = PrintAsync(association, cancellationToken);
        Task writing = SendLinesAsync(association, info, result.GetValue(_receipts), stop.Token);
        if (await Task.WhenAny(reading, writing) == writing)
        {
            await writing;
            if (result.GetValue(_reset))
            {
                await association.GetStream(stream).CompleteWritesAsync(cancellationToken);
            }

            await association.ShutdownAsync(cancellationToken);
        }

        await stop.CancelAsync();
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await reading;
        return ExitCode.Done;
    }

    private Reliability Reliable(ParseResult result)
    {
        string? lifetime = result.GetValue(_lifetime);
        int? count = result.GetValue(_maxRetransmits);
        uint? priority = result.GetValue(_priority);
        return (lifetime, count, priority) switch
        {
            (null, null, null) => Reliability.Reliable,
            ({ } time, null, null) => Reliability.Lifetime(Quantity.Time(_lifetime.Name, time)),
            (null, >= 0, null) => Reliability.MaximumRetransmissions(count.Value),
            (null, < 0, null) => throw new UsageException($"--max-retransmits {count}: must be 0 or more"),
            (null, null, { } value) => Reliability.Priority(value),
            _ => throw new UsageException("--lifetime, --max-retransmits and --priority: one of them"),
        };
    }

    private async Task SendLinesAsync(SctpAssociation association, SctpSendInfo info, bool wantsReceipts, CancellationToken cancellationToken)
    {
        _input ??= new InputLines(Console.OpenStandardInput());
        var receipts = new List<Task>();
        int look = LeastReceipts;
        await foreach (byte[] line in _input.Lines.ReadAllAsync(cancellationToken))
        {
            if (line.Length == 0)
            {
                continue;                                    // SCTP has no empty messages (RFC 9260 §6.2)
            }

            if (wantsReceipts)
            {
                // Nobody waits for the receipt before the next line: that there is room is waited for here.
                if (!await association.WaitToSendAsync(line.Length, cancellationToken))
                {
                    break;
                }

                if (receipts.Count == look)
                {
                    receipts.RemoveAll(static receipt => receipt.IsCompletedSuccessfully);
                    look = (2 * receipts.Count) + LeastReceipts;
                }

                receipts.Add(TellAsync(line, association.SendWithReceiptAsync(line, info, cancellationToken)));
            }
            else
            {
                await association.SendAsync(line, info, cancellationToken);
            }
        }

        await Task.WhenAll(receipts);
    }

    private static async Task TellAsync(byte[] line, ValueTask<SctpDeliveryResult> receipt)
    {
        SctpDeliveryResult result = await receipt;
        string outcome = result.Status.ToString().ToLowerInvariant();
        await Console.Error.WriteLineAsync($"{outcome} after {Amount.Duration(result.Delay)}: {Encoding.UTF8.GetString(line)}");
    }

    private static async Task PrintAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        await using Stream output = Console.OpenStandardOutput();
        var records = new Records();
        await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
        {
            using (message)
            {
                if (records.TryComplete(message, out ReadOnlySequence<byte> whole))
                {
                    foreach (ReadOnlyMemory<byte> segment in whole)
                    {
                        await output.WriteAsync(segment, cancellationToken);
                    }

                    await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
                    await output.FlushAsync(cancellationToken);
                }
            }
        }
    }
}
