using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Braid.Cli.Transfer;

/// <summary>Kinds of messages of the file transfer; see docs/file-transfer.md.</summary>
internal enum TransferKind : byte
{
    /// <summary>Sender: here comes a file. Number, length, name.</summary>
    Offer = 1,

    /// <summary>Sender: the next bytes of a file. Number, offset, bytes.</summary>
    Block = 2,

    /// <summary>Sender: that was all of it. Number, SHA-256.</summary>
    End = 3,

    /// <summary>Receiver: what became of it. Number, 1 if it is stored, a text for people otherwise.</summary>
    Result = 4,
}

/// <summary>Writes and reads the messages of the file transfer. All numbers are big-endian.</summary>
internal static class TransferMessage
{
    /// <summary>Bytes before the content of a block.</summary>
    public const int BlockHeader = 1 + 4 + 8;

    /// <summary>Bytes of a SHA-256.</summary>
    public const int HashLength = 32;

    private const int Prefix = 1 + 4;

    public static byte[] Offer(uint file, long length, string name)
    {
        var message = new byte[Prefix + 8 + Encoding.UTF8.GetByteCount(name)];
        Begin(message, TransferKind.Offer, file);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(Prefix), length);
        Encoding.UTF8.GetBytes(name, message.AsSpan(Prefix + 8));
        return message;
    }

    /// <summary>Writes the <see cref="BlockHeader"/> before a block.</summary>
    public static void BeginBlock(Span<byte> message, uint file, long offset)
    {
        Begin(message, TransferKind.Block, file);
        BinaryPrimitives.WriteInt64BigEndian(message[Prefix..], offset);
    }

    public static byte[] End(uint file, ReadOnlySpan<byte> hash)
    {
        var message = new byte[Prefix + HashLength];
        Begin(message, TransferKind.End, file);
        hash.CopyTo(message.AsSpan(Prefix));
        return message;
    }

    public static byte[] Result(uint file, bool isStored, string text)
    {
        var message = new byte[Prefix + 1 + Encoding.UTF8.GetByteCount(text)];
        Begin(message, TransferKind.Result, file);
        message[Prefix] = isStored ? (byte)1 : (byte)0;
        Encoding.UTF8.GetBytes(text, message.AsSpan(Prefix + 1));
        return message;
    }

    /// <summary>Reads what all messages begin with.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> message, out TransferKind kind, out uint file, out ReadOnlySequence<byte> rest)
    {
        var reader = new SequenceReader<byte>(message);
        file = 0;
        rest = default;
        if (!reader.TryRead(out byte first) || !reader.TryReadBigEndian(out int number))
        {
            kind = default;
            return false;
        }

        kind = (TransferKind)first;
        file = (uint)number;
        rest = reader.UnreadSequence;
        return true;
    }

    /// <summary>Reads the length or offset that an offer or a block goes on with.</summary>
    public static bool TryReadNumber(ref ReadOnlySequence<byte> rest, out long number)
    {
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadBigEndian(out number) || number < 0)
        {
            return false;
        }

        rest = reader.UnreadSequence;
        return true;
    }

    private static void Begin(Span<byte> message, TransferKind kind, uint file)
    {
        message[0] = (byte)kind;
        BinaryPrimitives.WriteUInt32BigEndian(message[1..], file);
    }
}
