using System;
using System.Globalization;
using System.Text;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>Packets as one line of text each.</summary>
public static class PacketText
{
    /// <summary>The chunks with what matters in them: "SACK cum=7 gaps=2-3, DATA tsn=9 sid=0 ssn=4 len=100 BE".</summary>
    public static string Describe(ReadOnlySpan<byte> bytes) => Join(bytes, isShort: false);

    /// <summary>The names of the chunks: "COOKIE ECHO, DATA".</summary>
    public static string Name(ReadOnlySpan<byte> bytes) => Join(bytes, isShort: true);

    /// <summary>What the RFC calls a chunk type.</summary>
    public static string Name(ChunkType type) => type switch
    {
        ChunkType.Data => "DATA",
        ChunkType.IData => "I-DATA",
        ChunkType.IForwardTsn => "I-FORWARD-TSN",
        ChunkType.Init => "INIT",
        ChunkType.InitAck => "INIT ACK",
        ChunkType.Sack => "SACK",
        ChunkType.NrSack => "NR-SACK",
        ChunkType.Auth => "AUTH",
        ChunkType.Heartbeat => "HEARTBEAT",
        ChunkType.HeartbeatAck => "HEARTBEAT ACK",
        ChunkType.Abort => "ABORT",
        ChunkType.Shutdown => "SHUTDOWN",
        ChunkType.ShutdownAck => "SHUTDOWN ACK",
        ChunkType.Error => "ERROR",
        ChunkType.CookieEcho => "COOKIE ECHO",
        ChunkType.CookieAck => "COOKIE ACK",
        ChunkType.Ecne => "ECNE",
        ChunkType.Cwr => "CWR",
        ChunkType.ShutdownComplete => "SHUTDOWN COMPLETE",
        ChunkType.Pad => "PAD",
        ChunkType.ReConfig => "RE-CONFIG",
        ChunkType.Asconf => "ASCONF",
        ChunkType.AsconfAck => "ASCONF-ACK",
        ChunkType.ForwardTsn => "FORWARD TSN",
        _ => string.Create(CultureInfo.InvariantCulture, $"CHUNK {(byte)type}"),
    };

    private static string Join(ReadOnlySpan<byte> bytes, bool isShort)
    {
        if (!PacketView.TryRead(bytes, out PacketView packet))
        {
            return "(not a packet)";
        }

        var text = new StringBuilder();
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (text.Length > 0)
            {
                text.Append(", ");
            }

            text.Append(Name(chunk.Type));
            if (!isShort)
            {
                AppendDetails(text, chunk);
            }
        }

        if (chunks.IsMalformed)
        {
            text.Append(" (malformed)");
        }

