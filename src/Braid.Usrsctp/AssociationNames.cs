using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>What a socket knows of one of its associations, also when that has ended.</summary>
/// <param name="Id">What C calls it; 0 for one that was never named.</param>
/// <param name="Peer">Its peer.</param>
/// <param name="Association">It.</param>
/// <param name="IsOurs">Whether we have begun it, not the peer.</param>
internal readonly record struct KnownAssociation(uint Id, SocketName Peer, SctpAssociation? Association, bool IsOurs);

/// <summary>
/// What a socket calls its associations: numbers that begin with 3 in each socket, as libusrsctp has them, where Braid's are those of the process. One
/// that was accepted keeps the number that the socket has given it which it came to.
/// </summary>
internal sealed class AssociationNames
{
    [C("SCTP_ALL_ASSOC")] private const uint Last = 2;       // those up to it mean several at once
    private const int Kept = 256;                            // of those that have ended: what was told of them may not have been read

    private readonly Lock _gate = new();
    private readonly Dictionary<SctpAssociationId, KnownAssociation> _names = [];
    private uint _last = Last;
    private int _limit = Kept;

    /// <summary>The number of an association.</summary>
    /// <inheritdoc cref="Know"/>
    public uint Of(SctpAssociation association, UsrsctpSocket socket, bool isOurs = false) => Know(association, socket, isOurs).Id;

    /// <summary>What is known of an association, which gets its number now if it has none.</summary>
    /// <param name="association">It.</param>
    /// <param name="socket">Whose it is.</param>
    /// <param name="isOurs">Whether we have begun it; false where that is not known.</param>
    public KnownAssociation Know(SctpAssociation association, UsrsctpSocket socket, bool isOurs = false)
    {
        lock (_gate)
        {
            if (_names.TryGetValue(association.Id, out KnownAssociation known))
            {
                if (isOurs)
                {
                    _names[association.Id] = known with { IsOurs = true };       // it was seen before the call that began it came to its end
                }

                return known;
            }

            Forget();
            known = new KnownAssociation(++_last, socket.PeerOf(association), association, isOurs);
            _names.Add(association.Id, known);
            return known;
        }
    }

    /// <summary>What is known of one that may have ended.</summary>
    public KnownAssociation Find(SctpAssociationId id)
    {
        lock (_gate)
        {
            return _names.GetValueOrDefault(id);
        }
    }

    /// <summary>Who has a number; null for nobody.</summary>
    public SctpAssociationId? Find(uint id)
    {
        lock (_gate)
        {
            return _names.FirstOrDefault(name => name.Value.Id == id) is { Value.Id: > 0 } found ? found.Key : null;
        }
    }

    /// <summary>Takes the name of an association over from another socket.</summary>
    public void Adopt(SctpAssociation association, UsrsctpSocket from)
    {
        from.Names.Of(association, from);
        KnownAssociation known = from.Names.Find(association.Id);
        lock (_gate)
        {
            _names[association.Id] = known with { Association = association };
        }
    }

    // Under the lock: from time to time those that have ended.
    private void Forget()
    {
        if (_names.Count < _limit)
        {
            return;
        }

        foreach (SctpAssociationId ended in _names.Where(static name => name.Value.Association!.Host.HasEnded).Select(static name => name.Key).ToArray())
        {
            _names.Remove(ended);
        }

        _limit = _names.Count + Kept;
    }
}
