using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Addresses that change while the association lives (RFC 5061). Made when either side first asks for it. What the peer was told of our
/// addresses outlives a restart of it; numbers and requests do not.
/// </summary>
internal sealed class AddressChanges(AssociationContext context, IReadOnlyList<NetworkAddress> before)
{
    /// <summary>
    /// Changes in one ASCONF that are done, and that we ask for: each may look at all that is outstanding. All addresses that there may be can be
    /// replaced at once.
    /// </summary>
    public const int MostAtOnce = 2 * PeerAddresses.Capacity;

    private uint _lastId;

    /// <summary>Our addresses.</summary>
    public OwnAddresses Own { get; } = new(before);

    /// <summary>What we ask for; null for nothing yet.</summary>
    public AddressRequests? Requests { get; private set; }

    /// <summary>What the peer asks for; null for nothing yet.</summary>
    public AddressAnswers? Answers { get; private set; }

    /// <summary>The path that the peer wants to be the primary one, and that is not verified yet (RFC 9260 §5.4).</summary>
    public Path? Preferred { get; set; }

    /// <summary>The number of the next request.</summary>
    public uint NextId() => ++_lastId;

    /// <summary>We ask for something.</summary>
    public AddressRequests BeginRequests(in Negotiated negotiated) => Requests ??= new AddressRequests(context, negotiated.LocalInitialTsn);

    /// <summary>The peer asks for something.</summary>
    public AddressAnswers BeginAnswers(in Negotiated negotiated) => Answers ??= new AddressAnswers(negotiated.PeerInitialTsn);

    /// <summary>Nothing more will be asked for, or answered: both begin anew, or the association is at its end.</summary>
    public void GiveUp()
    {
        if (Requests is { } requests)
        {
            foreach (AddressRequest request in requests.End())
            {
                Revert(request);
                context.Report(request.Settled(AddressRequestOutcome.GivenUp));
            }

            while (requests.Waiting.Count > 0)
            {
                context.Report(requests.TakeWaiting().Settled(AddressRequestOutcome.GivenUp));
            }
        }
    }

    /// <summary>The peer has begun anew.</summary>
    public void OnRestart()
    {
        GiveUp();
        Requests = null;
        Answers = null;
        Preferred = null;
    }

    /// <summary>A request was not done: our addresses are what they were.</summary>
    public void Revert(in AddressRequest request)
    {
        switch (request.Kind)
        {
            case AddressRequestKind.Add:
                Own.EndAdding(request.Address, isThere: false);
                break;
            case AddressRequestKind.Remove:
                Own.EndRemoving(request.Address, isThere: true, default);
                break;
        }
    }
}
