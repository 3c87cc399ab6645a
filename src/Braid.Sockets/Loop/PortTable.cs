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
/// <param name="filter">Lets in what is for them; null where nothing is kept out.</param>
internal sealed class PortTable(IPortFilter? filter = null)
{
    private const int FirstEphemeral = 49152;
    private const int EphemeralCount = ushort.MaxValue + 1 - FirstEphemeral;

    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, int> _uses = [];
    private readonly Dictionary<ushort, Acceptor> _acceptors = [];

    /// <summary>Begins to use a port, as others may; or finds one that nobody uses.</summary>
    /// <param name="port">The port; 0 to choose one.</param>
    /// <exception cref="SctpException">There is none that nobody uses.</exception>
    public ushort Use(ushort port)
    {
        lock (_gate)
        {
            port = port == 0 ? Choose() : port;
            if (!_uses.TryGetValue(port, out int uses))
            {
                filter?.Admit(port);
            }

            _uses[port] = uses + 1;
            return port;
        }
    }

    /// <summary>Begins to use a port and to take what peers set up on it.</summary>
    /// <param name="port">The port; 0 to choose one.</param>
    /// <param name="onAccepted">Called on the loop, for what is new and for what a peer has begun anew.</param>
    /// <param name="onEnded">Called on the loop when the stack has ended: the port is taken away then.</param>
    /// <exception cref="SctpException">Somebody else takes it, or there is none that nobody uses.</exception>
    public ushort UseToAccept(ushort port, Action<Association> onAccepted, Action onEnded)
    {
        lock (_gate)
        {
            port = port == 0 ? Choose() : port;
            if (_acceptors.ContainsKey(port))
            {
                throw new SctpException(SctpError.AddressUnavailable, $"Cannot use SCTP port {port}: it is in use on this stack.");
            }

            Use(port);
            _acceptors.Add(port, new Acceptor(port, onAccepted, onEnded));
            return port;
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
                filter?.Dismiss(port, lingers: port >= FirstEphemeral);
            }
        }
    }

    /// <summary>Ends <see cref="UseToAccept"/>.</summary>
    public void StopAccepting(ushort port)
    {
        lock (_gate)
        {
            if (_acceptors.Remove(port))
            {
                Release(port);
            }
        }
    }

    /// <summary>Ends every <see cref="UseToAccept"/>.</summary>
    /// <returns>Who is to be told.</returns>
    public Acceptor[] StopAccepting()
    {
        lock (_gate)
        {
            Acceptor[] acceptors = [.. _acceptors.Values];
            foreach (Acceptor acceptor in acceptors)
            {
                StopAccepting(acceptor.Port);
            }

            return acceptors;
        }
    }

    /// <summary>Who takes what is set up on a port.</summary>
    public bool TryFindAcceptor(ushort port, [NotNullWhen(true)] out Action<Association>? onAccepted)
    {
        lock (_gate)
        {
            onAccepted = _acceptors.GetValueOrDefault(port)?.OnAccepted;
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

/// <summary>Who takes the associations that peers set up on a port.</summary>
/// <param name="Port">The port.</param>
/// <param name="OnAccepted">Takes one, on the loop.</param>
/// <param name="OnEnded">There will be no more, on the loop.</param>
internal sealed record Acceptor(ushort Port, Action<Association> OnAccepted, Action OnEnded);
