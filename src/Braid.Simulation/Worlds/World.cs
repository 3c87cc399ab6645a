using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>Sees datagrams.</summary>
/// <param name="now">The current instant.</param>
/// <param name="node">Who sends it, or whom it reaches.</param>
/// <param name="path">From where to where, as the network sees it.</param>
/// <param name="datagram">Its bytes.</param>
/// <param name="isLost">Whether the link loses it.</param>
public delegate void DatagramObserver(Instant now, SimulatedNode node, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost);

/// <summary>
/// The whole simulator: machines, links between them and virtual time. No clock, no thread: every step goes to the earliest
/// thing that is to happen. The same seed and the same calls give the same run, datagram for datagram.
/// </summary>
/// <param name="seed">Decides all that chance decides.</param>
public sealed class World(ulong seed)
{
    private readonly SeededRandom _random = new(seed);
    private readonly List<SimulatedNode> _nodes = [];
    private readonly PriorityQueue<Action, (Instant Due, long Number)> _planned = new();
    private readonly byte[] _buffer = new byte[65536];
    private long _number;

    /// <summary>Virtual time. Begins at one second, so that "never happened" is a time of its own.</summary>
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>Its machines.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>A random source of its own for a machine or a load.</summary>
    public IRandomSource NewRandom() => _random.Fork();

    /// <summary>Sees every datagram that is sent.</summary>
    public DatagramObserver? Sent { get; set; }

    /// <summary>Sees every datagram that arrives, before its receiver does.</summary>
    public DatagramObserver? Arrived { get; set; }

    /// <summary>Datagrams on all links.</summary>
    public int OnTheWay
    {
        get
        {
            int count = 0;
            foreach (SimulatedNode node in _nodes)
            {
                for (int i = 0; i < node.Links.Count; i++)
                {
                    count += node.Links[i].Count;
                }
            }

            return count;
        }
    }

    /// <summary>The earliest thing that is to happen.</summary>
    public Instant NextEvent
    {
        get
        {
            Instant next = _planned.TryPeek(out _, out (Instant Due, long Number) planned) ? planned.Due : Instant.Never;
            foreach (SimulatedNode node in _nodes)
            {
                next = Instant.Min(next, node.Machine.NextTimeout);
                for (int i = 0; i < node.Links.Count; i++)
                {
                    next = Instant.Min(next, node.Links[i].NextArrival);
                }
            }

            return next;
        }
    }

    /// <summary>Adds a machine.</summary>
    /// <param name="name">What traces call it.</param>
    /// <param name="address">Where it lives: datagrams to this address reach it.</param>
    /// <param name="machine">The protocol.</param>
    /// <param name="outgoing">What happens to the datagrams that it sends.</param>
    public SimulatedNode Add(string name, in NetworkAddress address, IDatagramMachine machine, LinkModel outgoing) =>
        Add(name, [address], machine, outgoing);

    /// <summary>Adds a machine that has several addresses.</summary>
    /// <param name="name">What traces call it.</param>
    /// <param name="addresses">Where it lives; all with the same UDP port.</param>
    /// <param name="machine">The protocol.</param>
    /// <param name="outgoing">What happens to the datagrams that it sends.</param>
    public SimulatedNode Add(string name, ReadOnlySpan<NetworkAddress> addresses, IDatagramMachine machine, LinkModel outgoing)
    {
        var node = new SimulatedNode(name, addresses, machine, new SimulatedLink(outgoing, _random.Fork()));
        _nodes.Add(node);
        return node;
    }

    /// <summary>Gives the datagrams from a machine to one address a link of their own.</summary>
    public SimulatedLink Connect(SimulatedNode from, in NetworkAddress to, LinkModel model) =>
        Connect(from, to, new SimulatedLink(model, _random.Fork()));

    /// <summary>Gives them a link that they share with the datagrams of other machines: a bottleneck.</summary>
    public static SimulatedLink Connect(SimulatedNode from, in NetworkAddress to, SimulatedLink link)
    {
        ArgumentNullException.ThrowIfNull(from);
        from.SetLink(to, link);
        return link;
    }

