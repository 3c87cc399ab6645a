using System;
using System.Buffers;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Transfer;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Cli.Perf;

/// <summary>One side of a test: sends data, counts what comes, and passes on what the other side says.</summary>
/// <param name="association">What the test goes over.</param>
/// <param name="patience">How long what is in the send buffer at the end belongs to it; five seconds by default.</param>
internal sealed class PerfFlow(SctpAssociation association, TimeSpan? patience = null)
{
    private const int LongestSaid = 1 << 20;
    private const int AtOnce = 64;                           // messages between two looks at the clock

    private const int MostUnheard = 4;                       // there are three messages in a test

    // A slow path would make a test of seconds one of minutes: what is in the buffer belongs to it for so long only.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Channel<PerfMessage> _said = Channel.CreateBounded<PerfMessage>(MostUnheard);
    private readonly PerfCounter _sent = new();
    private readonly PerfCounter _received = new();
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;

    /// <summary>User data handed to the association so far.</summary>
    public long BytesSent => _sent.Bytes;

    /// <summary>User data received so far.</summary>
    public long BytesReceived => _received.Bytes;

    /// <summary>All that was handed to the association.</summary>
    public PerfTotal Sent => _sent.Total;

    /// <summary>All that was received.</summary>
    public PerfTotal Received => _received.Total;

    /// <summary>User data that was in the send buffer still, of either side, when the test was over.</summary>
    public long BytesLeft { get; private set; }

    /// <summary>CPU time since it began, in seconds.</summary>
    public double CpuSeconds => (Environment.CpuUsage.TotalTime - _cpu).TotalSeconds;

    /// <summary>Says something to the other side.</summary>
    public ValueTask SayAsync(PerfMessage message, CancellationToken cancellationToken) =>
        association.SendAsync(message.ToBytes(), default(SctpSendInfo), cancellationToken);

    /// <summary>Waits for what the other side says next.</summary>
    /// <exception cref="TransferFailedException">It says something else, or nothing more.</exception>
    public async Task<PerfMessage> HearAsync(string type, CancellationToken cancellationToken)
    {
        try
        {
            PerfMessage message = await _said.Reader.ReadAsync(cancellationToken);
            BytesLeft += message.BytesLeft ?? 0;
            return message.Type == type ? message : throw new TransferFailedException($"the peer says {message.Type} where {type} is due");
        }
        catch (ChannelClosedException exception)
        {
            throw new TransferFailedException(
                exception.InnerException is TransferFailedException failure ? failure.Message : "the peer went away in the middle of the test");
        }
    }

    /// <summary>Sends for as long as the request says, waits until nothing of it is left, or for five seconds, and says so.</summary>
    public async Task SendAsync(PerfMessage request, CancellationToken cancellationToken)
    {
        long left = await TrySendAllAsync(request, cancellationToken) ? 0 : association.BufferedAmount;
        BytesLeft += left;
        await SayAsync(new PerfMessage { Type = PerfMessage.End, BytesLeft = left == 0 ? null : left }, cancellationToken);
    }

    /// <summary>Counts what comes, until the association ends.</summary>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var records = new Records(LongestSaid);
        try
        {
            await foreach (SctpMessage message in association.ReadAllAsync(cancellationToken))
            {
                using (message)
                {
                    if (message.Info.StreamId != 0)
                    {
                        _received.Add(message.Length, message.Info.EndOfRecord ? 1 : 0);
                    }
                    else if (records.TryComplete(message, out ReadOnlySequence<byte> whole) && !_said.Writer.TryWrite(PerfMessage.Read(whole.ToArray())))
                    {
                        throw new TransferFailedException("the peer says more than belongs to a test");
                    }
                }
            }

            _said.Writer.Complete();
        }
        catch (Exception exception)
        {
            _said.Writer.Complete(exception);
            throw;
        }
    }

    private async Task<bool> TrySendAllAsync(PerfMessage request, CancellationToken cancellationToken)
    {
        var time = TimeSpan.FromSeconds(request.Seconds);
        long end = Stopwatch.GetTimestamp() + (long)(request.Seconds * Stopwatch.Frequency);
        var payload = new byte[request.Size];                // one for all streams: the peer says how long, and how many
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(time + (patience ?? s_patience));
        try
        {
            await Task.WhenAll(Enumerable.Range(1, request.Streams)
                .Select(stream => Task.Run(() => SendAsync((ushort)stream, request, payload, end, limit.Token), limit.Token)));
            await association.WaitToSendAsync(int.MaxValue, limit.Token);        // there is room for that only when there is nothing
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task SendAsync(ushort stream, PerfMessage request, byte[] payload, long end, CancellationToken cancellationToken)
    {
        Reliability reliability = request.LifetimeMilliseconds is { } lifetime
            ? Reliability.Lifetime(TimeSpan.FromMilliseconds(lifetime))
            : Reliability.Reliable;
        var info = new SctpSendInfo(stream, Unordered: request.Unordered, Reliability: reliability);
        while (Stopwatch.GetTimestamp() < end)
        {
            for (int i = 0; i < AtOnce; i++)
            {
                if (!association.TrySend(payload, info))
                {
                    _sent.Add((long)i * request.Size, i);
                    await association.SendAsync(payload, info, cancellationToken);
                    _sent.Add(request.Size, 1);
                    break;
                }

                if (i == AtOnce - 1)
                {
                    _sent.Add((long)AtOnce * request.Size, AtOnce);
                }
            }
        }
    }
}
