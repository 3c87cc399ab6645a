using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Braid.Sockets;
using Braid.WebRtc.Dcep;
using Microsoft.Extensions.Logging;

namespace Braid.WebRtc;

/// <summary>
/// The channels of a connection: owns which there are, which numbers they have, which of the peer's nobody took yet, and which hold up messages
/// because there is no room for them.
/// </summary>
/// <param name="host">The connection.</param>
/// <param name="api">What the application knows it as.</param>
/// <param name="gate">Its lock.</param>
/// <param name="logger">Hears of channels.</param>
/// <param name="id">The connection's number in the log.</param>
internal sealed class ConnectionChannels(ConnectionHost host, RTCPeerConnection api, Lock gate, ILogger logger, long id)
{
    private const int MostUntaken = 1024;                    // channels that were closed before anybody took them

    private readonly HashSet<ushort> _ids = [];              // of channels that are there; guarded by the gate

    // Written only by the loop.
    private readonly HashSet<ChannelHost> _all = [];
    private readonly HashSet<ChannelHost> _holding = [];
    private int _closedCount;

    /// <summary>Channels of the peer that nobody took yet, where they are not raised as events.</summary>
    public WaitQueue<RTCDataChannel> Accepted { get; } = new(gate);

    /// <summary>Whether channels of the peer are raised as events. Guarded by the gate.</summary>
    public bool IsRaising { get; private set; }

    /// <summary>The channels of now. On the loop.</summary>
    public IReadOnlyCollection<ChannelHost> All => _all;

    /// <summary>The W3C's createDataChannel.</summary>
    public ChannelHost Create(string label, RTCDataChannelInit? init)
    {
        host.ThrowIfClosed();
        if (!ChannelArguments.TryCheck(label, init, out ChannelOptions? options, out RTCError error))
        {
            throw new RTCException(error);
        }

        var channel = new ChannelHost(host, gate, options);
        if (options.NegotiatedId is { } number)
        {
            lock (gate)
            {
                if (!_ids.Add(number))
                {
                    throw new RTCException(RTCError.Operation($"The id {number} is in use."));
                }
            }
        }

        host.Post(new Order(
            (core, now) =>
            {
                _all.Add(channel);
                channel.OnCreated(core.CreateChannel(now, label, init, out Channel? created), created);
            },
            error => channel.OnClosed(error.Error, isKnown: false)));
        return channel;
    }

    /// <summary>From now on channels of the peer are raised as events.</summary>
    public void Raise()
    {
        lock (gate)
        {
            IsRaising = true;
            while (Accepted.TryDequeue(out RTCDataChannel? channel))
            {
                host.Events.Add(api, EventKind.DataChannel, channel);
                channel.Host.TellAgain();
            }
        }

        host.Wake();                                              // where handlers run on the loop, it has to come by
    }

    /// <summary>The core tells of a channel. On the loop.</summary>
    public void OnChange(ChannelEvent change, ref DecidedWaiters decided)
    {
        if (change is ChannelEvent.Announced announced)
        {
            OnAnnounced(announced.Channel, ref decided);
            return;
        }

        if (change.Channel.Tag is not ChannelHost channel)
        {
            return;
        }

        switch (change)
        {
            case ChannelEvent.Opened:
                channel.OnOpened(change.Channel);
                Claim(channel);
                Meters.OnChannelOpened();
                LogMessages.ChannelChanged(logger, id, channel.Id ?? -1, channel.Options.Label, RTCDataChannelState.Open);
                break;
            case ChannelEvent.Closing:
                channel.OnClosing();
                break;
            case ChannelEvent.Closed closed:
                channel.OnClosed(closed.Error);
                break;
        }
    }

    /// <summary>A channel has something that waits for room in <see cref="ConnectionHost.Parts"/>. On the loop.</summary>
    public void OnHolding(ChannelHost channel) => _holding.Add(channel);

    /// <summary>There may be room for parts of messages again. On the loop.</summary>
    public void Resume(ref DecidedWaiters decided)
    {
        if (_holding.Count == 0 || host.Parts.IsFull)
        {
            return;
        }

        foreach (ChannelHost channel in _holding.ToArray())
        {
            if (channel.Resume(ref decided))
            {
                _holding.Remove(channel);
            }
        }
    }

    /// <summary>A channel is no more. On the loop.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="isKnown">Whether it was one; else this is any thread.</param>
    public void OnClosed(ChannelHost channel, bool isKnown)
    {
        if (isKnown)
        {
            _all.Remove(channel);
            _holding.Remove(channel);
            ForgetUntaken();
        }

        if (channel.Id is { } number)
        {
            lock (gate)
            {
                _ids.Remove(number);
            }
        }

        Meters.OnChannelClosed(channel);
        LogMessages.ChannelChanged(logger, id, channel.Id ?? -1, channel.Options.Label, RTCDataChannelState.Closed);
    }

    /// <summary>The connection has come to its end. On the loop.</summary>
    public void CloseAll(RTCError error)
    {
        foreach (ChannelHost channel in _all.ToArray())
        {
            channel.OnClosed(error);
        }
    }

    private void OnAnnounced(Channel core, ref DecidedWaiters decided)
    {
        var channel = new ChannelHost(host, gate, core.Options, core);
        _all.Add(channel);
        Claim(channel);
        lock (gate)
        {
            if (IsRaising)
            {
                host.Events.Add(api, EventKind.DataChannel, channel.Api);
            }
            else
            {
                Accepted.TryEnqueue(channel.Api, ref decided);
            }
        }
    }

    private void Claim(ChannelHost channel)
    {
        if (channel.Id is { } number)
        {
            lock (gate)
            {
                _ids.Add(number);
            }
        }
    }

    // A peer that opens and closes channels which nobody accepts takes no more memory than one that leaves them open.
    private void ForgetUntaken()
    {
        if (++_closedCount % MostUntaken == 0)
        {
            Accepted.TakeWhere(static channel => channel is { ReadyState: RTCDataChannelState.Closed, Host.Messages.Count: 0 });
        }
    }
}
