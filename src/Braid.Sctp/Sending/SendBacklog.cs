namespace Braid.Sctp;

/// <summary>What waits for its TSN, in numbers: kept with every message that is accepted, cut or let go.</summary>
internal struct SendBacklog
{
    /// <summary>Messages, those that are being cut included.</summary>
    public int Messages { get; private set; }

    /// <summary>Their user data that is not cut, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Those that are cut, but not to their end.</summary>
    public int Begun { get; private set; }

    /// <summary>Those with the I bit.</summary>
    public int Urgent { get; private set; }

    /// <summary>What those that wait for resets of streams count for (<see cref="OutboundMessage.Charge"/>).</summary>
    public long HeldCharge { get; private set; }

    /// <summary>A message is accepted: it is sent, or held.</summary>
    public void Add(OutboundStream stream, OutboundMessage message)
    {
        HeldCharge -= stream.HeldCharge;
        stream.Add(message);
        HeldCharge += stream.HeldCharge;
        Messages++;
        Bytes += message.Length;
        Urgent += message.Options.SackImmediately ? 1 : 0;
    }

    /// <summary>What a stream has held is to be sent.</summary>
    public void Resume(OutboundStream stream)
    {
        HeldCharge -= stream.HeldCharge;
        stream.Resume();
    }

    /// <summary>A first fragment is about to be cut of a message.</summary>
    public void Begin() => Begun++;

    /// <summary>A fragment was cut.</summary>
    public void OnCut(int length) => Bytes -= length;

    /// <summary>A message waits no more: it is cut to its end, or let go.</summary>
    public void Remove(OutboundMessage message)
    {
        Messages--;
        Bytes -= message.Length - message.Cut;
        Urgent -= message.Options.SackImmediately ? 1 : 0;
        Begun -= message.Cut > 0 ? 1 : 0;
    }
}
