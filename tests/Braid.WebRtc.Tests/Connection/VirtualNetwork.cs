using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Simulation;
using Braid.WebRtc.Network;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Tests.Connection;

/// <summary>
/// A network in memory with a time of its own, in which connections live: one address each, every datagram takes 5 ms. It runs on the thread
/// that waits (<see cref="Wait(Task)"/>), and time passes only while that has nothing else to do.
/// </summary>
#pragma warning disable CA1001 // Its event is used as long as the test runs.
internal sealed class VirtualNetwork
#pragma warning restore CA1001
{
    private const int MostWaits = 1000;                      // of a millisecond

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly List<Node> _nodes = [];
    private readonly PriorityQueue<(Node To, NetworkPath Path, byte[] Bytes), (Instant At, long Order)> _wire = new();
    private readonly AutoResetEvent _woken = new(false);
    private readonly byte[] _buffer = new byte[65507];
    private long _order;

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>Whether a datagram is lost; nobody by default.</summary>
    public Func<NetworkPath, int, bool> Loses { get; set; } = static (_, _) => false;

    /// <summary>A connection in it.</summary>
    /// <param name="change">Changes its configuration.</param>
    /// <param name="isWrongCertificate">Whether it shows another certificate than its description says.</param>
    public RTCPeerConnection Connect(Func<RTCConfiguration, RTCConfiguration>? change = null, bool isWrongCertificate = false)
    {
        int number = _nodes.Count + 1;
        var certificate = RTCCertificate.Generate();
        byte[] shown = isWrongCertificate ? Encoding.ASCII.GetBytes("another one") : certificate.Dtls.RawData.ToArray();
        var configuration = new RTCConfiguration
        {
            Certificate = certificate,
            Sessions = (role, fingerprints) => new TransparentSession(role, shown, fingerprints),
            Random = new SeededRandom((ulong)number),
            Driver = (core, application) =>
            {
                var node = new Node(this, core, application, NetworkAddress.FromIPv4([10, 0, 0, (byte)number], 5000));
                _nodes.Add(node);
                return node;
            },
        };
        return new RTCPeerConnection(change is null ? configuration : change(configuration));
    }

    /// <summary>Two connections, and a channel between them.</summary>
    public (RTCPeerConnection A, RTCPeerConnection B, RTCDataChannel Channel, RTCDataChannel Other) Open(
        Func<RTCConfiguration, RTCConfiguration>? changeA = null,
        Func<RTCConfiguration, RTCConfiguration>? changeB = null,
        RTCDataChannelInit? init = null,
        Func<string, string>? changeAnswer = null)
    {
        RTCPeerConnection a = Connect(changeA);
        RTCPeerConnection b = Connect(changeB);
        RTCDataChannel channel = a.CreateDataChannel("chat", init);
        Wait(a.WithAsync(b, changeAnswer));
        Wait(channel.Opened);
        return (a, b, channel, Wait(b.AcceptDataChannelAsync()));
    }

    public void Close(params RTCPeerConnection[] connections)
    {
        foreach (RTCPeerConnection connection in connections)
        {
            Wait(connection.DisposeAsync());
        }
    }

    /// <summary>Lets the network run until a task is done.</summary>
    public void Wait(Task task)
    {
        Instant end = Now + s_patience;
        int waits = 0;
        while (!task.IsCompleted)
        {
            if (RunWoken())
            {
                continue;
            }

            // Somebody on another thread may be about to do something: time stands still for a moment.
            if (!IsWokenBefore(NextAt() - Now) && !task.IsCompleted)
            {
                Assert.True(Now < end, "Nothing came of it in five minutes of the network's time.");
                Assert.True(Advance() || waits++ < 1000, "Nothing will ever happen.");
            }
        }

        task.GetAwaiter().GetResult();
    }

    public T Wait<T>(Task<T> task)
    {
        Wait((Task)task);
        return task.Result;
    }

    public void Wait(ValueTask task) => Wait(task.AsTask());

    public T Wait<T>(ValueTask<T> task) => Wait(task.AsTask());

    /// <summary>Lets so much time pass.</summary>
    public void Pass(TimeSpan time)
    {
        Instant end = Now + time;
        while (Now < end)
        {
            while (RunWoken() || _woken.WaitOne(TimeSpan.FromMilliseconds(1)))
            {
            }

            Advance(end);
        }
    }

    private bool RunWoken()
    {
        bool any = false;
        foreach (Node node in _nodes.ToArray())
        {
            any |= node.RunIfWoken();
        }

        return any;
    }

    private bool IsWokenBefore(TimeSpan leap)
    {
        if (_woken.WaitOne(PauseBefore(leap)))
        {
            return true;
        }

        // What is in the pool's queue may be what we wait for.
        for (int i = 0; i < MostWaits && leap > s_far && ThreadPool.PendingWorkItemCount > 0; i++)
        {
            if (_woken.WaitOne(TimeSpan.FromMilliseconds(1)))
            {
                return true;
            }
        }

        return false;
    }

    // The further the leap, the longer somebody on a busy machine has for what he is about to do.
    private static TimeSpan PauseBefore(TimeSpan leap) => TimeSpan.FromMilliseconds(leap.TotalSeconds switch { > 5 => 200, > 0.1 => 25, _ => 2 });

    private Instant NextAt()
    {
        Instant next = _nodes.Aggregate(Instant.Never, static (least, node) => Instant.Min(least, node.NextDeadline));
        return _wire.TryPeek(out _, out (Instant At, long Order) first) ? Instant.Min(next, first.At) : next;
    }

    private bool Advance(Instant? most = null)
    {
        Instant next = Instant.Min(most ?? Instant.Never, NextAt());
        if (next == Instant.Never)
        {
            return false;
        }

        Now = Instant.Max(Now, next);
        while (_wire.TryPeek(out _, out (Instant At, long Order) first) && first.At <= Now)
        {
            (Node to, NetworkPath path, byte[] bytes) = _wire.Dequeue();
            to.Receive(path, bytes);
        }

        _nodes.ForEach(static node => node.RunIfDue());
        return true;
    }

    private void Carry(in NetworkPath path, ReadOnlySpan<byte> datagram)
    {
        NetworkAddress remote = path.Remote;
        if (_nodes.Find(node => node.Address == remote) is { } to && !Loses(path, datagram.Length))
        {
            _wire.Enqueue((to, new NetworkPath(remote, path.Local), datagram.ToArray()), (Now + s_delay, _order++));
        }
    }

    private sealed class Node(VirtualNetwork network, PeerCore core, IPeerApplication application, NetworkAddress address) : IPeerDriver
    {
        private int _isWoken;
        private bool _isFreed;

        public NetworkAddress Address => address;

        public Instant Now => network.Now;

        public Instant NextDeadline => _isFreed ? Instant.Never : core.NextDeadline;

        public void Wake()
        {
            Volatile.Write(ref _isWoken, 1);
            network._woken.Set();
        }

        public bool RunIfWoken()
        {
            if (_isFreed || Interlocked.Exchange(ref _isWoken, 0) == 0)
            {
                return false;
            }

            Run();
            return true;
        }

        public void RunIfDue()
        {
            if (NextDeadline <= network.Now)
            {
                core.OnTimer(network.Now);
                Run();
            }
        }

        public void Receive(in NetworkPath path, byte[] bytes)
        {
            if (!_isFreed)
            {
                core.Receive(network.Now, Ice.IceTransport.Udp, path, bytes);
                Run();
            }
        }

        private void Run()
        {
            Instant now = network.Now;
            application.OnWork(now);
            for (bool any = true; any;)
            {
                any = false;
                while (core.TryTake(now, out PeerOutput output))
                {
                    any = true;
                    if (output.Event is PeerEvent.GatheringWanted)
                    {
                        core.AddHostCandidate(now, address);
                        core.Gather(now);
                    }

                    application.OnOutput(now, output);
                }

                while (core.TryGetBatch(now, network._buffer, out OutgoingBatch batch))
                {
                    any = true;
                    for (int offset = 0; offset < batch.Length; offset += batch.SegmentLength)
                    {
                        network.Carry(batch.Path, network._buffer.AsSpan(offset, Math.Min(batch.SegmentLength, batch.Length - offset)));
                    }
                }
            }

            application.OnDrained(now);
            if (core.ConnectionState == RTCPeerConnectionState.Closed)
            {
                _isFreed = true;
                application.OnFreed(null);
            }
        }
    }
}
