using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>
/// The sockets of a shared port that one thread waits for, one at each address. The system spreads what comes over the shards by a hash;
/// what is for a peer of another shard is handed over. What is for nobody is counted, and neither answered nor kept.
/// </summary>
internal sealed class MuxShard(MuxTable table, PollThread? thread, TimeProvider timeProvider) : IUdpReceiver, IPolledLoop
{
    private readonly MonotonicClock _clock = new(timeProvider);
    private readonly List<UdpPort> _ports = [];
    private readonly List<PeerHost> _touched = [];           // only where it receives
    private readonly ConcurrentQueue<Action<Instant>> _commands = new();
    private int _peerCount;
    private long _unknownUsers;
    private long _unknownAddresses;
    private long _malformed;

    /// <summary>Runs it and its peers; null where the system waits for each socket by itself.</summary>
    public PollThread? Thread => thread;

    /// <summary>Its sockets.</summary>
    public IReadOnlyList<UdpPort> Ports => _ports;

    /// <summary>Peers that live on it.</summary>
    public int PeerCount => Volatile.Read(ref _peerCount);

    /// <summary>Requests whose user nobody is.</summary>
    public long UnknownUsers => Interlocked.Read(ref _unknownUsers);

    /// <summary>Datagrams from addresses that nobody sends to.</summary>
    public long UnknownAddresses => Interlocked.Read(ref _unknownAddresses);

    /// <summary>Broken STUN messages.</summary>
    public long Malformed => Interlocked.Read(ref _malformed);

    /// <inheritdoc/>
    public int DeadlineIndex { get; set; } = LoopDeadlines.NotQueued;

    /// <summary>A socket; before anything is received.</summary>
    public void Add(UdpTransport transport) => _ports.Add(new UdpPort(transport, thread, this));

    /// <summary>Begins to receive.</summary>
    public void Start() => _ports.ForEach(static port => port.Start());

    /// <summary>A peer has come.</summary>
    public MuxMembership Attach(PeerHost host)
    {
        Interlocked.Increment(ref _peerCount);
        thread?.Join();
        return new MuxMembership(host, this, table);
    }

    /// <summary>A peer has left.</summary>
    public void OnLeft() => Interlocked.Decrement(ref _peerCount);

    /// <summary>Whether a socket is one of these.</summary>
    public bool Owns(UdpPort port) => _ports.Contains(port);

    /// <summary>Whether there is a socket at an address.</summary>
    public bool IsAt(in NetworkAddress local)
    {
        foreach (UdpPort port in _ports)
        {
            if (port.Local == local)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Closes the sockets.</summary>
    public void Close(Action onClosed) => Post(_ =>
    {
        _ports.ForEach(static port => port.Close());
        thread?.Leave(this);
        onClosed();
    });

    /// <inheritdoc/>
    public void Post(Action<Instant> action)
    {
        if (thread is null)
        {
            action(_clock.Now);                              // a pump's, which takes them one after the other
            return;
        }

        _commands.Enqueue(action);
        thread.Post(this);
    }

    /// <inheritdoc/>
    public void OnPosted()
    {
        while (_commands.TryDequeue(out Action<Instant>? command))
        {
            command(_clock.Now);
        }
    }

    /// <inheritdoc/>
    public void OnDue()
    {
        // It sets no deadline: its peers have their own.
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception)
    {
        // The socket receives nothing more; its peers notice by their timers.
    }

    /// <inheritdoc/>
    public void OnReceived(UdpPort port, DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            var path = new NetworkPath(port.Local, run.Path.Remote);
            if (HasStun(batch, run))
            {
                for (int j = 0; j < run.Count; j++)
                {
                    Dispatch(path, batch.Bytes(run, j), run.Ecn);
                }
            }
            else if (table.FindRoute(path) is not { } route)
            {
                Interlocked.Add(ref _unknownAddresses, run.Count);
            }
            else if (IsHere(route.Owner))
            {
                for (int j = 0; j < run.Count; j++)
                {
                    Take(route.Owner, path, batch.Bytes(run, j), run.Ecn);
                }
            }
            else
            {
                HandOver(route.Owner, path, batch.Memory(run).Span, run.Size, run.Ecn);
            }
        }

        // All that came together for a peer was taken in: now it answers.
        foreach (PeerHost host in _touched)
        {
            host.IsTouched = false;
            host.Run();
        }

        _touched.Clear();
    }

    private static bool HasStun(DatagramBatch batch, in DatagramRun run)
    {
        for (int j = 0; j < run.Count; j++)
        {
            if (batch.Bytes(run, j) is [< 4, ..])
            {
                return true;
            }
        }

        return false;
    }

    private bool IsHere(PeerHost host) => thread is not null && host.Mux?.Shard == this;

    private void Dispatch(in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        bool isStun = StunView.LooksLikeStun(datagram);
        if (isStun && datagram[0] == 0 && datagram[1] == 1)
        {
            if (!StunView.TryRead(datagram, out StunView request) || !request.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> username))
            {
                Interlocked.Increment(ref _malformed);
            }
            else if (table.FindUser(username) is { } host)
            {
                Give(host, path, datagram, ecn);
            }
            else
            {
                Interlocked.Increment(ref _unknownUsers);
            }
        }
        else if (table.FindRoute(path) is { } route)
        {
            Give(route.Owner, path, datagram, ecn);
            foreach (PeerHost other in isStun ? route.Others : [])
            {
                Give(other, path, datagram, ecn);
            }
        }
        else
        {
            Interlocked.Increment(ref _unknownAddresses);
        }
    }

    private void Give(PeerHost host, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        if (IsHere(host))
        {
            Take(host, path, datagram, ecn);
        }
        else
        {
            HandOver(host, path, datagram, datagram.Length, ecn);
        }
    }

    private void Take(PeerHost host, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        if (!host.IsTouched)
        {
            host.IsTouched = true;
            _touched.Add(host);
        }

        host.Take(host.Now, path, datagram, ecn);
    }

    private static void HandOver(PeerHost host, in NetworkPath path, ReadOnlySpan<byte> bytes, int size, EcnCodepoint ecn)
    {
        if (bytes.IsEmpty || host.IsClosed)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        host.Forward(new Arrival(buffer, bytes.Length, size, ArrivalKind.Datagrams, path, ecn, Slot: null));
    }
}
