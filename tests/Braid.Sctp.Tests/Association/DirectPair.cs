using System;
using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>Two endpoints and a wire between them without delay or loss: no simulator in the way of a measurement.</summary>
internal sealed class DirectPair
{
    private static readonly NetworkAddress s_a = NetworkAddress.FromIPv4([127, 0, 0, 1], 1000);
    private static readonly NetworkAddress s_z = NetworkAddress.FromIPv4([127, 0, 0, 1], 2000);

    private readonly byte[] _datagram = new byte[65536];

    public DirectPair(AssociationOptions? options = null, long? bufferBudget = null)
    {
        options ??= AssociationOptions.Default;
        var endpoint = new EndpointOptions { LocalPort = 5000, Association = options };
        endpoint = endpoint with { BufferBudget = bufferBudget ?? endpoint.BufferBudget };
        A = new Endpoint(endpoint, new SeededRandom(1));
        Z = new Endpoint(endpoint with { LocalPort = 5001, AcceptsAssociations = true }, new SeededRandom(2));
        (Client, Server) = Connect(5000);
    }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    public Endpoint A { get; }

    public Endpoint Z { get; }

    public Sctp.Association Client { get; }

    public Sctp.Association Server { get; }

    /// <summary>Sets up an association between a port of A and the one of Z.</summary>
    public (Sctp.Association Client, Sctp.Association Server) Connect(ushort localPort)
    {
        Sctp.Association client = A.Connect(Now, 5001, new NetworkPath(s_a, s_z), localPort: localPort);
        Exchange();
        Assert.True(Z.TryAccept(out Sctp.Association? server));
        Drain();
        return (client, server);
    }

    /// <summary>Carries datagrams both ways until neither side has one to send.</summary>
    public void Exchange()
    {
        while (Carry(A, Z, s_a) | Carry(Z, A, s_z))
        {
        }
    }

    /// <summary>Loses all that one side has to send.</summary>
    public void LoseFrom(Endpoint endpoint)
    {
        while (endpoint.TryGetDatagram(Now, _datagram, out _))
        {
        }
    }

    public void Advance(TimeSpan time)
    {
        Now += time;
        A.HandleTimeout(Now);
        Z.HandleTimeout(Now);
        Exchange();
    }

    /// <summary>Takes all events and messages of both sides.</summary>
    public void Drain()
    {
        Drain(A);
        Drain(Z);
    }

    private static void Drain(Endpoint endpoint)
    {
        while (endpoint.TryTakeActive(out Sctp.Association? association))
        {
            while (association.TryGetEvent(out _))
            {
            }

            while (association.TryReceive(out ReceivedMessage? message))
            {
                message.Dispose();
            }
        }
    }

    private bool Carry(Endpoint from, Endpoint to, NetworkAddress source)
    {
        bool any = false;
        while (from.TryGetDatagram(Now, _datagram, out OutgoingDatagram datagram))
        {
            any = true;
            to.HandleDatagram(Now, new NetworkPath(datagram.Path.Remote, source), _datagram.AsSpan(0, datagram.Length));
        }

        return any;
    }
}
