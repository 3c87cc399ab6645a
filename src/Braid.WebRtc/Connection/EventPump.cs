using System;
using System.Collections.Generic;
using System.Threading;
using Braid.Sockets;
using Microsoft.Extensions.Logging;

namespace Braid.WebRtc;

/// <summary>What is raised, of a connection or a channel.</summary>
internal enum EventKind : byte
{
    NegotiationNeeded,
    SignalingStateChange,
    IceGatheringStateChange,
    IceConnectionStateChange,
    ConnectionStateChange,
    IceCandidate,
    DataChannel,
    Open,
    Message,
    BufferedAmountLow,

    // The end of a channel: its messages come before these.
    Error,
    Closing,
    Close,
}

/// <summary>An object of the W3C's whose events these are.</summary>
internal interface IEventTarget
{
    /// <summary>Calls the application's handlers.</summary>
    void Raise(EventKind kind, object? argument, in RTCMessage message);
}

/// <summary>
/// Raises the events of a connection and its channels, one after the other and in their order, on the thread pool: the application's code
/// holds nobody up, and sees what the W3C's would. Allocates nothing once it has grown.
/// </summary>
/// <param name="logger">Hears of handlers that throw.</param>
/// <param name="isInline">Whether handlers run on the loop's thread instead.</param>
internal sealed class EventPump(ILogger logger, bool isInline) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private Deque<Item> _items;
    private bool _isRunning;

    /// <summary>Puts an event behind the others. From any thread, under any lock.</summary>
    public void Add(IEventTarget target, EventKind kind, object? argument = null, in RTCMessage message = default)
    {
        lock (_gate)
        {
            _items.AddLast(new Item(target, kind, argument, message));
            Start();
        }
    }

    /// <summary>Puts messages that have waited for a handler before the end of their channel, which may wait to be raised already.</summary>
    public void AddMessages(IEventTarget target, List<RTCMessage> messages)
    {
        if (messages.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            bool isPlaced = false;
            for (int i = _items.Count; i > 0; i--)
            {
                _items.TryTakeFirst(out Item item);
                if (!isPlaced && item.Target == target && item.Kind >= EventKind.Error)
                {
                    isPlaced = true;
                    Place();
                }

                _items.AddLast(item);
            }

            if (!isPlaced)
            {
                Place();
            }

            Start();
        }

        void Place() => messages.ForEach(message => _items.AddLast(new Item(target, EventKind.Message, null, message)));
    }

    /// <summary>Raises what waits, where handlers run on the loop's thread: by that, outside of every lock.</summary>
    public void RunInline()
    {
        if (isInline)
        {
            Run();
        }
    }

    void IThreadPoolWorkItem.Execute() => Run();

    private void Start()
    {
        if (!_isRunning && !isInline)
        {
            _isRunning = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Run()
    {
        while (true)
        {
            Item item;
            lock (_gate)
            {
                if (!_items.TryTakeFirst(out item))
                {
                    _isRunning = false;
                    return;
                }
            }

            try
            {
                item.Target.Raise(item.Kind, item.Argument, item.Message);
            }
#pragma warning disable CA1031 // As in a browser: what a handler throws is told, and stops neither the others nor the connection.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogMessages.HandlerFailed(logger, exception, item.Kind);
            }
        }
    }

    private readonly record struct Item(IEventTarget Target, EventKind Kind, object? Argument, RTCMessage Message);
}
