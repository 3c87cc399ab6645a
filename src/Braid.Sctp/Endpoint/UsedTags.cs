using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Our tags of associations that have ended, for as long as their cookies would be good: a COOKIE ECHO that comes late, or
/// again, must not set an association up a second time (RFC 9260 §5.3.1). Bounded; the oldest is forgotten first.
/// </summary>
internal sealed class UsedTags(TimeSpan lifetime)
{
    private const int MaximumTags = 65536;

    private readonly HashSet<VerificationTag> _tags = [];
    private readonly Queue<(VerificationTag Tag, Instant Until)> _order = new();

    /// <summary>An association has ended.</summary>
    public void Add(Instant now, VerificationTag tag)
    {
        Forget(now);
        if (_order.Count == MaximumTags)
        {
            _tags.Remove(_order.Dequeue().Tag);
        }

        if (tag != VerificationTag.None && _tags.Add(tag))
        {
            _order.Enqueue((tag, now + lifetime));
        }
    }

    /// <summary>Whether a tag belonged to an association that has ended lately.</summary>
    public bool Contains(Instant now, VerificationTag tag)
    {
        Forget(now);
        return _tags.Contains(tag);
    }

    /// <summary>Whether a tag belonged to such an association when somebody last asked with the time: enough to choose another one.</summary>
    public bool Has(VerificationTag tag) => _tags.Contains(tag);

    private void Forget(Instant now)
    {
        while (_order.TryPeek(out (VerificationTag Tag, Instant Until) oldest) && oldest.Until < now)          // at that very instant a cookie is still good
        {
            _tags.Remove(_order.Dequeue().Tag);
        }
    }
}
