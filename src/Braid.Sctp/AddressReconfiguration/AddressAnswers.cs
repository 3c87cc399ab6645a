using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What to make of the number of an ASCONF (RFC 5061 §5.2 E1 to E5).</summary>
internal enum AsconfNumber : byte
{
    /// <summary>The next one.</summary>
    New,

    /// <summary>One that was there before.</summary>
    Repeated,

    /// <summary>Any other.</summary>
    Bad,
}

/// <summary>What the peer asks us to change (RFC 5061 §5.2): Peer-Sequence-Number, the last answers, and those that wait to be sent.</summary>
internal sealed class AddressAnswers(Tsn peerInitialTsn)
{
    private const int Most = 16;

    private readonly List<(uint Number, byte[] Parameters)> _cached = [];
    private readonly List<(uint Number, byte[] Parameters, NetworkPath To)> _waiting = [];
    private uint _last = peerInitialTsn.Value - 1;           // the peer's numbers begin like its TSNs
    private bool _hasRequest;

    /// <summary>Whether answers wait.</summary>
    public bool WantsSend => _waiting.Count > 0;

    /// <summary>Where the next answer goes (E6).</summary>
    public NetworkPath To => _waiting[0].To;

    /// <summary>A packet begins.</summary>
    public void BeginPacket() => _hasRequest = false;

    /// <summary>What a number is. A new one counts as received from now on (V5).</summary>
    public AsconfNumber Consider(uint number)
    {
        bool isFirst = !_hasRequest;
        _hasRequest = true;
        int distance = (int)(number - _last);
        if (distance <= 0)
        {
            return AsconfNumber.Repeated;
        }

        if (distance > 1)
        {
            return AsconfNumber.Bad;
        }

        if (isFirst || _cached.Count == Most)
        {
            _cached.Clear();                                 // E1: who asks for more has got them
        }

        _last = number;
        return AsconfNumber.New;
    }

    /// <summary>Answers a new one (V4).</summary>
    /// <param name="number">Its number.</param>
    /// <param name="parameters">The responses, encoded.</param>
    /// <param name="to">Where it came from.</param>
    /// <param name="limit">Bytes of responses that may be sent there.</param>
    public void Answer(uint number, byte[] parameters, in NetworkPath to, int limit)
    {
        _cached.Add((number, parameters));
        Enqueue(number, parameters, to, limit);
    }

    /// <summary>Gives the answer again that was given before (E2); none where it is not kept any more.</summary>
    /// <param name="number">The number.</param>
    /// <param name="to">Where it came from this time.</param>
    /// <param name="limit">Bytes of responses that may be sent there.</param>
    public void Repeat(uint number, in NetworkPath to, int limit)
    {
        foreach ((uint cached, byte[] parameters) in _cached)
        {
            if (cached == number)
            {
                Enqueue(number, parameters, to, limit);
            }
        }
    }

    /// <summary>Writes those that go to one place, as far as they fit. What does not fit is asked for again (E7).</summary>
    public void Write(ref PacketWriter packet)
    {
        NetworkPath to = To;
        bool fits = true;
        while (_waiting.Count > 0 && _waiting[0].To == to)
        {
            fits = fits && AsconfAckChunk.Write(ref packet, _waiting[0].Number, _waiting[0].Parameters);
            _waiting.RemoveAt(0);
        }
    }

    private void Enqueue(uint number, byte[] parameters, in NetworkPath to, int limit)
    {
        if (_waiting.Count < Most && parameters.Length <= limit)
        {
            _waiting.Add((number, parameters, to));
        }
    }
}
