using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>Lines of standard input as messages, messages as lines of standard output: what connect and listen have in common.</summary>
internal sealed class Conversation
{
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

    private InputLines? _input;

    public void AddTo(Command command)
    {
        command.Add(_stream);
        command.Add(_ppid);
        command.Add(_unordered);
        command.Add(_reset);
        command.Add(_lifetime);
        command.Add(_maxRetransmits);
    }

    /// <summary>Talks until the peer closes; the end of standard input closes gracefully.</summary>
    public async Task<int> TalkAsync(ParseResult result, SctpAssociation association, CancellationToken cancellationToken)
    {
        int stream = SctpSettings.InRange(result, _stream, 0, ushort.MaxValue);
        if (stream >= association.StreamCounts.Outgoing)
        {
            throw new UsageException($"--stream {stream}: the peer allows {association.StreamCounts.Outgoing} streams");
        }

        var info = new SctpSendInfo((ushort)stream, result.GetValue(_ppid), result.GetValue(_unordered), Reliability: Reliable(result));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = PrintAsync(association, cancellationToken);
        Task writing = SendLinesAsync(association, info, stop.Token);
        if (await Task.WhenAny(reading, writing) == writing)
        {
            await writing;
            if (result.GetValue(_reset))
            {
                await association.GetStream((ushort)stream).CompleteWritesAsync(cancellationToken);
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
        if (lifetime is not null && count is not null)
        {
            throw new UsageException("--lifetime and --max-retransmits: one of them");
        }

        return lifetime is not null ? Reliability.Lifetime(ParseTime(lifetime))
            : count is null ? Reliability.Reliable
            : count >= 0 ? Reliability.MaximumRetransmissions(count.Value)
            : throw new UsageException($"--max-retransmits {count}: must be 0 or more");
    }

    private static TimeSpan ParseTime(string text)
    {
        (string number, double milliseconds) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1)
            : text.EndsWith('s') ? (text[..^1], 1000)
            : ("", 0);
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * milliseconds <= uint.MaxValue
            ? TimeSpan.FromMilliseconds(value * milliseconds)
            : throw new UsageException($"--lifetime {text}: a time such as 500ms or 2s, up to 4294967s");
    }

    private async Task SendLinesAsync(SctpAssociation association, SctpSendInfo info, CancellationToken cancellationToken)
    {
        _input ??= new InputLines(Console.OpenStandardInput());
        await foreach (byte[] line in _input.Lines.ReadAllAsync(cancellationToken))
        {
            if (line.Length > 0)                             // SCTP has no empty messages (RFC 9260 §6.2)
            {
                await association.SendAsync(line, info, cancellationToken);
            }
        }
    }

    private static async Task PrintAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        await using Stream output = Console.OpenStandardOutput();
        await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
        {
            using (message)
            {
                foreach (ReadOnlyMemory<byte> segment in message.Payload)
                {
                    await output.WriteAsync(segment, cancellationToken);
                }

                if (message.Info.EndOfRecord)
                {
                    await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
                }

                await output.FlushAsync(cancellationToken);
            }
        }
    }
}
