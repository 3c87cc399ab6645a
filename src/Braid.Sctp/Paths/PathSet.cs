using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>The destination addresses of the peer and the one that new data takes (RFC 9260 §5.4, §6.4).</summary>
internal sealed class PathSet(AssociationContext context, EndpointOptions endpoint)
{
    private Path[] _paths = [];
    private byte _primary;                                   // small: there may be very many idle associations
    private int _largestOnAll = int.MaxValue;

    /// <summary>The primary path.</summary>
    public Path Primary => _paths[_primary];

    /// <summary>How many there are; at least one once the association exists.</summary>
    public int Count => _paths.Length;

    /// <summary>Differs whenever an address is not what it was.</summary>
    public int Version { get; private set; }

    /// <summary>PMDCS: the largest DATA chunk that fits into a packet on every path, in bytes. A chunk may have to change paths.</summary>
    public int MaximumChunk => _largestOnAll - AuthenticationRoom;

    /// <summary>
    /// Whether data may leave: nowhere while no address of the peer is verified (RFC 9260 §5.4), or all of ours are being removed; both only
    /// while addresses change.
    /// </summary>
    public bool MaySend => context.AddressChanges is null || (!context.IsMuted && ForData().IsConfirmed);

    /// <summary>Bytes of each packet that are kept for an AUTH chunk (RFC 4895 §6.2).</summary>
    public byte AuthenticationRoom { get; set; }

    /// <summary>Whether a path may want a probe of its MTU: no packet costs a look at every path.</summary>
    public bool MayProbe { get; set; }

    /// <summary>Bytes before the user data of a chunk: those of I-DATA as long as it may be used.</summary>
    public int DataHeader { get; private set; } =
        (context.Options.Extensions & Extensions.Interleaving) != 0 ? InterleavedDataChunk.HeaderLength : DataChunk.HeaderLength;

    /// <summary>The most user data that one chunk is given, in bytes: what every path carries, and RFC 6458 §8.1.16 allows.</summary>
    public int MaximumPayload => context.Options.MaximumSegmentSize == 0
        ? MaximumChunk - DataHeader
        : Math.Min(MaximumChunk - DataHeader, context.Options.MaximumSegmentSize);

    public Path this[int index] => _paths[index];

    /// <summary>The search for the MTU of a path has found another size.</summary>
    public void OnSizeChanged(Path path)
    {
        path.Resize();
        _largestOnAll = int.MaxValue;
        foreach (Path any in _paths)
        {
            _largestOnAll = Math.Min(_largestOnAll, any.MaximumChunk);
        }
    }

    /// <summary>The handshake has decided between DATA and I-DATA.</summary>
    public void SetInterleaving(bool isInterleaved) =>
        DataHeader = isInterleaved ? InterleavedDataChunk.HeaderLength : DataChunk.HeaderLength;

    /// <summary>Adds an address; where it does not say which of ours packets leave from, the one that suits it best.</summary>
    public void Add(in NetworkPath address, PathState state)
    {
        NetworkPath whole = address.Local.Family != NetworkFamily.None ? address
            : address with { Local = SourceAddresses.For(Own, address.Remote) };
        var path = new Path(_paths.Length, whole, state, context, endpoint.EncapsulationOverhead);
        _paths = [.. _paths, path];                          // rare, and most have one
        context.Timers.Reserve(_paths.Length);
        _largestOnAll = Math.Min(_largestOnAll, path.MaximumChunk);
        Version++;
    }

    /// <summary>
    /// Takes in what an INIT or INIT ACK says of its sender: its source becomes the primary path, and what it lists beside
    /// that is not used before it was verified (§5.4). Where paths exist, none that is added is confirmed, and when the
    /// source is one of these, the primary path is a listed one that is confirmed.
    /// </summary>
    /// <param name="arrived">
    /// The pair of addresses that the last packet of its sender shows: a COOKIE ECHO may come from another of its addresses, to another one of
    /// ours, than the INIT did.
    /// </param>
    /// <param name="addresses">The peer's.</param>
    public void Adopt(in NetworkPath arrived, in PeerAddresses addresses)
    {
        int confirmed = -1;
        for (int i = 0; i < addresses.Count; i++)
        {
            if (Find(addresses[i]) is null)
            {
                Add(new NetworkPath(LocalFor(arrived, addresses[i]), addresses[i]), Count == 0 ? PathState.Active : PathState.Unconfirmed);
            }

            Path path = Find(addresses[i])!;
            confirmed = confirmed < 0 && path.IsConfirmed ? path.Index : confirmed;
        }

        _primary = confirmed < 0 ? _primary : (byte)confirmed;
    }

