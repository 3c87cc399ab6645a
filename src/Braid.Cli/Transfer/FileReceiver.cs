using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Sockets;

namespace Braid.Cli.Transfer;

/// <summary>
/// Receives files from one association. Each is written under a temporary name and moved to its own when its length and
/// SHA-256 are right; whatever happens before that leaves nothing behind.
/// </summary>
internal sealed class FileReceiver(SctpAssociation association, string directory, bool overwrites, TransferProgress progress) : IDisposable
{
    private const int MaximumOpenFiles = 1024;
    private const int LongestShown = 200;

    private readonly Dictionary<uint, IncomingFile> _open = [];

    /// <summary>Names of the files that are stored.</summary>
    public List<string> Stored { get; } = [];

    /// <summary>Reads until the sender shuts the association down.</summary>
    /// <exception cref="TransferFailedException">A file was not stored, or the sender stopped in the middle of one.</exception>
    /// <exception cref="SctpException">The association ended otherwise.</exception>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        string? failure = null;
        var records = new Records();
        try
        {
            await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
            {
                using (message)
                {
                    if (!records.TryComplete(message, out ReadOnlySequence<byte> whole))
                    {
                        continue;
                    }

                    byte[]? answer = Take(whole, ref failure);
                    if (answer is not null)
                    {
                        await association.SendAsync(answer, new SctpSendInfo(message.Info.StreamId), cancellationToken);
                    }
                }
            }
        }
        catch (SctpException) when (failure is not null)
        {
            // The sender gave up because of it: that is not the news here.
        }

        if (failure is not null || _open.Count > 0)
        {
            throw new TransferFailedException(failure ?? "the sender stopped in the middle of a file");
        }
    }

    /// <summary>Removes what was not finished.</summary>
    public void Dispose()
    {
        foreach (IncomingFile file in _open.Values)
        {
            file.Dispose();
        }

        _open.Clear();
    }

    private byte[]? Take(in ReadOnlySequence<byte> message, ref string? failure)
    {
        if (!TransferMessage.TryRead(message, out TransferKind kind, out uint number, out ReadOnlySequence<byte> rest))
        {
            failure ??= "the sender does not speak the file transfer protocol";
            return null;
        }

        string? reason = null;
        try
        {
            switch (kind)
            {
                case TransferKind.Offer:
                    reason = OnOffer(number, rest);
                    break;
                case TransferKind.Block when _open.TryGetValue(number, out IncomingFile? file):
                    reason = OnBlock(file, rest);
                    break;
                case TransferKind.End when _open.Remove(number, out IncomingFile? file):
                    reason = file.Finish(rest);
                    reason = reason is IncomingFile.NameIsTaken ? $"{reason} (--overwrite replaces it)" : reason;
                    if (reason is null)
                    {
                        Stored.Add(file.Name);
                        return TransferMessage.Result(number, isStored: true, "");
                    }

                    failure ??= $"{file.Name}: {reason}";
                    return TransferMessage.Result(number, isStored: false, reason);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = IncomingFile.WithoutPath(exception);
        }

        if (reason is null)
        {
            return null;                                     // also what still comes of a file that was refused
        }

        if (_open.Remove(number, out IncomingFile? failed))
        {
            failed.Dispose();
        }

        failure ??= reason;
        return TransferMessage.Result(number, isStored: false, reason);
    }

    private string? OnOffer(uint number, ReadOnlySequence<byte> rest)
    {
        if (!TransferMessage.TryReadNumber(ref rest, out long length) || _open.ContainsKey(number) || _open.Count >= MaximumOpenFiles)
        {
            return "the offer is malformed";
        }

        string name = Encoding.UTF8.GetString(rest);
        if (!SafePath.TryResolve(directory, name, out string? path, out string? reason))
        {
            return $"refused the name {Printable.Of(name, LongestShown)}: {reason}";
        }

        if (!overwrites && File.Exists(path) && new FileInfo(path).Length != length)
        {
            return $"{Printable.Of(name, LongestShown)} exists and is another file (--overwrite replaces it)";
        }

        progress.AddTotal(length);
        _open.Add(number, new IncomingFile(name, path, length, overwrites));
        return null;
    }

    private string? OnBlock(IncomingFile file, ReadOnlySequence<byte> rest)
    {
        if (!TransferMessage.TryReadNumber(ref rest, out long offset) || !file.TryAppend(offset, rest))
        {
            return $"{file.Name}: a block is out of place";
        }

        progress.Add(rest.Length);
        return null;
    }
}
