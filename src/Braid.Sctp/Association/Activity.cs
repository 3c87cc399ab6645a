namespace Braid.Sctp;

/// <summary>
/// One association's place in the endpoint's queue of associations to look after: a flag and a link, so that signalling
/// twice costs nothing and allocates nothing.
/// </summary>
internal sealed class Activity(ActivityQueue queue)
{
    /// <summary>Whose it is; set once, when the association is made.</summary>
    public Association Association { get; set; } = null!;

    internal bool IsQueued { get; set; }

    internal Activity? Next { get; set; }

    /// <summary>The peer has begun a shutdown.</summary>
    public void ReportPeerShutdown() => queue.PeerShutdown = Association;

    /// <summary>The last datagram was no more than the next data of a steady flow.</summary>
    public void ReportSteady() => queue.IsSteady = true;

    /// <summary>Something has changed: datagrams, messages, events or the next time-out may be different now.</summary>
    public void Signal() => queue.Add(this);
}

/// <summary>Associations in the order in which they were signalled, each at most once.</summary>
internal sealed class ActivityQueue
{
    private Activity? _first;
    private Activity? _last;

    /// <summary>The association whose peer has begun a shutdown with the last datagram.</summary>
    public Association? PeerShutdown { get; set; }

    /// <summary>Whether the last datagram was no more than the next data of a steady flow.</summary>
    public bool IsSteady { get; set; }

    /// <summary>Whether any association waits.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>The association that waits longest.</summary>
    public Association? First => _first?.Association;

    public void Add(Activity activity)
    {
        if (activity.IsQueued)
        {
            return;
        }

        activity.IsQueued = true;
        if (_last is null)
        {
            _first = activity;
        }
        else
        {
            _last.Next = activity;
        }

        _last = activity;
    }

    /// <summary>Removes <see cref="First"/>.</summary>
    public void RemoveFirst()
    {
        Activity activity = _first!;
        _first = activity.Next;
        if (_first is null)
        {
            _last = null;
        }

        activity.Next = null;
        activity.IsQueued = false;
    }
}
