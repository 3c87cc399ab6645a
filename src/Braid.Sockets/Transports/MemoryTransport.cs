using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>One end point of an in-memory network.</summary>
internal sealed class MemoryTransport(SctpMemoryNetwork network, IPEndPoint local) : IDatagramTransport
{
    private readonly ArrivedDatagrams _arrived = new();
    private readonly NetworkAddress _address = local.ToNetworkAddress();

    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; } = [local];

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort => false;

    public NetworkFamilies Families => local.AddressFamily == AddressFamily.InterNetwork ? NetworkFamilies.IPv4 : NetworkFamilies.IPv6;

    public int EncapsulationOverhead => 8;

    public int LargestPacket => ushort.MaxValue;

    public Socket? Socket => null;

    public bool TryBePolled() => true;

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
                network.Carry(_address, run.Path.Remote, batch.Bytes(run, j));
            }
        }
    }

    public void Dispose()
    {
        _arrived.Close();
        network.Leave(_address);
    }

    /// <summary>A datagram arrives.</summary>
    public void Deliver(in NetworkAddress from, ReadOnlySpan<byte> datagram) => _arrived.Add(datagram, new NetworkPath(NetworkAddress.None, from));
}
