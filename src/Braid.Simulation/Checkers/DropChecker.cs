using System;
using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>Nothing is dropped for a reason that the scenario does not allow: a stack that works has no surprises.</summary>
public static class DropChecker
{
    /// <summary>Looks at an endpoint's counters.</summary>
    /// <param name="drops">The counters.</param>
    /// <param name="allowed">Reasons that the scenario allows.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static string? Check(DropCounters drops, IReadOnlySet<DropReason> allowed)
    {
        ArgumentNullException.ThrowIfNull(drops);
        ArgumentNullException.ThrowIfNull(allowed);
        for (var reason = default(DropReason); reason < DropReason.Count; reason++)
        {
            if (drops[reason] > 0 && !allowed.Contains(reason))
            {
                return $"{drops[reason]} times dropped: {reason}";
            }
        }

        return null;
    }
}
