using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Braid.Core;
using Braid.Ice.Tests.World;
using Braid.Simulation;

namespace Braid.Ice.Tests.Agent;

/// <summary>
/// Random worlds: NATs, servers, families, loss, delays, roles. Whenever there is a way, the agents find it. One seed alone is
/// run with BRAID_SIM_SEED, another number of them with BRAID_SIM_COUNT.
/// </summary>
public sealed class WorldTests
{
    private const int Worlds = 500;

    private sealed record Side(NatKind Nat, bool HasStun, bool HasTurn, bool HasFour, bool HasSix);

    [Fact, Rfc(8445, "17.1"), Rfc(8445, "8.1.2"), Rfc(8445, "6.1.3")]
    public void Whenever_there_is_a_way_it_is_found()
    {
        string? alone = Environment.GetEnvironmentVariable("BRAID_SIM_SEED");
        ulong extra = ulong.TryParse(alone, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : (ulong)(alone?.GetHashCode(StringComparison.Ordinal) ?? 0);
        int count = int.TryParse(Environment.GetEnvironmentVariable("BRAID_SIM_COUNT"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Worlds;
        int withWay = 0;
        foreach (ulong seed in Enumerable.Range(1, count).Select(index => (ulong)index).Append(extra))
        {
            withWay += Run(seed, mayLose: seed <= (ulong)count) ? 1 : 0;
        }

        Assert.True(withWay > count / 2);
    }

    [Fact]
    public void Peers_that_flip_bytes_and_repeat_themselves_raise_nothing()
    {
        for (ulong seed = 1; seed <= 60; seed++)
        {
            (IceWorld world, IceHost a, IceHost z) = ConnectionTests.BehindNats(NatKind.Restricted, NatKind.FullCone, seed);
            var random = new SeededRandom(seed);
            var known = new List<(NetworkPath Path, byte[] Bytes)>();
            world.Observer = (host, path, bytes) => known.Add((new NetworkPath(path.Remote, path.Local), [.. bytes]));
            for (int step = 0; step < 60; step++)
            {
                world.Run(0.1);
                for (int count = 0; count < 20 && known.Count > 0; count++)
                {
                    (NetworkPath path, byte[] bytes) = known[random.NextInt32(known.Count)];
                    byte[] copy = [.. bytes];
                    for (int change = random.NextInt32(4); change > 0; change--)
                    {
                        copy[random.NextInt32(copy.Length)] = (byte)random.NextInt32(256);
                    }

                    IceHost target = random.NextInt32(2) == 0 ? a : z;
                    NetworkPath way = random.NextInt32(3) == 0 ? path : new NetworkPath(target.Addresses[0], path.Remote);
                    world.Inject(target, way, copy);
                }
            }

            Assert.True(world.Connect(a, z, 40), $"seed {seed}\n{a}\n{z}");
        }
    }

    private static bool Run(ulong seed, bool mayLose)
    {
        var world = new IceWorld(seed);
        SeededRandom random = new(seed ^ 0x1CE);
        Side left = Draw(random);
        Side right = Draw(random);
        double loss = random.NextInt32(3) == 0 ? random.NextDouble() * 0.3 : 0;
        world.Loss = mayLose ? loss : 0;
        world.Delay = TimeSpan.FromMilliseconds(1 + random.NextInt32(200));
        world.SignallingDelay = TimeSpan.FromMilliseconds(random.NextInt32(500));
        world.SignallingJitter = TimeSpan.FromMilliseconds(random.NextInt32(1000));
        bool sameRole = random.NextInt32(4) == 0;
        TurnServer server = world.TurnServer("203.0.113.1:3478");
        IceHost a = Make(world, "A", IceRole.Controlling, left, 1);
        IceHost z = Make(world, "Z", sameRole ? IceRole.Controlling : IceRole.Controlled, right, 2);
        world.Introduce(a, z);
        Begin(world, a, left, server);
        world.Run(random.NextInt32(3));
        Begin(world, z, right, server);

        // Where a third of all is lost on the way there and back, seven requests in a row may be: the agents say that they have failed.
        bool hasWay = HasWay(left, right);
        bool isConnected = world.Connect(a, z, 120);
        string what = $"seed {seed}: {left} and {right}, loss {world.Loss:0.00}";
        Assert.True(isConnected || !hasWay || world.Loss > 0.15, $"{what}\n{a}\n{z}");
        Assert.True(!isConnected || hasWay, $"{what}: connected although there is no way");
        if (!isConnected)
        {
            return false;
        }

        Assert.NotEqual(a.Agent.Role, z.Agent.Role);
        bool hasLost = world.Loss > 0;
        world.Loss = 0;
        world.Run(1);
        Assert.True(world.SendData(a, [200, 1]), what);
        Assert.True(world.SendData(z, [200, 2]), what);
        world.Run(2);
        Assert.Equal([200, 1], z.Received.Single());
        Assert.Equal([200, 2], a.Received.Single());

        // Both use the same pair, seen from the two sides; unless the answer to a nomination was lost every time, and another pair
        // was nominated after it.
        Assert.True(hasLost || a.Selected!.Local.Address == z.Selected!.Path.Remote, what);
        Assert.True(hasLost || z.Selected!.Local.Address == a.Selected!.Path.Remote, what);
        return true;
    }

    private static Side Draw(SeededRandom random)
    {
        bool hasSix = random.NextInt32(5) == 0;
        return new Side(
            (NatKind)random.NextInt32(5),
            HasStun: random.NextInt32(4) != 0,
            HasTurn: random.NextInt32(3) == 0,
            HasFour: !hasSix || random.NextInt32(4) != 0,
            HasSix: hasSix);
    }

    private static IceHost Make(IceWorld world, string name, IceRole role, Side side, int number)
    {
        Nat? nat = side.Nat == NatKind.None ? null : new Nat(side.Nat, Bytes.Address($"192.0.2.{number}:0"));
        var addresses = new List<string>();
        if (side.HasFour)
        {
            addresses.Add(nat is null ? $"192.0.2.{number}:1000" : $"10.0.0.{number}:1000");
        }

        // IPv6 goes around the NAT.
        if (side.HasSix)
        {
            addresses.Add($"[2001:db8::{number}]:1000");
        }

        return world.Host(name, role, nat, [.. addresses]);
    }

    private static void Begin(IceWorld world, IceHost host, Side side, TurnServer server)
    {
        if (side.HasTurn && side.HasFour)
        {
            world.Borrow(host, server);
        }

        world.Gather(host, side.HasStun ? [server.Address] : []);
    }

    // The oracle, without ICE: what can be reached by whom.
    private static bool HasWay(Side left, Side right)
    {
        if (left.HasSix && right.HasSix)
        {
            return true;
        }

        if (!left.HasFour || !right.HasFour)
        {
            return false;
        }

        // A relay asks its server for the mapped address too, so it stands for STUN.
        bool leftKnown = left.Nat == NatKind.None || left.HasStun || left.HasTurn;
        bool rightKnown = right.Nat == NatKind.None || right.HasStun || right.HasTurn;
        return IsDirect(left, right, leftKnown, rightKnown) || IsRelayed(left, rightKnown) || IsRelayed(right, leftKnown)
            || (left.HasTurn && right.HasTurn);
    }

    // The permission is for an address: the server must know the peer's.
    private static bool IsRelayed(Side owner, bool isPeerKnown) => owner.HasTurn && isPeerKnown;

    private static bool IsDirect(Side left, Side right, bool leftKnown, bool rightKnown)
    {
        if (left.Nat == NatKind.None || right.Nat == NatKind.None)
        {
            return true;
        }

        bool leftOpen = left.Nat == NatKind.FullCone && leftKnown;
        bool rightOpen = right.Nat == NatKind.FullCone && rightKnown;
        if (leftOpen || rightOpen)
        {
            return true;                                     // whoever gets in is seen, and is answered
        }

        if (!leftKnown || !rightKnown)
        {
            // One is not known: it must be let in where nobody has sent anything to.
            return false;
        }

        bool leftFixed = left.Nat != NatKind.Symmetric;
        bool rightFixed = right.Nat != NatKind.Symmetric;
        return (leftFixed && rightFixed)
            || (leftFixed && left.Nat == NatKind.Restricted)
            || (rightFixed && right.Nat == NatKind.Restricted);
    }
}
