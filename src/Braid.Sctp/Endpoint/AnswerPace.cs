namespace Braid.Sctp;

/// <summary>
/// How many datagrams that came at the same time are taken in before they are answered. RFC 9260 §6.2 wants an acknowledgement for at least every
/// second packet; in a long flow that nothing disturbs it comes for every fourth, which costs a sender that obeys §6.1 D and §7.2 nothing:
/// it may answer with Max.Burst packets, and beyond slow start its window grows with bytes and not with SACKs.
/// </summary>
internal struct AnswerPace
{
    private const int Packets = 2;
    private const int SteadyPackets = 4;                     // Max.Burst: more at once, and cwnd would be cut to what is in flight and that

    private int _taken;
    private bool _isDisturbed;

    /// <summary>Now is the time.</summary>
    public readonly bool IsDue => _taken >= (_isDisturbed ? Packets : SteadyPackets);

    /// <summary>A datagram was taken in.</summary>
    /// <param name="isSteady">Whether it was no more than the next data of a steady flow.</param>
    public void OnDatagram(bool isSteady)
    {
        _taken++;
        _isDisturbed |= !isSteady;
    }

    /// <summary>All answers were taken.</summary>
    public void OnDrained() => this = default;
}