    /// <summary>
    /// Forgets the addresses that our application named and the peer does not have (§5.1.2 A and C). Only before data was sent.
    /// </summary>
    public void Keep(in PeerAddresses addresses)
    {
        for (int i = _paths.Length - 1; i >= 0 && _paths.Length > 1; i--)
        {
            if (!addresses.Contains(_paths[i].Address.Remote))
            {
                _paths = [.. _paths[..i], .. _paths[(i + 1)..]];
                Version++;
            }
        }

        for (int i = 0; i < _paths.Length; i++)
        {
            _paths[i].Index = i;
        }

        _primary = 0;
    }

    /// <summary>Forgets all that was learnt, and all addresses but these (§5.2.4 action A, §7.2.5).</summary>
    public void Restart(in NetworkPath arrived, in PeerAddresses addresses)
    {
        _paths = [];
        _largestOnAll = int.MaxValue;
        Adopt(arrived, addresses);
    }

    /// <summary>Adds an address that the peer has told of (RFC 5061 §5.3 F14).</summary>
    /// <param name="remote">The address.</param>
    /// <param name="from">The way of the packet that told of it.</param>
    public void AddUnverified(in NetworkAddress remote, in NetworkPath from)
    {
        bool mayAnswer = remote.IsSameHost(from.Remote) && (Own.Count == 0 || context.AddressChanges?.Own.MayLeaveFrom(from.Local) != false);
        Add(new NetworkPath(mayAnswer ? from.Local : LocalFor(from.Local, remote), remote), PathState.Unconfirmed);
    }

    /// <summary>Removes an address. Where it was the primary path, the best one takes its place.</summary>
    /// <param name="path">The path; not the only one.</param>
    /// <param name="otherwise">What becomes the primary path where no other one is verified.</param>
    public void Remove(Path path, Path? otherwise)
    {
        Path primary = Primary;
        long least = long.MaxValue;
        for (int i = 0; Primary == path && i < _paths.Length; i++)
        {
            Path one = _paths[i];
            long rank = one.IsConfirmed ? Rank(one, path) : one == otherwise ? long.MaxValue - 2 : long.MaxValue - 1;
            if (one != path && rank < least)
            {
                (primary, least) = (one, rank);
            }
        }

        _paths = [.. _paths[..path.Index], .. _paths[(path.Index + 1)..]];
        _largestOnAll = int.MaxValue;
        for (int i = 0; i < _paths.Length; i++)
        {
            _paths[i].Index = i;
            _largestOnAll = Math.Min(_largestOnAll, _paths[i].MaximumChunk);
        }

        _primary = (byte)primary.Index;
        Version++;
    }

    /// <summary>Whether another path than this one is verified.</summary>
    public bool HasConfirmedBeside(Path path) => Array.Exists(_paths, one => one.IsConfirmed && one != path);

    /// <summary>Makes a path the primary one: our application wants it (§11.1.6).</summary>
    public void MakePrimary(Path path) => _primary = (byte)path.Index;

    /// <summary>Makes the next confirmed path after the primary one the primary one (§5.1: INIT goes to all addresses in turn).</summary>
    public void RotatePrimary()
    {
        do
        {
            _primary = (byte)((_primary + 1) % _paths.Length);
        }
        while (Primary.State == PathState.Unconfirmed);
    }

    /// <summary>An address has proved to be the peer's: from now on packets from there are its packets.</summary>
    public void OnConfirmed() => Version++;

    /// <summary>The peer's UDP port on a path has changed: it sits behind a NAT, or moved (RFC 6951 §5.4).</summary>
    public void LearnPort(Path path, ushort port)
    {
        path.LearnPort(port);
        Version++;
    }

