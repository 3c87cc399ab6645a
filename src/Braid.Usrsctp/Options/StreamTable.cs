using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Streams that are reset and added (RFC 6525), and their priorities.</summary>
internal static class StreamTable
{
    [C("SCTP_STREAM_RESET_INCOMING")] private const int ResetsIncoming = 1;
    [C("SCTP_STREAM_RESET_OUTGOING")] private const int ResetsOutgoing = 2;
    [C("SCTP_SS_PRIORITY")] private const uint ByPriority = 3; // the one that values can be read of
    [C("SCTP_ENABLE_VALUE_MASK")] private const uint EveryKind = 7;

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_ENABLE_STREAM_RESET: what the peer may ask for
        [OptionName.EnableStreamReset] = SocketOption.AssociationValue(
            static target => target.Settings.AllowedRequests,
            static (target, value) =>
            {
                if ((value & ~EveryKind) != 0)
                {
                    throw new RefusedException(Errno.Invalid);
                }

                target.Change(options => options with { AllowedReconfiguration = (ReconfigurationKinds)value });
                target.Settings.AllowedRequests = value;
            }),
        [OptionName.ResetStreams] = new SocketOption(OptionLayouts.StreamReset.Size, OptionLayouts.StreamReset.Id, null, ResetStreams),
        [OptionName.ResetAssociation] = new SocketOption(sizeof(uint), 0, null, static (in OptionTarget target, ReadOnlySpan<byte> _) => Begin(Live(target), static association => association.ResetAssociationAsync())),
        [OptionName.AddStreams] = new SocketOption(OptionLayouts.MoreStreams.Size, OptionLayouts.MoreStreams.Id, null, AddStreams),
        [OptionName.SchedulerValue] = new SocketOption(OptionLayouts.StreamValue.Size, OptionLayouts.StreamValue.Id, GetValue, SetValue),
    };

    private static SctpAssociation Live(in OptionTarget target) => target.Association ?? throw new RefusedException(Errno.NoEntry);

    private static void ResetStreams(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort flags = MemoryMarshal.Read<ushort>(value[OptionLayouts.StreamReset.Flags..]);
        int count = MemoryMarshal.Read<ushort>(value[OptionLayouts.StreamReset.Count..]);
        if ((flags & (ResetsIncoming | ResetsOutgoing)) == 0 || value.Length < OptionLayouts.StreamReset.Streams + (count * sizeof(ushort)))
        {
            throw new RefusedException(Errno.Invalid);
        }

        ushort[] streams = MemoryMarshal.Cast<byte, ushort>(value.Slice(OptionLayouts.StreamReset.Streams, count * sizeof(ushort))).ToArray();
        ResetDirection direction = ((flags & ResetsIncoming) != 0 ? ResetDirection.Incoming : 0) | ((flags & ResetsOutgoing) != 0 ? ResetDirection.Outgoing : 0);
        SctpAssociation association = Live(target);
        CheckStreams(streams, direction, association.StreamCounts);
        if ((direction & ResetDirection.Outgoing) != 0 && target.Socket.Resets.Include(association, streams.Length == 0 ? (ushort)0 : streams[0]))
        {
            throw new RefusedException(Errno.Already);
        }

        Task request = Begin(association, live => live.ResetStreamsAsync(streams, direction));
        if ((direction & ResetDirection.Outgoing) != 0)
        {
            target.Socket.Resets.Add(association, streams, request);
        }
    }

    private static void CheckStreams(ushort[] streams, ResetDirection direction, (int Outgoing, int Incoming) counts)
    {
        foreach (ushort stream in streams)
        {
            if (((direction & ResetDirection.Outgoing) != 0 && stream >= counts.Outgoing) || ((direction & ResetDirection.Incoming) != 0 && stream >= counts.Incoming))
            {
                throw new RefusedException(Errno.Invalid);
            }
        }
    }

    private static void AddStreams(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        SctpAssociation association = Live(target);
        ushort incoming = MemoryMarshal.Read<ushort>(value[OptionLayouts.MoreStreams.Incoming..]);
        ushort outgoing = MemoryMarshal.Read<ushort>(value[OptionLayouts.MoreStreams.Outgoing..]);
        if (association.StreamCounts.Incoming + incoming > association.Options.IncomingStreams)
        {
            throw new RefusedException(Errno.Invalid);       // more than it was to allow from the start
        }

        Begin(association, live => live.AddStreamsAsync(outgoing, incoming));
    }

    private static int GetValue(in OptionTarget target, Span<byte> value)
    {
        SctpAssociation association = target.Live;
        ushort stream = MemoryMarshal.Read<ushort>(value[OptionLayouts.StreamValue.Stream..]);
        if (stream >= association.StreamCounts.Outgoing || target.Settings.Scheduler != ByPriority)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[OptionLayouts.StreamValue.Number..], association.GetStream(stream).SchedulerValue);
        return OptionLayouts.StreamValue.Size;
    }

    private static void SetValue(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        SctpAssociation association = target.Live;
        ushort stream = MemoryMarshal.Read<ushort>(value[OptionLayouts.StreamValue.Stream..]);
        if (stream >= association.StreamCounts.Outgoing)
        {
            throw new RefusedException(Errno.Invalid);
        }

        association.SetStreamSchedulerValue(stream, MemoryMarshal.Read<ushort>(value[OptionLayouts.StreamValue.Number..]));
    }

    // What the peer says is told by a notification; what cannot even be asked for, by the call.
    private static Task Begin(SctpAssociation association, Func<SctpAssociation, ValueTask> request)
    {
        Task asked;
        try
        {
            asked = request(association).AsTask();
        }
        catch (InvalidOperationException)
        {
            throw new RefusedException(Errno.WouldBlock);    // a message is in the middle of being sent
        }

        if (asked.Exception?.InnerException is SctpException { Error: not SctpError.Denied } exception)
        {
            throw new RefusedException(Errno.Of(exception));
        }

        if (asked.Exception?.InnerException is ArgumentException)
        {
            throw new RefusedException(Errno.Invalid);
        }

        _ = asked.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        return asked;
    }
}
