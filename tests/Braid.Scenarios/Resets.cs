using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Two that allow each other everything of RFC 6525, and what is seen of it in packets and events.</summary>
internal static class Resets
{
    public static AssociationOptions Options { get; } = AssociationOptions.Rfc9260 with
    {
        HeartbeatInterval = TimeSpan.Zero,
        SackDelay = TimeSpan.Zero,
        OutgoingStreams = 10,
        IncomingStreams = 100,
        AllowedReconfiguration = ReconfigurationKinds.ResetStreams | ReconfigurationKinds.ResetAssociation | ReconfigurationKinds.AddStreams,
    };

    public static Pair New(AssociationOptions? options = null, AssociationOptions? optionsOfZ = null) =>
        new Pair(options ?? Options, optionsOfZ: optionsOfZ).Established();

    public static void Send(Pair pair, Association at, ushort stream, string text) =>
        Assert.Equal(SendStatus.Ok, at.Send(pair.Now, Encoding.UTF8.GetBytes(text), new SendOptions(stream)));

    public static List<string> Read(Pair pair, Association at)
    {
        var texts = new List<string>();
        while (pair.Receive(at) is { } bytes)
        {
            texts.Add(Encoding.UTF8.GetString(bytes));
        }

        return texts;
    }

    public static List<AssociationEvent> Events(Association at)
    {
        var events = new List<AssociationEvent>();
        while (at.TryGetEvent(out AssociationEvent? associationEvent))
        {
            events.Add(associationEvent);
        }

        return events;
    }

    public static void AssertReset(Association at, bool isIncoming, StreamId[] streams, ReconfigurationResult result, uint context = 0)
    {
        AssociationEvent.StreamsReset reset = Events(at).OfType<AssociationEvent.StreamsReset>().Single();
        Assert.Equal((isIncoming, result, context), (reset.IsIncoming, reset.Result, reset.Context));
        Assert.Equal(streams, reset.Streams);
    }

    public static ReconfigurationResponseParameter Response(byte[] packet)
    {
        var chunks = new ChunkReader(packet.AsSpan(PacketHeader.Length));
        while (chunks.TryRead(out ChunkView view))
        {
            if (view.Type == ChunkType.ReConfig && ReConfigChunk.TryRead(view, out ReConfigChunk chunk))
            {
                ParameterReader parameters = chunk.Parameters;
                Assert.True(parameters.TryRead(out ParameterView parameter));
                Assert.True(ReconfigurationResponseParameter.TryRead(parameter, out ReconfigurationResponseParameter response));
                return response;
            }
        }

        throw new InvalidOperationException("There is no response in it.");
    }

    public static DataHeader Data(byte[] packet, int index)
    {
        var chunks = new ChunkReader(packet.AsSpan(PacketHeader.Length));
        int count = 0;
        while (chunks.TryRead(out ChunkView view))
        {
            if (count++ == index && DataChunk.TryRead(view, out DataChunk data))
            {
                return data.Header;
            }
        }

        throw new InvalidOperationException("There is no DATA there.");
    }

    public static int SsnOf(byte[] packet, int index) => Data(packet, index).Ssn.Value;

    public static Tsn TsnOf(byte[] packet, int index) => Data(packet, index).Tsn;

    public static VerificationTag TagToZ(Pair pair)
    {
        Send(pair, pair.A, 9, "tag");
        pair.Arrow("A -> DATA -> Z");
        VerificationTag tag = Packets.TagOf(pair.LastPacket);
        pair.Exchange();
        return tag;
    }

    public delegate void Fill(ref ParameterWriter writer);

    public static byte[] ReConfig(VerificationTag tag, Fill fill)
    {
        var writer = new ParameterWriter(new byte[500]);
        fill(ref writer);
        byte[] parameters = writer.Written.ToArray();
        return Packets.ToZ(tag, (ref PacketWriter packet) => ReConfigChunk.Write(ref packet, parameters));
    }
}