    /// <summary>The path to a peer's address, whatever UDP port it comes from (RFC 6951 §5.4).</summary>
    public Path? Find(in NetworkAddress remote)
    {
        foreach (Path path in _paths)
        {
            if (path.Address.Remote.IsSameHost(remote))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>The path to an address that the peer has written down, which says nothing of its interface.</summary>
    public Path? FindHost(in NetworkAddress written)
    {
        foreach (Path path in _paths)
        {
            if (path.Address.Remote.WithScopeId(0).IsSameHost(written))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Whether all of a peer's addresses are here.</summary>
    public bool Contains(in PeerAddresses addresses)
    {
        for (int i = 0; i < addresses.Count; i++)
        {
            if (Find(addresses[i]) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where data goes: the primary path, or the one that is best when that is not active (§6.4.1, RFC 7829 §3.2, §4.1).</summary>
    public Path ForData() => Primary.State == PathState.Active ? Primary : Best(Primary);

    /// <summary>Where data goes that was lost (§6.4): to another path after a time-out, to the same one after missing reports.</summary>
    /// <param name="last">Where it was sent last.</param>
    /// <param name="byTimeout">Whether T3-rtx expired.</param>
    public Path ForRetransmission(Path last, bool byTimeout) =>
        byTimeout ? Best(last)
        : last.State == PathState.Active ? last
        : ForData();

    /// <summary>
    /// Where SHUTDOWN or SHUTDOWN ACK goes that went unanswered: to the best other path, or back to the same one; but every second time at least to another
    /// one (§6.4.1), to all in turn. What their errors say is old: no heartbeat tells of them any more (§8.3).
    /// </summary>
    /// <param name="last">Where it was sent last.</param>
    /// <param name="attempts">How often it was sent.</param>
    public Path ForShutdown(Path last, int attempts)
    {
        Path best = Best(last);
        for (int i = 0; best == last && i < _paths.Length - 1; i++)
        {
            Path next = _paths[(last.Index + 1 + (((attempts / 2) + i) % (_paths.Length - 1))) % _paths.Length];
            best = next.IsConfirmed ? next : best;
        }

        return best;
    }

    /// <summary>Whether another path than this one is active.</summary>
    public bool HasAlternativeTo(Path path) => Best(path) is { State: PathState.Active } best && best != path;

    /// <summary>Whether all paths are inactive (RFC 7829 §4).</summary>
    public bool IsDormant
    {
        get
        {
            foreach (Path path in _paths)
            {
                if (path.State != PathState.Inactive)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>What was sent on a path went unanswered: the next packets leave from another address of ours, if there is one (§6.4.1).</summary>
    public void TakeOtherLocal(Path path)
    {
        if (Own.Count > 1)
        {
            path.LeaveFrom(SourceAddresses.After(Own, path.Address, ++path.LocalFailures));
        }
    }

    /// <summary>A packet has come: it shows a pair of addresses that works, one way at least. Answers leave from there.</summary>
    /// <param name="path">Where it came from.</param>
    /// <param name="arrivedAt">Our address that the packet was sent to.</param>
    public void OnArrival(Path path, in NetworkAddress arrivedAt)
    {
        if (path.Address.Local != arrivedAt && Own.Count > 1 && arrivedAt.Family == path.Address.Remote.Family
            && context.AddressChanges?.Own.MayLeaveFrom(arrivedAt) != false)
        {
            path.LeaveFrom(arrivedAt);
        }
    }

    // Our addresses that packets may leave from.
    private IReadOnlyList<NetworkAddress> Own => context.AddressChanges?.Own.Sources ?? endpoint.LocalAddresses;

    // Middleboxes know the pair that has worked.
    private NetworkAddress LocalFor(in NetworkPath arrived, in NetworkAddress remote) =>
        arrived.Remote.IsSameHost(remote) ? arrived.Local : LocalFor(arrived.Local, remote);

    // Who has named no addresses has one, as far as we know.
    private NetworkAddress LocalFor(in NetworkAddress arrivedAt, in NetworkAddress remote) =>
        Own.Count > 0 ? SourceAddresses.For(Own, remote)
        : arrivedAt.Family == remote.Family ? arrivedAt
        : NetworkAddress.None;

    // The best path after a failure on one (RFC 7829 §3.2 rules 3 and 4, §4.1 rule 3): an active one, or the one that has failed least. Of
    // these, the most divergent: another one, and from another address of ours.
    private Path Best(Path failed)
    {
        Path best = failed;
        long least = long.MaxValue;
        for (int i = 0; _paths.Length > 1 && i < _paths.Length; i++)
        {
            long rank = Rank(_paths[i], failed);
            if (_paths[i].IsConfirmed && rank < least)
            {
                (best, least) = (_paths[i], rank);
            }
        }

        return best;
    }

    private static long Rank(Path path, Path failed)
    {
        int state = path.State switch
        {
            PathState.Active => 0,
            PathState.PotentiallyFailed => 1,
            _ => 2,
        };
        int likeness = path == failed ? 2 : path.Address.Local.IsSameHost(failed.Address.Local) ? 1 : 0;
        return ((long)state << 40) + ((long)(state == 0 ? 0 : path.Errors) << 8) + likeness;
    }
}
