using System;
using System.Buffers;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.WebRtc;

namespace Braid.Cli.Page;

/// <summary>
/// Files of the page and for it: what it sends is stored in a folder, and what was stored or offered can be fetched. One channel for each
/// file: a header, blocks, and the SHA-256 at the end, whichever way it goes.
/// </summary>
internal sealed class FileShelf(string folder)
{
    private const int BlockLength = 1 << 16;
    private const long LongestFile = 1L << 40;

    private ImmutableList<(FileOffer Offer, string Path)> _offers = [];

    /// <summary>What the page can fetch.</summary>
    public IReadOnlyList<FileOffer> Offers => [.. _offers.Select(one => one.Offer)];

    /// <summary>Offers a file.</summary>
    public void Offer(string path)
    {
        var file = new FileInfo(path);
        ImmutableInterlocked.Update(ref _offers, offers => offers.Exists(one => one.Path == path)
            ? offers
            : offers.Add((new FileOffer(offers.Count, file.Name, file.Length), path)));
    }

    /// <summary>Serves a channel: one file.</summary>
    public async Task ServeAsync(RTCDataChannel channel, CancellationToken cancellationToken)
    {
        FileRequest? request;
        using (RTCMessage first = await channel.ReceiveAsync(cancellationToken))
        {
            request = first.IsText ? PageMessages.Read<FileRequest>(first.GetText()) : null;
        }

        try
        {
            await ServeAsync(channel, request, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await channel.SendAsync(PageMessages.Write(new FileResult(false, Error: IncomingFile.WithoutPath(exception))), cancellationToken);
        }

        await foreach (RTCMessage _ in channel.ReadAllAsync(cancellationToken))
        {
            // The page closes the channel; what still comes of a file that was refused is let go.
        }
    }

    private async Task ServeAsync(RTCDataChannel channel, FileRequest? request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case { Name: { } name, Size: >= 0 and <= LongestFile }:
                FileResult result = await StoreAsync(channel, name, request.Size.Value, cancellationToken);
                await channel.SendAsync(PageMessages.Write(result), cancellationToken);
                break;
            case { Fetch: { } number }:
                await SendAsync(channel, number, cancellationToken);
                break;
            default:
                await channel.SendAsync(PageMessages.Write(new FileResult(false, Error: "the request makes no sense")), cancellationToken);
                break;
        }
    }

    private async Task<FileResult> StoreAsync(RTCDataChannel channel, string name, long size, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return new FileResult(false, Error: "the name is refused: it is a path");
        }

        if (!SafePath.TryResolve(folder, name, out string? path, out string? reason))
        {
            return new FileResult(false, Error: $"the name is refused: {reason}");
        }

        using var file = new IncomingFile(name, path, size, overwrites: false);
        await foreach (RTCMessage message in channel.ReadAllAsync(cancellationToken))
        {
            if (!message.IsText)
            {
                if (!file.TryAppend(message.Data))
                {
                    return new FileResult(false, Error: "the file is longer than was said");
                }

                continue;
            }

            byte[]? hash = ReadHash(PageMessages.Read<FileEnd>(message.GetText())?.Sha256);
            if (file.Finish(new ReadOnlySequence<byte>(hash ?? [])) is { } failure)
            {
                return new FileResult(false, Error: failure);
            }

            Offer(path);
            await Console.Out.WriteLineAsync($"stored {Printable.Of(Path.GetRelativePath(".", path))}, SHA-256 {Convert.ToHexStringLower(hash!)}");
            return new FileResult(true, Convert.ToHexStringLower(hash!));
        }

        return new FileResult(false, Error: "the file has no end");
    }

    private async Task SendAsync(RTCDataChannel channel, int number, CancellationToken cancellationToken)
    {
        (FileOffer Offer, string Path) wanted = _offers.Find(one => one.Offer.Id == number);
        if (wanted.Offer is null)
        {
            await channel.SendAsync(PageMessages.Write(new FileResult(false, Error: "there is no such file")), cancellationToken);
            return;
        }

        await using var file = new FileStream(wanted.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await channel.SendAsync(PageMessages.Write(new FileHeader(wanted.Offer.Name, file.Length)), cancellationToken);
        var block = new byte[Math.Min(BlockLength, channel.MaxMessageSize)];
        for (int length; (length = await file.ReadAsync(block, cancellationToken)) > 0;)
        {
            hash.AppendData(block, 0, length);
            await channel.SendAsync(block.AsMemory(0, length), cancellationToken);
        }

        await channel.SendAsync(PageMessages.Write(new FileEnd(Convert.ToHexStringLower(hash.GetHashAndReset()))), cancellationToken);
    }

    private static byte[]? ReadHash(string? text)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        return text is { Length: 2 * SHA256.HashSizeInBytes }
            && Convert.FromHexString(text, hash, out _, out _) == OperationStatus.Done ? hash : null;
    }
}
