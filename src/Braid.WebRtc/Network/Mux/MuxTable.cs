using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>Who gets what comes from an address.</summary>
/// <param name="Owner">Data, and answers to checks.</param>
/// <param name="IsChosen">Whether the owner has chosen a pair with it: then it has proven, by its peer's password, to be there.</param>
/// <param name="Others">Answers to checks alone: each knows its own.</param>
internal sealed record MuxRoute(PeerHost Owner, bool IsChosen, PeerHost[] Others);

/// <summary>
/// Which peers share a port: by their username fragments, which the requests of their peers carry (RFC 8445 §7.3), and by the
/// addresses that they send to. Reading takes no lock and allocates nothing.
/// </summary>
internal sealed class MuxTable
{
    private const int MostOthers = 8;                        // who claims an address beside its owner
    private const int LongestFragment = 256;

    private readonly ConcurrentDictionary<string, PeerHost> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PeerHost>.AlternateLookup<ReadOnlySpan<char>> _byFragment;
    private readonly ConcurrentDictionary<NetworkPath, MuxRoute> _routes = new();
    private readonly Lock _gate = new();                     // of those that write routes

    public MuxTable() => _byFragment = _users.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Addresses that somebody sends to.</summary>
    public int RouteCount => _routes.Count;

    /// <summary>Adds a username fragment; false when another peer has it.</summary>
    public bool TryAddUser(string fragment, PeerHost host) => _users.TryAdd(fragment, host);

    /// <summary>Takes it back.</summary>
    public void RemoveUser(string fragment) => _users.TryRemove(fragment, out _);

    /// <summary>Finds who is asked: what stands before the colon of a USERNAME.</summary>
    public PeerHost? FindUser(ReadOnlySpan<byte> username)
    {
        int length = username.IndexOf((byte)':');
        if (length is <= 0 or > LongestFragment)
        {
            return null;
        }

        Span<char> fragment = stackalloc char[LongestFragment];
        for (int i = 0; i < length; i++)
        {
            fragment[i] = (char)username[i];
        }

        return _byFragment.TryGetValue(fragment[..length], out PeerHost? host) ? host : null;
    }

    /// <summary>Finds who gets what comes over a path.</summary>
    public MuxRoute? FindRoute(in NetworkPath path) => _routes.GetValueOrDefault(path);

    /// <summary>
    /// A peer asks an address whether it is there. An address that is somebody's already stays his: who is told a candidate would
    /// otherwise take another one's data away by it.
    /// </summary>
    public void Claim(in NetworkPath path, PeerHost host)
    {
        lock (_gate)
        {
            if (!_routes.TryGetValue(path, out MuxRoute? route) || route.Owner.IsClosed)
            {
                _routes[path] = new MuxRoute(host, IsChosen: false, []);
            }
            else if (route.Owner != host && Array.IndexOf(route.Others, host) < 0 && route.Others.Length < MostOthers)
            {
                _routes[path] = route with { Others = [.. route.Others, host] };
            }
        }
    }

    /// <summary>A peer has chosen a pair, and the address is his: with one NAT and port, the last one is there now.</summary>
    public void Choose(in NetworkPath path, PeerHost host)
    {
        lock (_gate)
        {
            PeerHost[] others = _routes.TryGetValue(path, out MuxRoute? route) ? [.. With(route)] : [];
            _routes[path] = new MuxRoute(host, IsChosen: true, Array.FindAll(others, other => other != host && !other.IsClosed));
        }

        static IEnumerable<PeerHost> With(MuxRoute route) => route.Others.Length < MostOthers ? [.. route.Others, route.Owner] : route.Others;
    }

    /// <summary>A peer has nothing to do with an address any more.</summary>
    public void Release(in NetworkPath path, PeerHost host)
    {
        lock (_gate)
        {
            if (!_routes.TryGetValue(path, out MuxRoute? route))
            {
                return;
            }

            PeerHost[] others = Array.FindAll(route.Others, other => other != host);
            if (route.Owner != host)
            {
                _routes[path] = route with { Others = others };
            }
            else if (others.Length > 0)
            {
                _routes[path] = new MuxRoute(others[0], IsChosen: false, others[1..]);
            }
            else
            {
                _routes.TryRemove(path, out _);
            }
        }
    }
}
