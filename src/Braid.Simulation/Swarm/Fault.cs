using System;

namespace Braid.Simulation;

/// <summary>What goes wrong between one client and the server, beside what its links do all the time.</summary>
public enum FaultKind : byte
{
    /// <summary>Nothing gets through, either way.</summary>
    Partition,

    /// <summary>Nothing gets from the client to the server.</summary>
    OneWayThere,

    /// <summary>Nothing gets from the server to the client.</summary>
    OneWayBack,

    /// <summary>The first path comes and goes ten times; a second path stays.</summary>
    Flap,

    /// <summary>A NAT forgets the client: it is seen with another UDP port from now on.</summary>
    Rebind,

    /// <summary>Large datagrams vanish without a word.</summary>
    BlackHole,

    /// <summary>The client crashes and begins anew, with the same address and ports.</summary>
    ClientRestart,

    /// <summary>The server crashes and begins anew.</summary>
    ServerRestart,

    /// <summary>The client's application aborts the association.</summary>
    ClientAbort,

    /// <summary>The server's application aborts the association.</summary>
    ServerAbort,

    /// <summary>The client's application does not read.</summary>
    ClientStopsReading,

    /// <summary>The server's application does not read.</summary>
    ServerStopsReading,

    /// <summary>Some or all of the networks between the two are cut one by one, and come back one by one in another order.</summary>
    Swizzle,

    /// <summary>Either side removes some of its addresses and adds them again (RFC 5061), one of them now and then at a time.</summary>
    Renumber,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When, from the beginning of the run.</param>
/// <param name="Lasts">How long, where that means something.</param>
/// <param name="Client">Which client it concerns, from 0.</param>
public sealed record Fault(FaultKind Kind, TimeSpan At, TimeSpan Lasts, int Client)
{
    /// <summary>Whether an association may come to its end by it.</summary>
    public bool BreaksAssociations => Kind is >= FaultKind.ClientRestart and <= FaultKind.ServerAbort;
}
