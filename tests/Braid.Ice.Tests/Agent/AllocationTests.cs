using System;
using Braid.Core;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>Data that passes an agent leaves nothing for the garbage collector.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Data_goes_through_an_agent_without_an_allocation(bool isRelayed)
    {
        var world = new IceWorld(31);
        TurnServer server = world.TurnServer("203.0.113.1:3478");
        NatKind kind = isRelayed ? NatKind.Symmetric : NatKind.FullCone;
        IceHost a = world.Host("A", IceRole.Controlling, new Nat(kind, Bytes.Address("192.0.2.1:0")), "10.0.0.1:1000");
        IceHost z = world.Host("Z", IceRole.Controlled, new Nat(kind, Bytes.Address("198.51.100.1:0")), "10.0.0.2:2000");
        world.Introduce(a, z);
        if (isRelayed)
        {
            world.Borrow(a, server);
        }

        world.Gather(a, server.Address);
        world.Gather(z, server.Address);
        Assert.True(world.Connect(a, z), $"{a}\n{z}");
        world.Run(2);
        Assert.Equal(isRelayed, a.Selected!.IsRelayed);

        byte[] inbound = isRelayed ? [0x40, 0, 0, 2, 200, 1] : [200, 1];
        NetworkPath path = isRelayed ? new NetworkPath(a.Addresses[0], server.Address) : a.Selected.Path;
        Exchange(a.Agent, world.Now, path, inbound, 100);
        Assert.Equal(0, Allocations.Of(() => Exchange(a.Agent, world.Now, path, inbound, 1000)));
    }

    private static void Exchange(IceAgent agent, Instant now, in NetworkPath path, byte[] inbound, int times)
    {
        Span<byte> buffer = stackalloc byte[100];
        for (int time = 0; time < times; time++)
        {
            bool isData = agent.TryUnwrap(now, IceTransport.Udp, path, inbound, out ReadOnlySpan<byte> data, out _);
            agent.HandleTimeout(now);
            bool isWrapped = agent.TryWrap(now, [200, 2, 3], buffer, out OutgoingDatagram datagram, out _);
            if (!isData || data.Length != 2 || !isWrapped || datagram.Length < 3 || agent.TryGetDatagram(now, buffer, out _) || agent.NextTimeout <= now)
            {
                throw new InvalidOperationException();
            }
        }
    }
}