    /// <summary>Links one address of a machine with another machine's: only from there are datagrams to it not lost, unless others are linked with it as well.</summary>
    /// <param name="from">The machine.</param>
    /// <param name="local">Its address.</param>
    /// <param name="to">The other machine's address.</param>
    /// <param name="model">What happens to the datagrams.</param>
    public SimulatedLink Connect(SimulatedNode from, in NetworkAddress local, in NetworkAddress to, LinkModel model)
    {
        ArgumentNullException.ThrowIfNull(from);
        var link = new SimulatedLink(model, _random.Fork());
        from.SetLink(local, to, link);
        return link;
    }

    /// <summary>Lets something happen at an instant.</summary>
    public void Plan(Instant at, Action action) => _planned.Enqueue(action, (at, _number++));

    /// <summary>Takes what the machines have to send now, and lets their applications look at them.</summary>
    public void Drain()
    {
        bool again = true;
        while (again)
        {
            again = false;
            foreach (SimulatedNode node in _nodes)
            {
                again |= DrainDatagrams(node);
                node.Application?.Invoke(Now);
                again |= DrainDatagrams(node);
            }
        }
    }

    /// <summary>Goes to the earliest thing that is to happen and lets it happen.</summary>
    /// <returns>False when nothing will ever happen any more.</returns>
    public bool Step()
    {
        Drain();
        Instant next = NextEvent;
        if (next.IsNever)
        {
            return false;
        }

        AdvanceTo(next);
        return true;
    }

    /// <summary>Steps until a condition holds.</summary>
    /// <param name="condition">Looked at after each step.</param>
    /// <param name="limit">Virtual time that it may take.</param>
    /// <returns>Whether it holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Instant end = Now + limit;
        Drain();
        while (!condition())
        {
            if (NextEvent > end || !Step())
            {
                return condition();
            }

            Drain();
        }

        return true;
    }

    /// <summary>Lets time pass, and all that happens in it.</summary>
    public void Advance(TimeSpan time)
    {
        Instant end = Now + time;
        Drain();
        while (NextEvent <= end)
        {
            Step();
            Drain();
        }

        AdvanceTo(end);
        Drain();
    }

    /// <summary>Takes all faults of the links away: from now on everything must come to its end.</summary>
    public void Heal()
    {
        foreach (SimulatedNode node in _nodes)
        {
            foreach (SimulatedLink link in node.Links)
            {
                link.Model = link.Model.Healed();
                link.Filter = null;
                link.IsDown = false;
            }
        }
    }

    /// <summary>Puts a datagram before a machine, as if it had just arrived.</summary>
    public void Inject(SimulatedNode to, in NetworkAddress from, ReadOnlySpan<byte> datagram)
    {
        ArgumentNullException.ThrowIfNull(to);
        to.Machine.HandleDatagram(Now, new NetworkPath(to.Address, from), datagram);
    }

    private void AdvanceTo(Instant instant)
    {
        Now = Instant.Max(Now, instant);
        while (_planned.TryPeek(out Action? action, out (Instant Due, long Number) planned) && planned.Due <= Now)
        {
            _planned.Dequeue();
            action();
        }

        foreach (SimulatedNode node in _nodes)
        {
            for (int i = 0; i < node.Links.Count; i++)
            {
                while (node.Links[i].TryReceive(Now, out NetworkPath path, out ReadOnlyMemory<byte> datagram, out EcnCodepoint ecn))
                {
                    Deliver(path, datagram.Span, ecn);
                }
            }
        }

        foreach (SimulatedNode node in _nodes)
        {
            node.Machine.HandleTimeout(Now);
        }
    }

    private void Deliver(in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        foreach (SimulatedNode node in _nodes)
        {
            if (node.TryGetLocal(path.Remote, out NetworkAddress local))
            {
                Arrived?.Invoke(Now, node, path, datagram, false);
                node.Machine.HandleDatagram(Now, new NetworkPath(local, path.Local), datagram, ecn);
                DrainDatagrams(node);                        // packets that arrive together are answered one by one all the same
                return;
            }
        }
    }

    private bool DrainDatagrams(SimulatedNode node)
    {
        bool any = false;
        while (node.Machine.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
        {
            any = true;
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, datagram.Length);
            var path = new NetworkPath(node.SourceFor(datagram.Path.Local), datagram.Path.Remote);
            bool isSent = node.LinkFor(path)?.Send(Now, path, bytes, datagram.MayBeFragmented, datagram.Ecn) == true;
            Sent?.Invoke(Now, node, path, bytes, !isSent);
        }

        return any;
    }
}
