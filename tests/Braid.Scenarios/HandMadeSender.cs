using System;
using System.Collections.Generic;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>A sender made by hand, in A's place; its TSNs are counted from 0.</summary>
internal abstract class HandMadeSender
{
    /// <param name="pair">The two, which do not know each other yet.</param>
    /// <param name="lost">The arrow of A's first data, which is lost: its TSN is the first one.</param>
    protected HandMadeSender(Pair pair, string lost)
    {
        Pair = pair.Established();
        Pair.A.Send(Pair.Now, "?"u8, default);
        Pair.Arrow(lost);
        (Tag, First) = (Packets.TagOf(Pair.LastPacket), Packets.TsnOf(Pair.LastPacket));
    }

    public Pair Pair { get; }

    public Endpoint Endpoint => Pair.EndpointZ;

    public byte[] LastAnswer { get; set; } = [];

    protected VerificationTag Tag { get; }

    protected Tsn First { get; }

    /// <summary>What Z acknowledges, once it must.</summary>
    public int Cumulative()
    {
        Pair.Advance(TimeSpan.FromMilliseconds(200));
        Take();
        PacketView.TryRead(LastAnswer, out PacketView packet);
        ChunkReader chunks = packet.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) & SackChunk.TryRead(chunk, out SackChunk sack));
        return sack.CumulativeAck.DistanceFrom(First);
    }

    /// <summary>Stream and number of what has come, with its order; "…" behind what goes on.</summary>
    public List<string> Received()
    {
        var received = new List<string>();
        while (Pair.Z.TryReceive(out ReceivedMessage? message))
        {
            received.Add($"{message.Stream}/{message.Ssn}{(message.Unordered ? "U" : "")}{(message.EndOfRecord ? "" : "…")}");
            message.Dispose();
        }

        return received;
    }

    public List<AssociationEvent> Events()
    {
        var events = new List<AssociationEvent>();
        while (Pair.Z.TryGetEvent(out AssociationEvent? next))
        {
            events.Add(next);
        }

        return events;
    }

    protected void Inject(Packets.Fill fill) => Inject(Packets.ToZ(Tag, fill));

    protected void Inject(byte[] packet)
    {
        Pair.InjectToZ(packet);
        Take();
    }

    private void Take()
    {
        foreach (byte[] answer in Pair.TakeFromZ())
        {
            LastAnswer = answer;
        }
    }
}
