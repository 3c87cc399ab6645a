using System;

namespace Braid.Sockets;

/// <summary>Whether an association is used for questions and answers or for a flow, seen by what is sent before all is acknowledged.</summary>
internal struct SendPattern
{
    private const int LongestTurn = 4;                       // messages: who sends more before an answer can be there has a flow going

    private int _sinceEmpty;                                 // messages since the last one that found the send buffer empty, with it

    /// <summary>A message was accepted.</summary>
    /// <param name="wasEmpty">Whether all that was sent before had been acknowledged.</param>
    /// <returns>
    /// Whether it is likely to be alone for a while. One that follows when acknowledgements have caught
    /// up with a flow is not: the flow goes on at once, and would be sent one by one.
    /// </returns>
    public bool OnAccepted(bool wasEmpty)
    {
        bool isLikelyAlone = wasEmpty && _sinceEmpty <= LongestTurn;
        _sinceEmpty = wasEmpty ? 1 : Math.Min(_sinceEmpty, LongestTurn) + 1;
        return isLikelyAlone;
    }
}
