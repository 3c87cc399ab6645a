using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Transfer;

/// <summary>Sends files over one association, several at a time, each on a stream of its own.</summary>
internal sealed class FileSender(SctpAssociation association, TransferProgress progress)
{
    private const int BlockLength = 64 * 1024;

    // A pipe that nobody writes to, or a network disk that is gone, would hold up everything for ever.
    private static readonly TimeSpan s_openTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<uint, TaskCompletionSource<(bool IsStored, string Text)>> _results = new();
    private readonly ConcurrentQueue<string> _failures = new();

    /// <summary>Sends files and waits until the receiver has said of each what became of it. One that fails does not stop the others.</summary>
    /// <exception cref="TransferFailedException">Some were not stored: which ones and why; the others are.</exception>
    /// <exception cref="SctpException">The association has ended.</exception>
    public async Task SendAsync(IReadOnlyList<FileSource> files, int streams, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task results = ReadResultsAsync(stop.Token);
        var waiting = new ConcurrentQueue<(uint Number, FileSource File)>(files.Select((file, i) => ((uint)i, file)));
        int workers = Math.Min(Math.Min(streams, association.StreamCounts.Outgoing), Math.Max(1, files.Count));
        List<Task> tasks = Enumerable.Range(0, workers).Select(stream => WorkAsync(waiting, (ushort)stream, stop.Token)).ToList();

        // The first to fail, the reader of results included, stops all.
        Task all = Task.WhenAll(tasks);
        Task first = await Task.WhenAny(all, results);
        if (first == results)
        {
            await stop.CancelAsync();
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await results;
            throw new TransferFailedException("the receiver closed the association before it had everything");
        }

        await all;
        await stop.CancelAsync();
        await results.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_failures.IsEmpty)
        {
            throw new TransferFailedException(string.Join("; ", _failures.Order(StringComparer.Ordinal)));
        }
    }

    private async Task WorkAsync(ConcurrentQueue<(uint Number, FileSource File)> waiting, ushort stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[TransferMessage.BlockHeader + BlockLength];
        while (waiting.TryDequeue(out (uint Number, FileSource File) next))
        {
            var result = new TaskCompletionSource<(bool IsStored, string Text)>(TaskCreationOptions.RunContinuationsAsynchronously);
            _results[next.Number] = result;
            try
            {
                await SendFileAsync(next.Number, next.File, stream, buffer, result.Task, cancellationToken);
                (bool isStored, string text) = await result.Task.WaitAsync(cancellationToken);
                if (!isStored)
                {
                    _failures.Enqueue($"{next.File.Name}: the receiver did not store it: {text}");
                }
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException or TransferFailedException
                || (exception is IOException and not SctpException))
            {
                _failures.Enqueue($"{next.File.Name}: {exception.Message}");
            }
        }
    }

    private async Task SendFileAsync(
        uint number, FileSource file, ushort stream, byte[] buffer, Task<(bool IsStored, string Text)> result, CancellationToken cancellationToken)
    {
        var info = new SctpSendInfo(stream);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream content = await OpenAsync(file, cancellationToken);
        await association.SendAsync(TransferMessage.Offer(number, file.Length, file.Name), info, cancellationToken);
        long offset = 0;
        while (offset < file.Length && !result.IsCompleted)
        {
            int wanted = (int)Math.Min(BlockLength, file.Length - offset);
            int read = content.ReadAtLeast(buffer.AsSpan(TransferMessage.BlockHeader, wanted), wanted, throwOnEndOfStream: false);
            if (read < wanted)
            {
                // The receiver waits for the rest: an end without the right hash tells it that there is none.
                await association.SendAsync(TransferMessage.End(number, new byte[TransferMessage.HashLength]), info, cancellationToken);
                await result.WaitAsync(cancellationToken);
                throw new TransferFailedException("the file became shorter while it was sent");
            }

            TransferMessage.BeginBlock(buffer, number, offset);
            ReadOnlyMemory<byte> message = buffer.AsMemory(0, TransferMessage.BlockHeader + read);
            hash.AppendData(message.Span[TransferMessage.BlockHeader..]);
            await association.SendAsync(message, info, cancellationToken);
            offset += read;
            progress.Add(read);
        }

        bool hasMore = offset == file.Length && content.Read(buffer, 0, 1) > 0;
        await association.SendAsync(TransferMessage.End(number, hash.GetHashAndReset()), info, cancellationToken);
        if (hasMore)
        {
            await result.WaitAsync(cancellationToken);
            throw new TransferFailedException("the file is longer than it said, or grew while it was sent: only the beginning was stored");
        }
    }

    private static async Task<FileStream> OpenAsync(FileSource file, CancellationToken cancellationToken)
    {
        try
        {
            Task<FileStream> opening = Task.Run(
                () => new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan), cancellationToken);
            return await opening.WaitAsync(s_openTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TransferFailedException("it cannot be opened: it is not an ordinary file, or its disk does not answer");
        }
    }

    private async Task ReadResultsAsync(CancellationToken cancellationToken)
    {
        await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
        {
            using (message)
            {
                if (TransferMessage.TryRead(message.Payload, out TransferKind kind, out uint number, out System.Buffers.ReadOnlySequence<byte> rest)
                    && kind == TransferKind.Result && rest.Length > 0
                    && _results.TryGetValue(number, out TaskCompletionSource<(bool IsStored, string Text)>? result))
                {
                    result.TrySetResult((rest.FirstSpan[0] == 1, Encoding.UTF8.GetString(rest.Slice(1))));
                }
            }
        }
    }
}
