using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>The transport of an <see cref="SctpInlineLink"/>: a call of its owner's for what goes out, and for what comes in.</summary>
internal sealed class InlineTransport(SctpPacketSender send, int largestPacket) : IDatagramTransport
{
    private readonly ArrivedDatagrams _arrived = new();

    public IReadOnlyList<IPEndPoint> LocalEndPoints => [];

    public bool IsPointToPoint => true;

    public bool RunsInline => true;

    public bool HasEphemeralPort => true;

    public NetworkFamilies Families => NetworkFamilies.All;

    public int EncapsulationOverhead => 0;

    public bool CarriesEcn => true;

    public int LargestPacket => largestPacket;

    public Socket? Socket => null;

    public bool TryBePolled() => false;

    public bool TryAnnounce(Action onArrived)
    {
        _arrived.Announce(onArrived);
        return true;
    }

    public ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("It tells when there is something to be taken."));

    public DatagramBatch? TryReceive() => _arrived.TryReceive();

    public void Send(DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            for (int j = 0; j < run.Count; j++)
            {
                send(batch.Bytes(run, j), run.Ecn);
            }
        }
    }

    public void Dispose() => _arrived.Close();

    /// <summary>A packet arrives.</summary>
    public void Deliver(ReadOnlySpan<byte> packet, EcnCodepoint ecn) => _arrived.Add(packet, NetworkPath.None, ecn);
}
