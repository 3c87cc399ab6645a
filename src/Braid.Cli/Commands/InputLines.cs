using System.Buffers;
using System.IO;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Braid.Cli.Commands;

/// <summary>
/// Standard input as lines, byte for byte. Read once for the process, on a thread of its own, because a read of it cannot be
/// given up everywhere: a conversation that ends takes no line away from the next one.
/// </summary>
internal sealed class InputLines
{
    private const int LongestWait = 64;                      // lines read ahead

    private readonly Channel<byte[]> _lines = Channel.CreateBounded<byte[]>(LongestWait);

    public InputLines(Stream input) => _ = Task.Factory.StartNew(
        () => PumpAsync(input).GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The lines, without their line feeds; completed at the end of the input.</summary>
    public ChannelReader<byte[]> Lines => _lines.Reader;

    private async Task PumpAsync(Stream input)
    {
        PipeReader reader = PipeReader.Create(input);
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
                ReadOnlySequence<byte> rest = result.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    await _lines.Writer.WriteAsync(rest.Slice(0, end).ToArray()).ConfigureAwait(false);
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (result.IsCompleted)
                {
                    if (!rest.IsEmpty)
                    {
                        await _lines.Writer.WriteAsync(rest.ToArray()).ConfigureAwait(false);
                    }

                    _lines.Writer.Complete();
                    return;
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        catch (IOException exception)
        {
            _lines.Writer.Complete(exception);
        }
    }
}
