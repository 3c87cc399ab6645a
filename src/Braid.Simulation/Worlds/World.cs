using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>Sees every datagram that a machine sends.</summary>
/// <param name="now">The current instant.</param>
/// <param name="from">Who sends it.</param>
/// <param name="datagram">Its bytes.</param>
/// <param name="isLost">Whether the link loses it.</param>
public delegate void DatagramObserver(Instant now, SimulatedNode from, ReadOnlySpan<byte> datagram, bool isLost);

/// <summary>A machine in a world, with the link that leads away from it.</summary>
public sealed class SimulatedNode
{
    internal SimulatedNode(string name, NetworkAddress address, IDatagramMachine machine, SimulatedLink outgoing)
    {
        Name = name;
        Address = address;
        Machine = machine;
        Outgoing = outgoing;
    }

    /// <summary>What traces call it.</summary>
    public string Name { get; }

    /// <summary>Its address.</summary>
    public NetworkAddress Address { get; }

    /// <summary>The protocol.</summary>
    public IDatagramMachine Machine { get; }

    /// <summary>Where its datagrams go.</summary>
    public SimulatedLink Outgoing { get; }

    /// <summary>Called after the machine was drained of datagrams: reads messages and events, and may send.</summary>
    public Action<Instant>? Application { get; set; }
}

/// <summary>
/// The whole simulator: machines, links between them and virtual time. No clock, no thread: every step goes to the earliest
/// thing that is to happen. The same seed and the same calls give the same run, datagram for datagram.
/// </summary>
/// <param name="seed">Decides all that chance decides.</param>
public sealed class World(ulong seed)
{
    private readonly SeededRandom _random = new(seed);
    private readonly List<SimulatedNode> _nodes = [];
    private readonly byte[] _buffer = new byte[65536];

    /// <summary>Virtual time. Begins at one second, so that "never happened" is a time of its own.</summary>
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>A random source of its own for a machine or a load.</summary>
    public IRandomSource NewRandom() => _random.Fork();

    /// <summary>Sees every datagram.</summary>
    public DatagramObserver? Observer { get; set; }

    /// <summary>Datagrams on all links.</summary>
    public int OnTheWay
    {
        get
        {
            int count = 0;
            foreach (SimulatedNode node in _nodes)
            {
                count += node.Outgoing.Count;
            }

            return count;
        }
    }

    /// <summary>The earliest thing that is to happen.</summary>
    public Instant NextEvent
    {
        get
        {
            Instant next = Instant.Never;
            foreach (SimulatedNode node in _nodes)
            {
                next = Instant.Min(next, Instant.Min(node.Machine.NextTimeout, node.Outgoing.NextArrival));
            }

            return next;
        }
    }

    /// <summary>Adds a machine.</summary>
    /// <param name="name">What traces call it.</param>
    /// <param name="address">Where it lives: datagrams to this address reach it.</param>
    /// <param name="machine">The protocol.</param>
    /// <param name="outgoing">What happens to the datagrams that it sends.</param>
    public SimulatedNode Add(string name, in NetworkAddress address, IDatagramMachine machine, LinkModel outgoing)
    {
        var node = new SimulatedNode(name, address, machine, new SimulatedLink(outgoing, _random.Fork()));
        _nodes.Add(node);
        return node;
    }

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

    /// <summary>Takes all faults away: from now on everything must come to its end.</summary>
    public void Heal()
    {
        foreach (SimulatedNode node in _nodes)
        {
            node.Outgoing.Model = node.Outgoing.Model.Healed();
            node.Outgoing.Filter = null;
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
        foreach (SimulatedNode node in _nodes)
        {
            while (node.Outgoing.TryReceive(Now, out NetworkPath path, out ReadOnlyMemory<byte> datagram))
            {
                if (Find(path.Remote) is { } receiver)
                {
                    receiver.Machine.HandleDatagram(Now, new NetworkPath(path.Remote, path.Local), datagram.Span);
                    DrainDatagrams(receiver);                // packets that arrive together are answered one by one all the same
                }
            }
        }

        foreach (SimulatedNode node in _nodes)
        {
            node.Machine.HandleTimeout(Now);
        }
    }

    private bool DrainDatagrams(SimulatedNode node)
    {
        bool any = false;
        while (node.Machine.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
        {
            any = true;
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, datagram.Length);
            bool isSent = node.Outgoing.Send(Now, new NetworkPath(node.Address, datagram.Path.Remote), bytes);
            Observer?.Invoke(Now, node, bytes, !isSent);
        }

        return any;
    }

    private SimulatedNode? Find(in NetworkAddress address)
    {
        foreach (SimulatedNode node in _nodes)
        {
            if (node.Address == address)
            {
                return node;
            }
        }

        return null;
    }
}