        return text.ToString();
    }

    private static void AppendDetails(StringBuilder text, in ChunkView chunk)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (chunk.Type)
        {
            case ChunkType.Data when DataChunk.TryRead(chunk, out DataChunk data):
                text.Append(culture, $" tsn={data.Tsn} sid={data.Stream} ssn={data.Ssn} len={data.Payload.Length} ");
                text.Append(data.Unordered ? "U" : "").Append(data.Beginning ? "B" : "").Append(data.Ending ? "E" : "").Append(data.SackImmediately ? "I" : "");
                break;
            case ChunkType.IData when InterleavedDataChunk.TryRead(chunk, out InterleavedDataChunk data):
                text.Append(culture, $" tsn={data.Tsn} sid={data.Stream} mid={data.Mid} fsn={data.Fsn} len={data.Payload.Length} ");
                text.Append(data.Unordered ? "U" : "").Append(data.Beginning ? "B" : "").Append(data.Ending ? "E" : "").Append(data.SackImmediately ? "I" : "");
                break;
            case ChunkType.Sack when SackChunk.TryRead(chunk, out SackChunk sack):
                text.Append(culture, $" cum={sack.CumulativeAck} rwnd={sack.AdvertisedWindow}");
                for (int i = 0; i < sack.GapCount; i++)
                {
                    text.Append(culture, $"{(i == 0 ? " gaps=" : ",")}{sack.Gap(i).Start}-{sack.Gap(i).End}");
                }

                if (sack.DuplicateCount > 0)
                {
                    text.Append(culture, $" duplicates={sack.DuplicateCount}");
                }

                break;
            case ChunkType.NrSack when NrSackChunk.TryRead(chunk, out NrSackChunk nrSack):
                text.Append(culture, $" cum={nrSack.CumulativeAck} rwnd={nrSack.AdvertisedWindow}");
                for (int i = 0; i < nrSack.RenegableCount; i++)
                {
                    text.Append(culture, $"{(i == 0 ? " gaps=" : ",")}{nrSack.Renegable(i).Start}-{nrSack.Renegable(i).End}");
                }

                for (int i = 0; i < nrSack.NonRenegableCount; i++)
                {
                    text.Append(culture, $"{(i == 0 ? " nr=" : ",")}{nrSack.NonRenegable(i).Start}-{nrSack.NonRenegable(i).End}");
                }

                if (nrSack.DuplicateCount > 0)
                {
                    text.Append(culture, $" duplicates={nrSack.DuplicateCount}");
                }

                break;
            case ChunkType.Init or ChunkType.InitAck when InitChunk.TryRead(chunk, out InitChunk init):
                text.Append(culture, $" tag={init.InitiateTag} tsn={init.Fields.InitialTsn} rwnd={init.Fields.AdvertisedWindow} streams={init.Fields.OutgoingStreams}/{init.Fields.IncomingStreams}");
                break;
            case ChunkType.ForwardTsn when ForwardTsnChunk.TryRead(chunk, out ForwardTsnChunk forward):
                text.Append(culture, $" cum={forward.NewCumulative}");
                for (int i = 0; i < forward.SkippedCount; i++)
                {
                    text.Append(culture, $"{(i == 0 ? " streams=" : ",")}{forward.Skipped(i).Stream}/{forward.Skipped(i).Number}");
                }

                break;
            case ChunkType.IForwardTsn when InterleavedForwardTsnChunk.TryRead(chunk, out InterleavedForwardTsnChunk forward):
                text.Append(culture, $" cum={forward.NewCumulativeTsn}");
                for (int i = 0; i < forward.Count; i++)
                {
                    text.Append(culture, $"{(i == 0 ? " streams=" : ",")}{forward[i].Stream}/{forward[i].Number}{(forward[i].Unordered ? "U" : "")}");
                }

                break;
            case ChunkType.ReConfig when ReConfigChunk.TryRead(chunk, out ReConfigChunk reConfig):
                ParameterReader parameters = reConfig.Parameters;
                while (parameters.TryRead(out ParameterView parameter))
                {
                    text.Append(' ').Append(Describe(parameter));
                }

                break;
            case ChunkType.Asconf when AsconfChunk.TryRead(chunk, out AsconfChunk asconf):
                text.Append(culture, $" seq={asconf.Number} {asconf.Address}");
                ParameterReader changes = asconf.Parameters;
                while (changes.TryRead(out ParameterView parameter))
                {
                    text.Append(' ').Append(Describe(parameter));
                }

                break;
            case ChunkType.AsconfAck when AsconfAckChunk.TryRead(chunk, out AsconfAckChunk answer):
                text.Append(culture, $" seq={answer.Number}");
                ParameterReader responses = answer.Parameters;
                while (responses.TryRead(out ParameterView parameter))
                {
                    text.Append(' ').Append(Describe(parameter));
                }

                break;
            case ChunkType.Shutdown when ShutdownChunk.TryRead(chunk, out ShutdownChunk shutdown):
                text.Append(culture, $" cum={shutdown.CumulativeAck}");
                break;
        }
    }

    private static string Describe(in ParameterView parameter)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (parameter.Type)
        {
            case ParameterType.OutgoingResetRequest when OutgoingResetParameter.TryRead(parameter, out OutgoingResetParameter outgoing):
                return string.Create(culture, $"OUT-REQ:{outgoing.Number},{outgoing.ResponseNumber},tsn={outgoing.LastTsn}/{Describe(outgoing.Streams)}");
            case ParameterType.IncomingResetRequest when IncomingResetParameter.TryRead(parameter, out IncomingResetParameter incoming):
                return string.Create(culture, $"IN-REQ:{incoming.Number}/{Describe(incoming.Streams)}");
            case ParameterType.AssociationResetRequest when AssociationResetParameter.TryRead(parameter, out uint number):
                return string.Create(culture, $"TSN-REQ:{number}");
            case ParameterType.AddOutgoingStreamsRequest when AddStreamsParameter.TryRead(parameter, out AddStreamsParameter more):
                return string.Create(culture, $"ADD-OUT:{more.Number}/{more.Streams}");
            case ParameterType.AddIncomingStreamsRequest when AddStreamsParameter.TryRead(parameter, out AddStreamsParameter more):
                return string.Create(culture, $"ADD-IN:{more.Number}/{more.Streams}");
            case ParameterType.ReconfigurationResponse when ReconfigurationResponseParameter.TryRead(parameter, out ReconfigurationResponseParameter response):
                return string.Create(culture, $"RESP:{response.Number}={response.Result}{(response.SenderNext is { } next ? $" next={next}/{response.ReceiverNext}" : "")}");
            case ParameterType.AddIPAddress or ParameterType.DeleteIPAddress or ParameterType.SetPrimaryAddress
                when AddressChangeParameter.TryRead(parameter, out AddressChangeParameter change):
                return string.Create(culture, $"{(change.Type == ParameterType.AddIPAddress ? "ADD" : change.Type == ParameterType.DeleteIPAddress ? "DEL" : "PRIM")}:{change.CorrelationId}/{change.Address}");
            case ParameterType.SuccessIndication or ParameterType.ErrorCauseIndication
                when AddressResponseParameter.TryRead(parameter, out AddressResponseParameter result):
                CauseReader causes = result.Causes;
                return string.Create(culture, $"{(result.IsSuccess ? "OK" : "ERR")}:{result.CorrelationId}{(causes.TryRead(out CauseView cause) ? $"={cause.Code}" : "")}");
            default:
                return "?";
        }
    }

    private static string Describe(in StreamList streams)
    {
        Sctp.StreamId[] list = streams.ToArray();
        return list.Length == 0 ? "all" : string.Join(',', list);
    }
}
