using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Every message exactly once, or at most once where it may be given up; every byte of it, and the ordered ones of a stream in
/// their order. The messages carry
/// what is needed to check them, so that the two sides share nothing but a seed.
/// </summary>
/// <param name="seed">The same for the side that makes messages and the side that checks them.</param>
/// <param name="firstNumber">Numbers of messages begin here: another one for each association of the same two sides.</param>
public sealed class DeliveryChecker(ulong seed, uint firstNumber = 0)
{
    /// <summary>The shortest message that can be checked, in bytes.</summary>
    public const int MinimumLength = 4;

    private readonly Dictionary<uint, (int Length, StreamId Stream, Ppid Ppid, bool Unordered, bool MayMiss)> _expected = [];
    private readonly Dictionary<StreamId, uint> _lastOrdered = [];
    private readonly HashSet<uint> _neverSent = [];
    private readonly uint _first = firstNumber;
    private uint _next = firstNumber;

    /// <summary>Messages that were made and have not arrived, though they must.</summary>
    public int Missing => _expected.Count - MissingFreely;

    /// <summary>Messages that were made, have not arrived and need not.</summary>
    public int MissingFreely { get; private set; }

    /// <summary>Makes the next message.</summary>
    /// <param name="length">At least <see cref="MinimumLength"/> bytes.</param>
    /// <param name="options">How it will be sent.</param>
    /// <param name="mayMiss">Whether it may be given up.</param>
    public byte[] Make(int length, in SendOptions options, bool mayMiss = false)
    {
        uint number = _next++;
        var message = new byte[length];
        Fill(message, number);
        _expected.Add(number, (length, options.Stream, options.Ppid, options.Unordered, mayMiss));
        MissingFreely += mayMiss ? 1 : 0;
        return message;
    }

    /// <summary>The number of a message that has arrived.</summary>
    public static uint NumberOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length < MinimumLength ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    /// <summary>Checks a message that has arrived.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="stream">The stream that it came on.</param>
    /// <param name="ppid">Its payload protocol identifier.</param>
    /// <param name="unordered">Whether it came unordered.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public string? Check(ReadOnlySpan<byte> bytes, StreamId stream, Ppid ppid, bool unordered)
    {
        if (bytes.Length < MinimumLength)
        {
            return $"a message of {bytes.Length} bytes was never sent";
        }

        uint number = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (!_expected.Remove(number, out (int Length, StreamId Stream, Ppid Ppid, bool Unordered, bool MayMiss) sent))
        {
            return $"message {number} was never sent, or has arrived before";
        }

        MissingFreely -= sent.MayMiss ? 1 : 0;
        if (_neverSent.Contains(number))
        {
            return $"message {number} was given up before any of it was on the wire, and has arrived";
        }

        var right = new byte[sent.Length];
        Fill(right, number);
        if (!bytes.SequenceEqual(right) || stream != sent.Stream || ppid != sent.Ppid || unordered != sent.Unordered)
        {
            return $"message {number} is not what was sent";
        }

        if (!unordered)
        {
            if (_lastOrdered.TryGetValue(stream, out uint before) && before > number)
            {
                return $"message {number} of stream {stream} came after message {before}";
            }

            _lastOrdered[stream] = number;
        }

        return null;
    }

    /// <summary>Its sender says that no part of a message was put into a packet: then it has not arrived, and never will.</summary>
    /// <param name="bytes">The message, or a part of one, which says nothing.</param>
    /// <returns>What is wrong with that; null for nothing.</returns>
    public string? CheckNeverSent(ReadOnlySpan<byte> bytes)
    {
        uint number = NumberOf(bytes);
        if (number < _first || number >= _next)
        {
            return null;
        }

        var whole = new byte[bytes.Length];
        Fill(whole, number);
        if (!bytes.SequenceEqual(whole))
        {
            return null;
        }

        if (!_expected.TryGetValue(number, out (int Length, StreamId Stream, Ppid Ppid, bool Unordered, bool MayMiss) made))
        {
            return $"message {number} has arrived, though none of it was on the wire";
        }

        if (made.Length == bytes.Length)
        {
            _neverSent.Add(number);
        }

        return null;
    }

    private void Fill(Span<byte> message, uint number)
    {
        new SeededRandom(seed ^ ((ulong)number << 20)).Fill(message);
        BinaryPrimitives.WriteUInt32BigEndian(message, number);
    }
}
