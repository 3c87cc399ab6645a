using System;
using System.Collections.Generic;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A change that one side asks for (RFC 6525 §4.1 to §4.3, §4.5, §4.6). The parameter's type says which.</summary>
/// <param name="Type">The parameter that asks for it.</param>
/// <param name="Streams">Streams to reset; none for all.</param>
/// <param name="Count">Streams to add.</param>
/// <param name="Context">What our application calls it; 0 for one that the peer has asked for.</param>
internal sealed record ReconfigurationRequest(ParameterType Type, StreamId[] Streams, ushort Count = 0, uint Context = 0)
{
    /// <summary>Re-configuration Request Sequence Number, once it has one.</summary>
    public uint Number { get; set; }

    /// <summary>Of the peer's: its last TSN before the reset (§4.1).</summary>
    public Tsn LastTsn { get; init; }

    /// <summary>The request of the other side that it answers (§5.2.3 F1).</summary>
    public uint? Answers { get; init; }

    /// <summary>Whether it was answered.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Streams that the peer has agreed to reset and did not yet.</summary>
    public List<StreamId> Missing { get; set; } = [];

    /// <summary>Whether a stream is among those to reset.</summary>
    public bool Concerns(StreamId stream) => Streams.Length == 0 || Array.IndexOf(Streams, stream) >= 0;
}
