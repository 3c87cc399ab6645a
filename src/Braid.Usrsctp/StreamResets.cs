using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Streams of a socket that are being reset: nothing is sent on them meanwhile.</summary>
internal sealed class StreamResets
{
    private readonly List<(SctpAssociationId Id, ushort[] Streams, Task Request)> _resets = [];
    private volatile bool _hasAny;

    /// <summary>A request is on its way.</summary>
    /// <param name="association">On which association.</param>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="request">What becomes of it.</param>
    public void Add(SctpAssociation association, ushort[] streams, Task request)
    {
        lock (_resets)
        {
            _resets.RemoveAll(static reset => reset.Request.IsCompleted);
            _resets.Add((association.Id, streams, request));
            _hasAny = true;
        }
    }

    /// <summary>Whether a stream of ours is being reset.</summary>
    public bool Include(SctpAssociation association, ushort stream)
    {
        if (!_hasAny)
        {
            return false;
        }

        lock (_resets)
        {
            return _resets.Exists(reset => reset.Id == association.Id && !reset.Request.IsCompleted && (reset.Streams.Length == 0 || reset.Streams.Contains(stream)));
        }
    }
}
