using System;
using System.Runtime.InteropServices;
using System.Threading;
using Braid.Core;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>Gets what a <see cref="UdpPort"/> receives.</summary>
internal interface IUdpReceiver
{
    /// <summary>Datagrams have come. The batch is the caller's.</summary>
    void OnReceived(UdpPort port, DatagramBatch batch);

    /// <summary>Runs something where <see cref="OnReceived"/> is called.</summary>
    void Post(Action<Instant> action);

    /// <summary>A bug of ours, or the system's refusal.</summary>
    void OnFault(Exception exception);
}

/// <summary>A UDP socket at one of this host's addresses: so a datagram's local address is known without asking for it.</summary>
internal sealed class UdpPort : IPolledSocket
{
    private readonly UdpTransport _transport;
    private readonly PollThread? _thread;
    private readonly IUdpReceiver _receiver;
    private readonly ReceivedBatches? _received;
    private readonly Lock _sending = new();
    private volatile bool _isClosed;

    /// <param name="transport">Bound; the port's from now on.</param>
    /// <param name="thread">Waits for it; null where the system has no such thing.</param>
    /// <param name="receiver">Gets what it receives, on that thread, else where the receiver runs what is posted.</param>
    public UdpPort(UdpTransport transport, PollThread? thread, IUdpReceiver receiver)
    {
        _transport = transport;
        _receiver = receiver;
        _thread = transport.IsForPollThread ? thread : null;
        Local = transport.LocalEndPoints[0].ToNetworkAddress();
        _received = _thread is null ? new ReceivedBatches(transport) : null;
    }

    /// <summary>Where it is bound.</summary>
    public NetworkAddress Local { get; }

    /// <summary>Whether it tells and sets the bits of ECN.</summary>
    public bool CarriesEcn => _transport.CarriesEcn;

    /// <inheritdoc/>
    public long PollKey { get; set; }

    /// <inheritdoc/>
    public bool IsUnwatched { get; set; }

    /// <inheritdoc/>
    public SafeHandle Handle => _transport.Socket.SafeHandle;

    /// <inheritdoc/>
    public bool IsClosed => _isClosed;

    /// <summary>Begins to receive.</summary>
    public void Start()
    {
        if (_thread is not null)
        {
            _thread.Add(this);
        }
        else
        {
            _ = _received!.PumpAsync(_transport, () => _receiver.Post(_ => TakeReceived()), _receiver.OnFault);
        }
    }

    /// <summary>Sends datagrams. What cannot be sent now counts as lost.</summary>
    public void Send(DatagramBatch batch)
    {
        if (_thread is not null)
        {
            _transport.Send(batch);
            return;
        }

        lock (_sending)                                      // on the pool peers of a shared port send at once
        {
            _transport.Send(batch);
        }
    }

    /// <inheritdoc/>
    public bool OnReadable()
    {
        if (!_isClosed && _transport.TryReceive() is { } batch)
        {
            try
            {
                _receiver.OnReceived(this, batch);
            }
            finally
            {
                DatagramBatch.Return(batch);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void OnRefused() => _receiver.OnFault(new InvalidOperationException("The system cannot wait for more sockets."));

    /// <summary>Closes it. Where it receives only.</summary>
    public void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _thread?.Remove(this);
            _transport.Dispose();
        }
    }

    private void TakeReceived()
    {
        while (_received!.TryTake(out (DatagramBatch Batch, SemaphoreSlim? Slots) received))
        {
            try
            {
                if (!_isClosed)
                {
                    _receiver.OnReceived(this, received.Batch);
                }
            }
            finally
            {
                ReceivedBatches.Return(received);
            }
        }
    }
}
