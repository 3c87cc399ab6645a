using System;
using System.Buffers;
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

/// <summary>
/// Receives files from one association. Each is written under a temporary name and moved to its own when its length and
/// SHA-256 are right; whatever happens before that leaves nothing behind.
/// </summary>
internal sealed class FileReceiver(SctpAssociation association, string directory, bool overwrites, TransferProgress progress) : IDisposable
{
    private const int MaximumOpenFiles = 1024;

    private readonly Dictionary<uint, Incoming> _open = [];

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
        foreach (Incoming file in _open.Values)
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
                case TransferKind.Block when _open.TryGetValue(number, out Incoming? file):
                    reason = OnBlock(file, rest);
                    break;
                case TransferKind.End when _open.Remove(number, out Incoming? file):
                    reason = file.Finish(rest);
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
            reason = WithoutPath(exception);
        }

        if (reason is null)
        {
            return null;                                     // also what still comes of a file that was refused
        }

        if (_open.Remove(number, out Incoming? failed))
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
            return $"refused the name {Printable(name)}: {reason}";
        }

        if (!overwrites && File.Exists(path) && new FileInfo(path).Length != length)
        {
            return $"{Printable(name)} exists and is another file (--overwrite replaces it)";
        }

        progress.AddTotal(length);
        _open.Add(number, new Incoming(name, path, length, overwrites));
        return null;
    }

    // It comes from the network and ends on somebody's terminal.
    private static string Printable(string name) => string.Concat(name[..Math.Min(name.Length, 200)].Select(c => char.IsControl(c) ? '?' : c));

    private string? OnBlock(Incoming file, ReadOnlySequence<byte> rest)
    {
        if (!TransferMessage.TryReadNumber(ref rest, out long offset) || !file.TryAppend(offset, rest))
        {
            return $"{file.Name}: a block is out of place";
        }

        progress.Add(rest.Length);
        return null;
    }

    // The sender is told why, but not where things lie on this machine.
    private static string WithoutPath(Exception exception)
    {
        int path = exception.Message.IndexOf(" : '", StringComparison.Ordinal);
        return path < 0 ? exception.Message : exception.Message[..path];
    }

    private sealed class Incoming : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly FileStream _content;
        private readonly string _path;
        private readonly string _temporary;
        private readonly long _length;
        private readonly bool _overwrites;
        private long _received;

        public Incoming(string name, string path, long length, bool overwrites)
        {
            _overwrites = overwrites;
            Name = name;
            _path = path;
            _length = length;
            string folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            _temporary = Path.Combine(folder, $".braid-{Guid.NewGuid():N}.part");
            _content = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 256 * 1024);
        }

        public string Name { get; }

        public bool TryAppend(long offset, in ReadOnlySequence<byte> bytes)
        {
            if (offset != _received || bytes.Length > _length - _received)
            {
                return false;
            }

            foreach (ReadOnlyMemory<byte> segment in bytes)
            {
                _hash.AppendData(segment.Span);
                _content.Write(segment.Span);
            }

            _received += bytes.Length;
            return true;
        }

        /// <returns>Why the file was not stored; null when it is.</returns>
        public string? Finish(in ReadOnlySequence<byte> hash)
        {
            bool isWhole = _received == _length && hash.Length == TransferMessage.HashLength;
            byte[] actual = _hash.GetHashAndReset();
            bool isRight = isWhole && CryptographicOperations.FixedTimeEquals(hash.ToArray(), actual);
            if (!isRight)
            {
                Dispose();
                return isWhole ? "the SHA-256 does not match" : "its length is not what was announced";
            }

            try
            {
                _content.Dispose();
                if (!_overwrites && File.Exists(_path))
                {
                    bool isSame;

                    // An earlier attempt may have stored it; anything else that has the name stays.
                    using (FileStream existing = File.OpenRead(_path))
                    {
                        isSame = SHA256.HashData(existing).AsSpan().SequenceEqual(actual);
                    }

                    Dispose();
                    return isSame ? null : "another file has that name (--overwrite replaces it)";
                }

                File.Move(_temporary, _path, _overwrites);
                _hash.Dispose();
                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Dispose();
                return WithoutPath(exception);
            }
        }

        /// <summary>Removes the temporary file; after <see cref="Finish"/> said that the file is stored, there is none.</summary>
        public void Dispose()
        {
            try
            {
                _hash.Dispose();
                _content.Dispose();
            }
            catch (IOException)
            {
                // A full disk may refuse even the last buffered bytes; the file goes anyway.
            }

            File.Delete(_temporary);
        }
    }
}
