using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// What we ask the peer to change (RFC 5061 §5.1): requests in the order of the calls, of which one ASCONF at a time is on its way, its
/// number, and T4-rto.
/// </summary>
internal sealed class AddressRequests(AssociationContext context, Tsn initialTsn)
{
    /// <summary>Requests that wait at most.</summary>
    public const int MostWaiting = 64;

    private static readonly TimerId s_t4Rto = new(TimerKind.T1Init);        // which runs no more

    private readonly List<AddressRequest> _waiting = [];
    private uint _next = initialTsn.Value;                   // A2: it begins like the TSNs

    /// <summary>Requests that were not sent yet.</summary>
    public IReadOnlyList<AddressRequest> Waiting => _waiting;

    /// <summary>Requests of the ASCONF on its way, in the order of its parameters; none when there is none.</summary>
    public AddressRequest[] InFlight { get; private set; } = [];

    /// <summary>What follows its chunk header; the same each time it is sent (B4).</summary>
    public byte[] Chunk { get; private set; } = [];

    /// <summary>Whether it is to be sent, or sent again.</summary>
    public bool WantsSend { get; private set; }

    /// <summary>How often it was sent.</summary>
    public int Transmissions { get; private set; }

    /// <summary>Where it goes, or went last.</summary>
    public Path? Path { get; private set; }

    /// <summary>The peer does not take requests to add or remove addresses (F3a).</summary>
    public bool RefusesAddresses { get; set; }

    /// <summary>The peer does not take requests to send elsewhere (F3b).</summary>
    public bool RefusesPrimary { get; set; }

    /// <summary>Whether anything is asked for.</summary>
    public bool IsBusy => InFlight.Length > 0 || _waiting.Count > 0;

    /// <summary>The number of the next ASCONF.</summary>
    public uint Next => _next;

    /// <summary>Puts a request at the end.</summary>
    public void Add(in AddressRequest request) => _waiting.Add(request);

    /// <summary>Takes the first one that waits.</summary>
    public AddressRequest TakeWaiting()
    {
        AddressRequest first = _waiting[0];
        _waiting.RemoveAt(0);
        return first;
    }

    /// <summary>An ASCONF is complete (A1, A2).</summary>
    /// <param name="requests">What it asks for.</param>
    /// <param name="address">An address that the peer finds the association by (§4.1.1).</param>
    /// <param name="parameters">The same, encoded.</param>
    /// <param name="path">Where it goes.</param>
    public void Begin(AddressRequest[] requests, in NetworkAddress address, ReadOnlySpan<byte> parameters, Path path)
    {
        InFlight = requests;
        Chunk = AsconfChunk.Encode(_next++, address, parameters);
        Transmissions = 0;
        Path = path;
        WantsSend = true;
    }

    /// <summary>It was sent (A4).</summary>
    public void OnSent(Path path)
    {
        Path = path;
        WantsSend = false;
        Transmissions++;
        context.Timers.Start(s_t4Rto, context.Now + path.Rto.Current);
    }

    /// <summary>It cannot leave now: T4-rto counts that as well, or two that move at the same time would wait for each other for ever.</summary>
    public void OnHeldBack(Path path)
    {
        if (!context.Timers.IsRunning(s_t4Rto))
        {
            context.Timers.Start(s_t4Rto, context.Now + path.Rto.Current);
        }
    }

    /// <summary>T4-rto has expired: the same chunk again (B4).</summary>
    public void Retransmit(Path path)
    {
        Path = path;
        WantsSend = true;
    }

    /// <summary>A path is there no longer.</summary>
    public void OnPathRemoved(Path path, Path instead) => Path = Path == path ? instead : Path;

    /// <summary>The number of an ASCONF-ACK against ours: negative for an old one, 0 for the one on its way, positive for one that was not sent.</summary>
    public int Compare(uint number) => (int)(number - (_next - 1));

    /// <summary>The ASCONF on its way was answered, or will not be (A5).</summary>
    /// <returns>What it asked for.</returns>
    public AddressRequest[] End()
    {
        context.Timers.Stop(s_t4Rto);
        AddressRequest[] requests = InFlight;
        InFlight = [];
        WantsSend = false;
        return requests;
    }
}
