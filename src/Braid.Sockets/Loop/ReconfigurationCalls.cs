using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>Calls that reset or add streams (RFC 6525) and wait for what comes of it. What it owns is the loop's.</summary>
internal sealed class ReconfigurationCalls(AssociationHost host)
{
    private readonly Dictionary<uint, Call> _calls = [];
    private uint _last;

    /// <inheritdoc cref="SctpAssociation.ResetStreamsAsync"/>
    public ValueTask ResetStreamsAsync(ushort[] streams, ResetDirection direction, CancellationToken cancellationToken)
    {
        if (direction is < ResetDirection.Outgoing or > ResetDirection.Both)
        {
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "It must be outgoing, incoming, or both.");
        }

        ThrowIfWriting(direction.HasFlag(ResetDirection.Outgoing));
        StreamId[] list = Array.ConvertAll(streams, StreamId.FromUInt16);
        return StartAsync((now, context) => host.Core.ResetStreams(now, list, direction, context), direction == ResetDirection.Both ? 2 : 1, cancellationToken);
    }

    /// <inheritdoc cref="SctpAssociation.ResetAssociationAsync"/>
    public ValueTask ResetAssociationAsync(CancellationToken cancellationToken)
    {
        ThrowIfWriting(true);
        return StartAsync((now, context) => host.Core.ResetAssociation(now, context), 1, cancellationToken);
    }

    /// <inheritdoc cref="SctpAssociation.AddStreamsAsync"/>
    public ValueTask AddStreamsAsync(int outgoing, int incoming, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outgoing);
        ArgumentOutOfRangeException.ThrowIfNegative(incoming);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outgoing, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(incoming, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfZero(outgoing + incoming, nameof(outgoing));
        int results = (outgoing > 0 ? 1 : 0) + (incoming > 0 ? 1 : 0);
        return StartAsync((now, context) => host.Core.AddStreams(now, outgoing, incoming, context), results, cancellationToken);
    }

    /// <summary>Something has come of a request. On the loop.</summary>
    /// <param name="context">Which; 0 for one of the peer's.</param>
    /// <param name="result">What.</param>
    public void OnResult(uint context, ReconfigurationResult result)
    {
        if (!_calls.TryGetValue(context, out Call? call))
        {
            return;
        }

        call.Error ??= SctpException.From(result);
        call.Missing--;
        if (call.Missing > 0)
        {
            return;
        }

        _calls.Remove(context);
        if (call.Error is null)
        {
            call.Completion.TrySetResult();
        }
        else
        {
            call.Completion.TrySetException(call.Error);
        }
    }

    /// <summary>Nothing will come of any request any more. On the loop.</summary>
    public void End(SctpException end)
    {
        foreach (Call call in _calls.Values)
        {
            call.Completion.TrySetException(SctpException.Again(end));
        }

        _calls.Clear();
    }

    private ValueTask StartAsync(Func<Instant, uint, ReconfigurationStatus> start, int results, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.PostAfterSends(now =>
        {
            if (host.Ended is { } end)
            {
                completion.SetException(SctpException.Again(end));
                return;
            }

            _last = _last == uint.MaxValue ? 1 : _last + 1;
            ReconfigurationStatus status = start(now, _last);
            if (status == ReconfigurationStatus.Started)
            {
                _calls.Add(_last, new Call(completion) { Missing = results });
            }
            else
            {
                completion.SetException(SctpException.From(status));
            }
        });
        return new ValueTask(completion.Task.WaitAsync(cancellationToken));
    }

    // What was accepted behind it would go out after the reset.
    private void ThrowIfWriting(bool resetsOurs)
    {
        if (resetsOurs && host.Outbox.HasOpenMessage)
        {
            throw new InvalidOperationException("A message is being written: complete it before streams are reset.");
        }
    }

    private sealed class Call(TaskCompletionSource completion)
    {
        public TaskCompletionSource Completion { get; } = completion;

        public int Missing { get; set; }

        public SctpException? Error { get; set; }
    }
}
