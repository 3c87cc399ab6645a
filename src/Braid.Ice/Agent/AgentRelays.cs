using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Ice;

/// <summary>
/// The relays of an agent: runs them, and makes candidates of what they have got (RFC 8445 §5.1.1.2). Owns which of them are from before a
/// restart, and which servers a connection is awaited to.
/// </summary>
internal sealed class AgentRelays(IceContext context)
{
    private readonly List<Source> _sources = [];
    private readonly List<RelayServer> _servers = [];
    private readonly List<RelayServer> _awaited = [];
    private readonly Queue<IRelay> _leaving = new();         // have something to say yet: that they are given back
    private readonly Queue<LocalCandidate> _found = new();

    private sealed record Source(IRelay Relay, int LocalPreference, RelayServer? Server = null)
    {
        public bool IsUsed { get; set; }

        /// <summary>Whether another one, over another connection, has taken its place; it goes on for pairs that are there.</summary>
        public bool IsFormer { get; set; }
    }

    /// <summary>Whether each has got an address or never will.</summary>
    public bool IsSettled =>
        _awaited.Count == 0 && _sources.TrueForAll(source => source.IsFormer || source.Relay.State != RelayState.Allocating);

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Source source in _sources)
            {
                next = Instant.Min(next, source.Relay.NextTimeout);
            }

            return next;
        }
    }

    public void Add(IRelay relay, int localPreference) => Add(new Source(relay, localPreference));

    /// <summary>A server to which a connection is wanted, now and with each restart.</summary>
    public void Add(RelayServer server)
    {
        _servers.Add(server);
        Want(server);
    }

    /// <summary>There is a connection to a server, or none could be opened: null.</summary>
    /// <returns>Whether the relay is used.</returns>
    public bool Complete(RelayServer server, IRelay? relay)
    {
        if (!_awaited.Remove(server) || relay is null)
        {
            return false;
        }

        Add(new Source(relay, server.LocalPreference, server));
        return true;
    }

    /// <summary>Asks all servers anew: what they have lent belongs to the address at which they see us.</summary>
    /// <param name="inUse">What data goes through.</param>
    public void AskAgain(IRelay? inUse)
    {
        ReleaseFormer(inUse);
        foreach (Source source in _sources)
        {
            if (source.Server is not null)
            {
                // RFC 8656 §3.1: the allocation lives and ends with its connection, and that is of the network as it was.
                source.IsFormer = true;
                context.Candidates.RemoveAll(candidate => candidate.Relay == source.Relay);
                continue;
            }

            source.Relay.Renew(context.Now);
            if (source.Relay.State == RelayState.Allocating)
            {
                source.IsUsed = false;                       // told once the server has confirmed it
                context.Candidates.RemoveAll(candidate => candidate.Relay == source.Relay);
            }
        }

        _servers.ForEach(Want);
    }

    /// <summary>Gives back what restarts have left, but for what is in use (RFC 8445 §8.3).</summary>
    public void ReleaseFormer(IRelay? inUse)
    {
        for (int index = _sources.Count - 1; index >= 0; index--)
        {
            Source source = _sources[index];
            if (source.IsFormer && source.Relay != inUse)
            {
                source.Relay.Release(context.Now);
                context.Raise(new IceEvent.RelayReleased(source.Relay));
                _leaving.Enqueue(source.Relay);
                _sources.RemoveAt(index);
            }
        }
    }

    public void HandleTimeout()
    {
        foreach (Source source in _sources)
        {
            source.Relay.HandleTimeout(context.Now);
        }
    }

    public void Release()
    {
        _awaited.Clear();
        foreach (Source source in _sources)
        {
            source.Relay.Release(context.Now);
        }
    }

    /// <summary>Takes the wrapping off what comes from a relay's server; false when nothing is left for anybody else.</summary>
    public bool TryUnwrap(ref IceTransport transport, ref NetworkPath path, ref ReadOnlySpan<byte> datagram)
    {
        foreach (Source source in _sources)
        {
            if (source.Relay.IsStream != (transport == IceTransport.Tcp))
            {
                continue;
            }

            switch (source.Relay.TryUnwrap(context.Now, path, datagram, out NetworkAddress peer, out ReadOnlySpan<byte> data))
            {
                case RelayInput.Consumed:
                    return false;
                case RelayInput.Data:
                    transport = IceTransport.Udp;
                    path = new NetworkPath(AddressFor(source.Relay, peer.Family), peer);
                    datagram = data;
                    return true;
            }
        }

        return true;
    }

    public bool TryGetDatagram(Span<byte> destination, out OutgoingDatagram datagram, out IceTransport transport)
    {
        foreach (Source source in _sources)
        {
            if (source.Relay.TryGetDatagram(context.Now, destination, out datagram))
            {
                transport = source.Relay.IsStream ? IceTransport.Tcp : IceTransport.Udp;
                return true;
            }
        }

        while (_leaving.TryPeek(out IRelay? leaving))
        {
            if (leaving.TryGetDatagram(context.Now, destination, out datagram))
            {
                transport = IceTransport.Tcp;
                return true;
            }

            _leaving.Dequeue();
        }

        datagram = default;
        transport = default;
        return false;
    }

    /// <summary>Takes a candidate that a relay has brought.</summary>
    public bool TryTakeCandidate([NotNullWhen(true)] out LocalCandidate? candidate)
    {
        foreach (Source source in _sources)
        {
            if (!source.IsUsed && !source.IsFormer && source.Relay.State != RelayState.Allocating)
            {
                source.IsUsed = true;
                Use(source);
            }
        }

        return _found.TryDequeue(out candidate);
    }

    private void Add(Source source)
    {
        _sources.Add(source);
        context.Write(IceLogKind.ServerAsked, detail: $"TURN server {source.Relay.ServerPath.Remote}");
        source.Relay.Start(context.Now);
    }

    private void Want(RelayServer server)
    {
        if (!_awaited.Contains(server))
        {
            _awaited.Add(server);
            context.Raise(new IceEvent.RelayWanted(server));
        }
    }

    private static NetworkAddress AddressFor(IRelay relay, NetworkFamily family)
    {
        IReadOnlyList<NetworkAddress> addresses = relay.RelayedAddresses;
        for (int index = 0; index < addresses.Count; index++)
        {
            if (addresses[index].Family == family)
            {
                return addresses[index];
            }
        }

        return NetworkAddress.None;
    }

    private void Use(Source source)
    {
        IRelay relay = source.Relay;
        NetworkAddress server = relay.ServerPath.Remote;
        if (relay.State == RelayState.Failed)
        {
            context.Write(IceLogKind.ServerFailed, detail: $"TURN server {server}: {relay.FailureText}");
            return;
        }

        NetworkAddress mapped = relay.MappedAddress;
        foreach (NetworkAddress address in relay.RelayedAddresses)
        {
            context.Write(IceLogKind.ServerAnswered, detail: $"TURN server {server} lends {address}");
            Found(context.Candidates.Add(
                IceCandidateType.Relayed, IceTransport.Udp, address, address, source.LocalPreference, server, mapped, relay: relay));
        }

        // The same answer tells what a STUN server would.
        if (!relay.IsStream && mapped.Family != NetworkFamily.None
            && context.Candidates.FindBase(relay.ServerPath.Local, IceTransport.Udp) is { } host && host.Here(mapped) != host.Address)
        {
            NetworkAddress related = host.Candidate.HostName is null ? host.Base : Gatherer.Hidden(host.Base);
            Found(context.Candidates.Add(
                IceCandidateType.ServerReflexive, IceTransport.Udp, mapped, host.Base, host.LocalPreference, server, related));
        }
    }

    private void Found(LocalCandidate? candidate)
    {
        if (candidate is not null)
        {
            _found.Enqueue(candidate);
        }
    }
}
