using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>
/// The stacks over IP and over UDP, one for each list of addresses that sockets are bound to. They are opened when somebody needs them, and
/// live until the library ends.
/// </summary>
/// <param name="udpPort">Our UDP port (RFC 6951); 0 for none, and then everything goes over IP itself.</param>
/// <param name="options">Options of each.</param>
internal sealed class IpStacks(ushort udpPort, SctpStackOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SctpStack> _stacks = [];

    /// <summary>Our UDP port; 0 for none.</summary>
    public ushort UdpPort => udpPort;

    /// <summary>Associations that live on them.</summary>
    public int AssociationCount
    {
        get
        {
            lock (_gate)
            {
                return _stacks.Values.Sum(static stack => stack.AssociationCount);
            }
        }
    }

    /// <summary>What was not used on each, and why.</summary>
    public IReadOnlyList<DropCounters> Drops
    {
        get
        {
            lock (_gate)
            {
                return [.. _stacks.Values.Select(static stack => stack.Loop.Endpoint.Drops)];
            }
        }
    }

    /// <summary>Whether an association lives on any of them.</summary>
    public bool AreBusy => AssociationCount > 0;

    /// <summary>The stack over UDP for some addresses.</summary>
    /// <param name="locals">The addresses; none for all.</param>
    /// <exception cref="RefusedException">It cannot be had.</exception>
    public SctpStack Udp(IReadOnlyList<IPAddress> locals) => udpPort == 0
        ? throw new RefusedException(Errno.AddressNotAvailable)
        : Open($"udp {Key(locals)}", "udp ", () => SctpStack.OpenUdp([.. OrAll(locals).Select(local => new IPEndPoint(local, udpPort))], options));

    /// <summary>The stack over IP itself for some addresses.</summary>
    /// <inheritdoc cref="Udp"/>
    public SctpStack Raw(IReadOnlyList<IPAddress> locals) => Open($"raw {Key(locals)}", "raw ", () => SctpStack.OpenRawIp([.. OrAll(locals)], options));

    /// <summary>All stacks that can be had for some addresses.</summary>
    public IReadOnlyList<SctpStack> All(IReadOnlyList<IPAddress> locals)
    {
        var all = new List<SctpStack>(2);
        foreach (Func<IReadOnlyList<IPAddress>, SctpStack> open in new Func<IReadOnlyList<IPAddress>, SctpStack>[] { Udp, Raw })
        {
            try
            {
                all.Add(open(locals));
            }
            catch (RefusedException)
            {
                // Without the privilege, or without UDP, the other one is what there is.
            }
        }

        return all.Count > 0 ? all : throw new RefusedException(Errno.AddressNotAvailable);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (SctpStack stack in _stacks.Values)
            {
                Statistics.Keep(stack.Loop.Endpoint.Drops);
                stack.DisposeAsync().AsTask().Wait();
            }

            _stacks.Clear();
        }
    }

    private static string Key(IReadOnlyList<IPAddress> locals) => string.Join(' ', locals.Select(static local => local.ToString()).Order(StringComparer.Ordinal));

    private static IReadOnlyList<IPAddress> OrAll(IReadOnlyList<IPAddress> locals) => locals.Count > 0 ? locals : [IPAddress.IPv6Any];

    private SctpStack Open(string key, string kind, Func<SctpStack> open)
    {
        lock (_gate)
        {
            // Where there is one for all addresses, no socket can be bound to one of them beside it.
            if (_stacks.TryGetValue(key, out SctpStack? stack) || _stacks.TryGetValue(kind, out stack))
            {
                return stack;
            }

            try
            {
                stack = open();
            }
            catch (SctpException exception)
            {
                throw new RefusedException(Errno.Of(exception));
            }

            stack.Loop.Observe(Statistics.Count);
            _stacks.Add(key, stack);
            return stack;
        }
    }
}
