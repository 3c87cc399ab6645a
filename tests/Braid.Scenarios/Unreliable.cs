using System;
using System.Collections.Generic;
using System.Text;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Messages that may be given up, and what has become of them.</summary>
internal static class Unreliable
{
    public static AssociationOptions Quiet { get; } = AssociationOptions.Rfc9260 with
    {
        MaximumPathMtu = 0,
        HeartbeatInterval = TimeSpan.Zero,
        ReportsFailedSends = true,
        LossRecovery = LossRecovery.MissingReports,          // RackTests has the other
    };

    public static Reliability Once { get; } = Reliability.MaximumRetransmissions(0);

    public static void Send(Pair pair, string text, in SendOptions options) =>
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, Encoding.ASCII.GetBytes(text), options));

    public static string Text(Pair pair) => Encoding.ASCII.GetString(pair.Receive(pair.Z)!);

    public static void Finish(Pair pair)
    {
        pair.Exchange();
        for (int i = 0; i < 50 && !(pair.EndpointA.NextTimeout.IsNever && pair.EndpointZ.NextTimeout.IsNever); i++)
        {
            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }
    }

    public static List<AssociationEvent.SendFailed> Failed(Pair pair)
    {
        var failed = new List<AssociationEvent.SendFailed>();
        while (pair.A.TryGetEvent(out AssociationEvent? next))
        {
            if (next is AssociationEvent.SendFailed one)
            {
                failed.Add(one);
            }
        }

        return failed;
    }

    public static void Release(Pair pair) => Failed(pair).ForEach(failed => failed.Payload.Dispose());

    public static void AssertNothingLeft(Pair pair) =>
        Assert.Equal((0, 0, 0L), (pair.EndpointA.Buffers.Rented, pair.EndpointZ.Buffers.Rented, pair.A.BufferedCharge));
}
