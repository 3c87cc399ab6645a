using System;
using System.Collections.Generic;
using System.Linq;

namespace Braid.Simulation;

/// <summary>Makes a world that fails smaller, as long as it still fails: less to read, and the cause stands out.</summary>
public static class SwarmShrinker
{
    /// <summary>Shrinks.</summary>
    /// <param name="failing">A world that fails.</param>
    /// <param name="attempts">How many smaller worlds may be tried.</param>
    /// <returns>The smallest one that was found, and how it fails.</returns>
    public static (SwarmOptions World, ScenarioException? Failure) Shrink(SwarmOptions failing, int attempts)
    {
        ArgumentNullException.ThrowIfNull(failing);
        SwarmOptions smallest = failing;
        ScenarioException? failure = Fails(failing);
        bool shrinks = failure is not null;
        while (shrinks)
        {
            shrinks = false;
            foreach (SwarmOptions smaller in Smaller(smallest))
            {
                if (attempts-- <= 0)
                {
                    return (smallest, failure);
                }

                if (Fails(smaller) is { } still)
                {
                    (smallest, failure, shrinks) = (smaller, still, true);
                    break;
                }
            }
        }

        return (smallest, failure);
    }

    private static ScenarioException? Fails(SwarmOptions world)
    {
        try
        {
            SwarmRun.Run(world);
            return null;
        }
        catch (ScenarioException exception)
        {
            return exception;
        }
    }

    /// <summary>Each differs in one thing, the ones that take most away first.</summary>
    private static IEnumerable<SwarmOptions> Smaller(SwarmOptions world)
    {
        for (int i = 0; i < world.Clients.Count && world.Clients.Count > 1; i++)
        {
            yield return WithoutClient(world, i);
        }

        for (int i = 0; i < world.Faults.Count; i++)
        {
            yield return world with { Faults = [.. world.Faults.Take(i), .. world.Faults.Skip(i + 1)] };
        }

        if (world.Rounds > 1)
        {
            yield return world with { Rounds = world.Rounds / 2 };
        }

        foreach ((SwarmClient client, int i) in world.Clients.Select((client, i) => (client, i)))
        {
            foreach (SwarmClient smaller in Smaller(client))
            {
                yield return world with { Clients = [.. world.Clients.Take(i), smaller, .. world.Clients.Skip(i + 1)] };
            }
        }

        if (world.Reconfigurations > 0)
        {
            yield return world with { Reconfigurations = world.Reconfigurations / 2 };
        }

        if (world.LaterServer is not null)
        {
            yield return world with { LaterServer = null };
        }

        if (world.MaximumLength > 100)
        {
            yield return world with { MaximumLength = world.MaximumLength / 2 };
        }

        if (world.Unordered > 0)
        {
            yield return world with { Unordered = 0 };
        }

        if (world.Reading < 1)
        {
            yield return world with { Reading = 1 };
        }

        if (world.Opening != SwarmOpening.ClientOpens)
        {
            yield return world with { Opening = SwarmOpening.ClientOpens };
        }

        if (world.ClosesEarly)
        {
            yield return world with { ClosesEarly = false };
        }

        if (world.Chaos > TimeSpan.FromMilliseconds(1))
        {
            yield return world with { Chaos = world.Chaos / 2 };
        }
    }

    private static IEnumerable<SwarmClient> Smaller(SwarmClient client)
    {
        if (client.MessagesThere > 0)
        {
            yield return client with { MessagesThere = client.MessagesThere / 2 };
        }

        if (client.MessagesBack > 0)
        {
            yield return client with { MessagesBack = client.MessagesBack / 2 };
        }

        if (client.LaterOptions is not null)
        {
            yield return client with { LaterOptions = null };
        }

        if (client.HasSecondPath)
        {
            yield return client with { HasSecondPath = false };
        }

        if (client.Start > TimeSpan.Zero)
        {
            yield return client with { Start = TimeSpan.Zero };
        }

        foreach (LinkModel link in Smaller(client.There))
        {
            yield return client with { There = link };
        }

        foreach (LinkModel link in Smaller(client.Back))
        {
            yield return client with { Back = link };
        }
    }

    private static IEnumerable<LinkModel> Smaller(LinkModel link) => new[]
    {
        link with { Corruption = 0 },
        link with { MaximumDatagram = 0 },
        link with { Duplication = 0 },
        link with { Reordering = 0 },
        link with { BurstStart = 0 },
        link with { Loss = 0 },
        link with { Jitter = TimeSpan.Zero },
        link with { Queue = QueueDiscipline.DropTail },
        link with { RateBitsPerSecond = 0, QueueBytes = 0 },
        link with { Delay = TimeSpan.Zero },
    }.Where(smaller => smaller != link);

    private static SwarmOptions WithoutClient(SwarmOptions world, int index) => world with
    {
        Clients = [.. world.Clients.Take(index), .. world.Clients.Skip(index + 1)],
        Faults =
        [
            .. world.Faults.Where(fault => fault.Client != index)
                .Select(fault => fault with { Client = fault.Client > index ? fault.Client - 1 : fault.Client }),
        ],
    };
}
