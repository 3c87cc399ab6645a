using System;
using System.CommandLine;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Commands;

/// <summary>Lines of standard input as messages, messages as lines of standard output: what connect and listen have in common.</summary>
internal sealed class Conversation
{
    private readonly Option<int> _stream = new("--stream") { Description = "Stream to send on.", DefaultValueFactory = _ => 0 };
    private readonly Option<uint> _ppid = new("--ppid") { Description = "Payload protocol identifier to send.", DefaultValueFactory = _ => 0u };
    private readonly Option<bool> _unordered = new("--unordered") { Description = "Send unordered." };

    public void AddTo(Command command)
    {
        command.Add(_stream);
        command.Add(_ppid);
        command.Add(_unordered);
    }

    /// <summary>Talks until the peer closes; the end of standard input closes gracefully.</summary>
    public async Task<int> TalkAsync(ParseResult result, SctpAssociation association, CancellationToken cancellationToken)
    {
        int stream = SctpSettings.InRange(result, _stream, 0, ushort.MaxValue);
        if (stream >= association.StreamCounts.Outgoing)
        {
            throw new UsageException($"--stream {stream}: the peer allows {association.StreamCounts.Outgoing} streams");
        }

        var info = new SctpSendInfo((ushort)stream, result.GetValue(_ppid), result.GetValue(_unordered));
        Task reading = PrintAsync(association, cancellationToken);
        Task writing = SendLinesAsync(association, info, cancellationToken);
        if (await Task.WhenAny(reading, writing) == writing)
        {
            await writing;
            await association.ShutdownAsync(cancellationToken);
        }

        await reading;
        return ExitCode.Done;
    }

    private static async Task SendLinesAsync(SctpAssociation association, SctpSendInfo info, CancellationToken cancellationToken)
    {
        // Standard input cannot be waited for with a token everywhere: a thread of its own lets the rest end without it.
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        while (await Task.Run(input.ReadLine, cancellationToken) is { } line)
        {
            if (line.Length > 0)                             // SCTP has no empty messages (RFC 9260 §6.2)
            {
                await association.SendAsync(Encoding.UTF8.GetBytes(line), info, cancellationToken);
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
