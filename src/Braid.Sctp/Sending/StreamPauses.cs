using System;

namespace Braid.Sctp;

/// <summary>
/// Which streams wait for their reset (RFC 6525 §5.1.2): what is accepted meanwhile is held back, what was accepted before goes out
/// first. Owns nothing: each stream knows, and <see cref="OutboundStreams"/> for those that nobody has used yet.
/// </summary>
internal readonly struct StreamPauses(OutboundStreams streams)
{
    /// <summary>
    /// From now on what is accepted on some streams waits until <see cref="SendQueue.Resume"/> (A1); what was accepted before goes out.
    /// </summary>
    /// <param name="ids">Which; none for all, those that nobody has used yet included.</param>
    /// <returns>False when one of them does so already: nothing has changed.</returns>
    public bool TryPause(ReadOnlySpan<StreamId> ids)
    {
        if (!IsNonePaused(ids))
        {
            return false;
        }

        streams.ArePaused = ids.IsEmpty;
        foreach (StreamId id in ids)
        {
            streams.Get(id);
        }

        foreach (OutboundStream stream in streams.Select(ids))
        {
            if (!stream.IsPaused)                            // else it was named twice
            {
                stream.Pause();
            }
        }

        return true;
    }

    /// <summary>Whether all that was accepted on paused streams before they were has its TSN.</summary>
    /// <param name="ids">Which; none for all.</param>
    public bool IsReadyForReset(ReadOnlySpan<StreamId> ids)
    {
        bool isReady = true;
        foreach (OutboundStream stream in streams.Select(ids))
        {
            isReady &= stream.IsReadyForReset;
        }

        return isReady;
    }

    /// <summary>Whether nothing was sent on some streams, nor is to be, since they began.</summary>
    /// <param name="ids">Which; none for all.</param>
    public bool IsUnused(ReadOnlySpan<StreamId> ids)
    {
        bool isUsed = false;
        foreach (OutboundStream stream in streams.Select(ids))
        {
            isUsed |= stream.IsUsed;
        }

        return !isUsed;
    }

    /// <summary>Streams of a list that do not wait for a reset; none when the list stands for all.</summary>
    public StreamId[] NotPaused(StreamId[] ids)
    {
        OutboundStreams all = streams;
        return all.ArePaused ? [] : Array.FindAll(ids, id => all.Find(id) is not { IsPaused: true });
    }

    private bool IsNonePaused(ReadOnlySpan<StreamId> ids)
    {
        bool isAny = streams.ArePaused;
        foreach (OutboundStream stream in streams.Select(ids))
        {
            isAny |= stream.IsPaused;
        }

        return !isAny;
    }
}
