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
    private const uint ByPriority = 3;                       // SCTP_SS_PRIORITY, the one that values can be read of
    private const uint EveryKind = 7;                        // SCTP_ENABLE_VALUE_MASK

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_ENABLE_STREAM_RESET: what the peer may ask for
        [0x900] = SocketOption.AssociationValue(
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
        // SCTP_RESET_STREAMS
        [0x901] = new SocketOption(8, 0, null, ResetStreams),
        // SCTP_RESET_ASSOC
        [0x902] = new SocketOption(4, 0, null, static (in OptionTarget target, ReadOnlySpan<byte> _) => Begin(Live(target), static association => association.ResetAssociationAsync())),
        // SCTP_ADD_STREAMS
        [0x903] = new SocketOption(8, 0, null, AddStreams),
        // SCTP_SS_VALUE
        [0x1204] = new SocketOption(8, 0, GetValue, SetValue),
    };

    private static SctpAssociation Live(in OptionTarget target) => target.Association ?? throw new RefusedException(Errno.NoEntry);

    private static void ResetStreams(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort flags = MemoryMarshal.Read<ushort>(value[4..]);
        int count = MemoryMarshal.Read<ushort>(value[6..]);
        if ((flags & 3) == 0 || value.Length < 8 + (count * sizeof(ushort)))
        {
            throw new RefusedException(Errno.Invalid);
        }

        ushort[] streams = MemoryMarshal.Cast<byte, ushort>(value.Slice(8, count * sizeof(ushort))).ToArray();
        ResetDirection direction = ((flags & 1) != 0 ? ResetDirection.Incoming : 0) | ((flags & 2) != 0 ? ResetDirection.Outgoing : 0);
        SctpAssociation association = Live(target);
        CheckStreams(streams, direction, association.StreamCounts);
        if ((direction & ResetDirection.Outgoing) != 0 && target.Socket.IsResetting(association, streams.Length == 0 ? (ushort)0 : streams[0]))
        {
            throw new RefusedException(Errno.Already);
        }

        Task request = Begin(association, live => live.ResetStreamsAsync(streams, direction));
        if ((direction & ResetDirection.Outgoing) != 0)
        {
            target.Socket.OnResetting(association, streams, request);
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
        ushort incoming = MemoryMarshal.Read<ushort>(value[4..]);
        ushort outgoing = MemoryMarshal.Read<ushort>(value[6..]);
        if (association.StreamCounts.Incoming + incoming > association.Options.IncomingStreams)
        {
            throw new RefusedException(Errno.Invalid);       // more than it was to allow from the start
        }

        Begin(association, live => live.AddStreamsAsync(outgoing, incoming));
    }

    private static int GetValue(in OptionTarget target, Span<byte> value)
    {
        SctpAssociation association = target.Live;
        ushort stream = MemoryMarshal.Read<ushort>(value[4..]);
        if (stream >= association.StreamCounts.Outgoing || target.Settings.Scheduler != ByPriority)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[6..], association.GetStream(stream).SchedulerValue);
        return 8;
    }

    private static void SetValue(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        SctpAssociation association = target.Live;
        ushort stream = MemoryMarshal.Read<ushort>(value[4..]);
        if (stream >= association.StreamCounts.Outgoing)
        {
            throw new RefusedException(Errno.Invalid);
        }

        association.SetStreamSchedulerValue(stream, MemoryMarshal.Read<ushort>(value[6..]));
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
