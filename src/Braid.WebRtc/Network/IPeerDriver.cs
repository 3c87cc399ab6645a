using System;
using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc.Network;

/// <summary>
/// Runs one <see cref="PeerCore"/>: gives it datagrams and time, takes what it sends, answers those of its events that are about the
/// network. All else it hands to its <see cref="IPeerApplication"/>. One run at a time, on whichever thread the loop has.
/// </summary>
internal interface IPeerDriver
{
    /// <summary>The loop's clock, which the core's instants are of. From any thread.</summary>
    Instant Now { get; }

    /// <summary>
    /// There is work: <see cref="IPeerApplication.OnWork"/> is called soon, once for any number of calls before it. From any thread, also
    /// from within a run; after the end it does nothing.
    /// </summary>
    void Wake();
}

/// <summary>What a driver tells whoever owns the peer. All on the loop; none may block or throw.</summary>
internal interface IPeerApplication
{
    /// <summary>Someone has called <see cref="IPeerDriver.Wake"/>: commands are given to the core now. The core is drained after it.</summary>
    void OnWork(Instant now);

    /// <summary>
    /// An event or message that the core gave. The driver has dealt with the network's events itself, and hands them over all the same.
    /// </summary>
    void OnOutput(Instant now, in PeerOutput output);

    /// <summary>The core is drained, and what it sends is on its way: the end of a run, in which anything may have happened.</summary>
    void OnDrained(Instant now);

    /// <summary>A line of the log of gathering that the core does not know of.</summary>
    void OnLog(IceLogRecord record);

    /// <summary>
    /// The last call: sockets are closed, and nobody uses the core any more; it may be disposed. Comes once, after the core's
    /// connectionState was <see cref="RTCPeerConnectionState.Closed"/> and all that it sends on that occasion has left, or when the driver
    /// itself has failed.
    /// </summary>
    /// <param name="error">The failure; null for none.</param>
    void OnFreed(Exception? error);
}
