using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>What associations, streams and one-to-many sockets have in common: the ways to send and to receive, each awaited or blocking.</summary>
internal static class Calls
{
    public static ValueTask SendAsync(
        AssociationHost host, ReadOnlyMemory<byte> payload, in SctpSendInfo info, SctpStream? stream, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        SendOptions options = Check(host, payload.Length, info);
        return host.Outbox.TrySend(payload.Span, options, stream)
            ? default
            : host.Outbox.SendAsync(payload, options, stream, null, cancellationToken);
    }

    public static async ValueTask<SctpDeliveryResult> SendWithReceiptAsync(
        AssociationHost host, ReadOnlyMemory<byte> payload, SctpSendInfo info, SctpStream? stream, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SendOptions options = Check(host, payload.Length, info);
        (ulong number, Task<SctpDeliveryResult> receipt) = host.Receipts.Open();
        options = options with { Receipt = number };
        try
        {
            if (!host.Outbox.TrySend(payload.Span, options, stream))
            {
                await host.Outbox.SendAsync(payload, options, stream, null, cancellationToken).ConfigureAwait(false);
            }

            return await receipt.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            host.Receipts.Forget(number);
            throw;
        }
    }

    public static bool TrySend(AssociationHost host, ReadOnlySpan<byte> payload, in SctpSendInfo info, SctpStream? stream) =>
        host.Outbox.TrySend(payload, Check(host, payload.Length, info), stream);

    public static void Send(AssociationHost host, ReadOnlySpan<byte> payload, in SctpSendInfo info, SctpStream? stream, TimeSpan? timeout)
    {
        TimeSpan longest = Check(timeout);
        SendOptions options = Check(host, payload.Length, info);
        if (!host.Outbox.TrySend(payload, options, stream))
        {
            host.Loop.PrepareToBlock();
            host.Outbox.Send(payload, options, stream, null, longest);
        }
    }

    public static ValueTask<bool> WaitToSendAsync(AssociationHost host, int bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : host.Outbox.WaitForRoomAsync(bytes, cancellationToken);
    }

    public static SctpMessage Receive(AssociationHost host, WaitQueue<SctpMessage> messages, TimeSpan? timeout)
    {
        TimeSpan longest = Check(timeout);
        if (messages.TryDequeue(out SctpMessage message))
        {
            return message;
        }

        host.Loop.PrepareToBlock();
        return messages.Dequeue(longest);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<SctpReceiveResult> CopyAsync(
        WaitQueue<SctpMessage> messages, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ThrowIfNoRoom(destination.Span);
        return Copy(messages, await messages.DequeueAsync(cancellationToken).ConfigureAwait(false), destination.Span);
    }

    /// <summary>Copies what fits, and puts the rest back.</summary>
    public static SctpReceiveResult Copy(WaitQueue<SctpMessage> messages, in SctpMessage message, Span<byte> destination)
    {
        SctpReceiveInfo info = message.Info;
        int count = Math.Min(message.Length, destination.Length);
        message.Payload.Slice(0, count).CopyTo(destination);
        if (count < message.Length)
        {
            SctpMessage rest = message.From(count);
            if (!messages.TryPutBack(rest))
            {
                rest.Dispose();                              // the association was disposed meanwhile
            }

            return new SctpReceiveResult(count, info with { EndOfRecord = false }, EndOfMessage: false);
        }

        message.Dispose();
        return new SctpReceiveResult(count, info, info.EndOfRecord);
    }

    public static void ThrowIfNoRoom(ReadOnlySpan<byte> destination)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("There must be room for at least 1 byte.", nameof(destination));
        }
    }

    public static async IAsyncEnumerable<SctpMessage> ReadAllAsync(
        WaitQueue<SctpMessage> messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (messages.TryDequeue(out SctpMessage message))
            {
                yield return message;                        // most are there already, and need no task
                continue;
            }

            try
            {
                message = await messages.DequeueAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (SctpException exception) when (exception.Error is SctpError.AssociationClosed or SctpError.StreamEnded)
            {
                yield break;
            }

            yield return message;
        }
    }

    /// <summary>Asks the protocol something, on the loop.</summary>
    public static Task<T> AskAsync<T>(this AssociationHost host, Func<Association, Instant, T> question) => AskAsync(host, host.Loop.Post, question);

    /// <summary>The same, after everything that was sent so far was handed to the protocol.</summary>
    public static Task<T> AskAfterSendsAsync<T>(this AssociationHost host, Func<Association, Instant, T> question) =>
        AskAsync(host, host.PostAfterSends, question);

    private static Task<T> AskAsync<T>(AssociationHost host, Action<Action<Instant>> post, Func<Association, Instant, T> question)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        post(now =>
        {
            try
            {
                completion.SetResult(question(host.Core, now));
            }
#pragma warning disable CA1031 // It is an answer, too: nobody else is concerned.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                completion.SetException(exception);
            }
        });
        return completion.Task;
    }

    public static void CheckStream(int outgoing, in SctpSendInfo info)
    {
        if (info.StreamId >= outgoing)
        {
            throw new ArgumentOutOfRangeException(nameof(info), info.StreamId, $"There are {outgoing} outgoing streams, numbered from 0.");
        }
    }

    public static void CheckLength(SctpAssociationOptions options, int length)
    {
        if (length == 0 || length > options.MaximumMessageSize)
        {
            throw new SctpException(
                SctpError.InvalidMessageLength,
                $"A message of {length} bytes cannot be sent: 1 to {options.MaximumMessageSize} are allowed.");
        }
    }

    public static SendOptions Check(AssociationHost host, int length, in SctpSendInfo info)
    {
        SctpAssociationOptions options = host.Options;
        CheckLength(options, length);
        if (!options.Fragmentation && length > host.LongestMessage)
        {
            throw new SctpException(
                SctpError.NeedsFragmentation,
                $"A message of {length} bytes cannot be sent: {host.LongestMessage} fit into one chunk, and fragmentation is off.");
        }

        CheckStream(host.Streams.Outgoing, info);
        return info.ToSendOptions();
    }

    /// <summary>A time-out as the system wants it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, and not <see cref="Timeout.InfiniteTimeSpan"/>.</exception>
    public static TimeSpan Check(TimeSpan? timeout)
    {
        if (timeout is not { } given || given == Timeout.InfiniteTimeSpan || given.TotalMilliseconds > int.MaxValue)
        {
            return Timeout.InfiniteTimeSpan;                 // 24 days are for ever
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.Zero, nameof(timeout));
        return given;
    }

    /// <summary>Blocks until a task that no code of the user continues is done.</summary>
    /// <exception cref="SctpException">It took longer, or that is how the task ended.</exception>
    public static void Block(Task task, TimeSpan timeout)
    {
        if (!TryBlock(task, timeout))
        {
            throw SctpException.TimedOut(timeout);
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Blocks until a task that no code of the user continues is done; false when that takes longer.</summary>
    public static bool TryBlock(Task task, TimeSpan timeout) => Task.WaitAny([task], timeout) == 0;
}
