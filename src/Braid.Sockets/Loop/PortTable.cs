using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Threading;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// SCTP ports of one stack: how many use each, and who takes what peers set up on it. Kept beside the endpoint's own
/// table because it is asked from any thread, before anything of it exists there.
/// </summary>
internal sealed class PortTable
{
    private const int FirstEphemeral = 49152;
    private const int EphemeralCount = ushort.MaxValue + 1 - FirstEphemeral;

    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, int> _uses = [];
    private readonly Dictionary<ushort, (Action<Association> OnAccepted, Action? OnClosed)> _acceptors = [];

    /// <summary>Ports that somebody takes associations on.</summary>
    public ushort[] Accepting
    {
        get
        {
            lock (_gate)
            {
                return [.. _acceptors.Keys];
            }
        }
    }

    /// <summary>Begins to use a port, as others may; or finds one that nobody uses.</summary>
    /// <param name="port">The port; 0 to choose one.</param>
    /// <exception cref="SctpException">There is none that nobody uses.</exception>
    public ushort Use(ushort port)
    {
        lock (_gate)
        {
            port = port == 0 ? Choose() : port;
            _uses[port] = _uses.GetValueOrDefault(port) + 1;
            return port;
        }
    }

    /// <summary>Begins to use a port and to take what peers set up on it.</summary>
    /// <param name="port">The port; 0 to choose one.</param>
    /// <param name="onAccepted">Called on the loop, for what is new and for what a peer has begun anew.</param>
    /// <param name="onClosed">Called on the loop when the stack is disposed under it.</param>
    /// <exception cref="SctpException">Somebody else takes it, or there is none that nobody uses.</exception>
    public ushort UseToAccept(ushort port, Action<Association> onAccepted, Action? onClosed = null)
    {
        lock (_gate)
        {
            port = port == 0 ? Choose() : port;
            if (!_acceptors.TryAdd(port, (onAccepted, onClosed)))
            {
                throw new SctpException(SctpError.AddressUnavailable, $"Cannot use SCTP port {port}: it is in use on this stack.");
            }

            return Use(port);
        }
    }

    /// <summary>Ends a use.</summary>
    public void Release(ushort port)
    {
        lock (_gate)
        {
            if (--_uses[port] == 0)
            {
                _uses.Remove(port);
            }
        }
    }

    /// <summary>Ends <see cref="UseToAccept"/>.</summary>
    /// <returns>What wants to know when that was not its own wish.</returns>
    public Action? StopAccepting(ushort port)
    {
        lock (_gate)
        {
            if (!_acceptors.Remove(port, out (Action<Association> OnAccepted, Action? OnClosed) acceptor))
            {
                return null;
            }

            Release(port);
            return acceptor.OnClosed;
        }
    }

    /// <summary>Who takes what is set up on a port.</summary>
    public bool TryFindAcceptor(ushort port, [NotNullWhen(true)] out Action<Association>? onAccepted)
    {
        lock (_gate)
        {
            onAccepted = _acceptors.TryGetValue(port, out (Action<Association> OnAccepted, Action? OnClosed) acceptor) ? acceptor.OnAccepted : null;
            return onAccepted is not null;
        }
    }

    // Under the lock.
    private ushort Choose()
    {
        int first = RandomNumberGenerator.GetInt32(EphemeralCount);
        for (int i = 0; i < EphemeralCount; i++)
        {
            var port = (ushort)(FirstEphemeral + ((first + i) % EphemeralCount));
            if (!_uses.ContainsKey(port))
            {
                return port;
            }
        }

        throw new SctpException(SctpError.AddressUnavailable, $"All SCTP ports from {FirstEphemeral} are in use on this stack.");
    }
}
