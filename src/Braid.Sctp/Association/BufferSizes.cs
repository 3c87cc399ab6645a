using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// How large the two buffers of an association are: as the options say, or, where they leave it open, small at first, and larger as the
/// mechanisms that measure ask for it. What they grow by comes out of memory that all associations of the endpoint share; when nothing is left
/// of that, nobody grows. They never shrink by themselves: a window that was advertised is not taken back (RFC 9260 §6.2).
/// </summary>
/// <param name="shared">What is left for growing.</param>
/// <param name="options">The association's options.</param>
internal struct BufferSizes(MemoryBudget shared, AssociationOptions options)
{
    private long _sendGrant;
    private long _receiveGrant;

    /// <summary>The send buffer, in bytes as <see cref="AssociationOptions.SendBufferSize"/> counts.</summary>
    public long Send { readonly get; private set; } = options.FirstSendBuffer;

    /// <summary>The receive buffer, in bytes.</summary>
    public long Receive { readonly get; private set; } = options.FirstReceiveBuffer;

    /// <summary>Makes the send buffer larger, as far as there is memory for that.</summary>
    /// <returns>Whether it is larger now.</returns>
    public bool TryGrowSend(long wanted)
    {
        long more = Take(wanted - Send, ref _sendGrant);
        Send += more;
        return more > 0;
    }

    /// <summary>The same for the receive buffer.</summary>
    public bool TryGrowReceive(long wanted)
    {
        long more = Take(wanted - Receive, ref _receiveGrant);
        Receive += more;
        return more > 0;
    }

    /// <summary>Other options take effect: a size that they set counts at once, and one that they leave open goes on from what it was, or begins.</summary>
    public void OnOptionsChanged(AssociationOptions options)
    {
        if (options.SendBufferSize > 0)
        {
            GiveBack(ref _sendGrant);
            Send = options.SendBufferSize;
        }
        else
        {
            Send = Math.Max(Send, options.FirstSendBuffer);
        }

        if (options.ReceiveBufferSize > 0)
        {
            GiveBack(ref _receiveGrant);
            Receive = options.ReceiveBufferSize;
        }
        else
        {
            Receive = Math.Max(Receive, options.FirstReceiveBuffer);
        }
    }

    /// <summary>The association has ended: others may grow.</summary>
    public void OnClosed()
    {
        GiveBack(ref _sendGrant);
        GiveBack(ref _receiveGrant);
    }

    private readonly long Take(long wanted, ref long grant)
    {
        long more = Math.Clamp(wanted, 0, shared.Available);
        while (more > 0 && !shared.TryCharge(more))
        {
            more = Math.Min(more, shared.Available);         // somebody else was faster
        }

        grant += more;
        return more;
    }

    private readonly void GiveBack(ref long grant)
    {
        shared.Credit(grant);
        grant = 0;
    }
}
