using System;
using System.Buffers;
using System.IO;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Braid.Cli.Transfer;

/// <summary>
/// A file that is being received: written under a temporary name, and moved to its own when length and SHA-256 are right. Whatever happens
/// before that leaves nothing behind.
/// </summary>
internal sealed partial class IncomingFile : IDisposable
{
    /// <summary>What <see cref="Finish"/> says where a different file is in the place.</summary>
    public const string NameIsTaken = "another file has that name";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream _content;
    private readonly string _path;
    private readonly string _temporary;
    private readonly long _length;
    private readonly bool _overwrites;
    private long _received;

    /// <param name="name">What the sender calls it.</param>
    /// <param name="path">Where it is to be.</param>
    /// <param name="length">Its bytes, as announced.</param>
    /// <param name="overwrites">Whether it may replace another file.</param>
    public IncomingFile(string name, string path, long length, bool overwrites)
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

    /// <summary>What the sender calls it.</summary>
    public string Name { get; }

    /// <summary>Writes the block that belongs at an offset; false where it is out of place.</summary>
    public bool TryAppend(long offset, in ReadOnlySequence<byte> bytes) => offset == _received && TryAppend(bytes);

    /// <summary>Writes the next block; false where the file would become longer than announced.</summary>
    public bool TryAppend(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length > _length - _received)
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

    /// <summary>Moves the file to its place.</summary>
    /// <param name="hash">The sender's SHA-256.</param>
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
                return isSame ? null : NameIsTaken;
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

    /// <summary>What went wrong, for the sender, who is not told where things lie on this machine.</summary>
    public static string WithoutPath(Exception exception) => QuotedPattern().Replace(exception.Message, "");

    [GeneratedRegex("( :)? '.*'")]
    private static partial Regex QuotedPattern();
}
