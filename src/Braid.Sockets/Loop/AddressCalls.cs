using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>Calls that change the addresses of our side (RFC 5061) and wait for the peer's word. What it owns is the loop's.</summary>
internal sealed class AddressCalls(AssociationHost host)
{
    private readonly Dictionary<uint, TaskCompletionSource> _calls = [];
    private readonly List<NetworkAddress> _used = [];        // that were added here: each has a socket; twice while one is removed and added again

    private AddedAddresses Addresses => host.Loop.Addresses;

    /// <inheritdoc cref="SctpAssociation.AddLocalAddressAsync"/>
    public ValueTask AddAsync(IPAddress address, CancellationToken cancellationToken) => StartAsync(
        now =>
        {
            NetworkAddress local = Addresses.Use(address);
            AddressRequestResult result = host.Core.AddLocalAddress(now, local);
            if (result.Status == AddressRequestStatus.Accepted)
            {
                _used.Add(local);
            }
            else
            {
                Addresses.Release(local);
            }

            return result;
        },
        cancellationToken);

    /// <inheritdoc cref="SctpAssociation.RemoveLocalAddressAsync"/>
    public ValueTask RemoveAsync(IPAddress address, CancellationToken cancellationToken) =>
        StartAsync(now => host.Core.RemoveLocalAddress(now, ToAddress(address)), cancellationToken);

    /// <inheritdoc cref="SctpAssociation.RequestPeerPrimaryAsync"/>
    public ValueTask RequestPrimaryAsync(IPAddress address, CancellationToken cancellationToken) =>
        StartAsync(now => host.Core.RequestPeerPrimary(now, ToAddress(address)), cancellationToken);

    /// <summary>
    /// The association has addresses from its beginning that others have added: it was set up there, or was another host's until it began
    /// anew. On the loop.
    /// </summary>
    public void TakeOver(IReadOnlyList<NetworkAddress> locals)
    {
        foreach (NetworkAddress local in locals)
        {
            if (Addresses.TryShare(local))
            {
                _used.Add(local);
            }
        }
    }

    /// <summary>A request has ended. On the loop.</summary>
    public void OnSettled(AssociationEvent.AddressRequestSettled settled)
    {
        bool isDone = settled.Outcome == AddressRequestOutcome.Acknowledged;
        if (settled.Kind == (isDone ? AddressRequestKind.Remove : AddressRequestKind.Add))
        {
            Release(settled.Address);
        }

        if (_calls.Remove(settled.Id, out TaskCompletionSource? call))
        {
            if (SctpException.From(settled) is { } error)
            {
                call.TrySetException(error);
            }
            else
            {
                call.TrySetResult();
            }
        }
    }

    /// <summary>Nothing will come of any request any more, and no address is needed. On the loop.</summary>
    public void End(SctpException end)
    {
        foreach (TaskCompletionSource call in _calls.Values)
        {
            call.TrySetException(SctpException.Again(end));
        }

        _calls.Clear();
        foreach (NetworkAddress local in new List<NetworkAddress>(_used))
        {
            Release(local);
        }
    }

    private static NetworkAddress ToAddress(IPAddress address) => new IPEndPoint(address, 0).ToNetworkAddress();

    // Posted: a sender may run the loop this moment, and what is still to be sent from there goes out first.
    private void Release(NetworkAddress local)
    {
        NetworkAddress used = default;
        foreach (NetworkAddress one in _used)
        {
            used = one.IsSameHost(local) ? one : used;
        }

        if (_used.Remove(used))
        {
            host.Loop.Post(_ => Addresses.Release(used));
        }
    }

    private ValueTask StartAsync(Func<Instant, AddressRequestResult> start, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Loop.Post(now =>
        {
            if (host.Ended is { } end)
            {
                completion.SetException(SctpException.Again(end));
                return;
            }

            try
            {
                AddressRequestResult result = start(now);
                if (result.Status == AddressRequestStatus.Accepted)
                {
                    _calls.Add(result.Id, completion);
                }
                else
                {
                    completion.SetException(SctpException.From(result.Status));
                }
            }
            catch (SctpException exception)
            {
                completion.SetException(exception);          // the address cannot be used
            }
        });
        return new ValueTask(completion.Task.WaitAsync(cancellationToken));
    }
}
